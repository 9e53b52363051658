// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include "core/symbols/symboltable.h"

namespace pgtscope::core {

/// An ELF64 file for x86-64 that holds nothing but these symbols at their run-time addresses, so that a
/// debugger knows the names of a kernel whose image has none. Sections hold no bytes; each run of addresses
/// with code, and each with data, is one. Symbols that are no place in memory are left out. Empty if none is
/// left.
std::string symbolElf(const SymbolTable& symbols);

} // namespace pgtscope::core
