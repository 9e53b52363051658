// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "core/symbols/symboltable.h"

namespace pgtscope::pgt {

/// Commands to try with a guest that has just been launched, in the order in which they help. They name only
/// functions and symbols that its kernel has; `symbols` may be empty. `underXen`: the kernel is a PV domain,
/// and takes the way of one through its boot.
std::vector<std::string> commandsToTry(const core::SymbolTable& symbols, bool underXen);

} // namespace pgtscope::pgt
