// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <vector>

#include "core/base/error.h"
#include "core/symbols/elffile.h"
#include "core/symbols/symboltable.h"

namespace pgtscope::core {

/// The named symbols of an ELF file's .symtab, with nm's type letters, in the file's order. Undefined,
/// section and file symbols are left out. An Error if the file has been stripped.
Result<std::vector<Symbol>> readElfSymbols(const ElfFile& file, const std::string& name);

} // namespace pgtscope::core
