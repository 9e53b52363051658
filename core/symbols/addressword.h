// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <string>

#include "core/symbols/symboltable.h"

namespace pgtscope::core {

/// An address as users write it: number with suffix, symbol, symbol+offset.
Result<std::uint64_t> parseAddress(const std::string& text, const SymbolTable& symbols);

} // namespace pgtscope::core
