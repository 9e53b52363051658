// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <vector>

#include "core/symbols/symboltable.h"

namespace pgtscope::core {

/// The symbols that a recording of a boot needs: every boot event's, the bounds of sections, the page-table
/// variables, and all functions of the kernel's init text and of its page-table code. A kernel has far more
/// names than a small recording can hold. Each chosen symbol brings along the one that follows it, so that an
/// address after it is not taken for it.
std::vector<Symbol> selectedSymbols(const SymbolTable& symbols);

} // namespace pgtscope::core
