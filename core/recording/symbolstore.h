// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <span>
#include <vector>

#include "core/base/error.h"
#include "core/base/packing.h"
#include "core/symbols/symboltable.h"

namespace pgtscope::core {

inline constexpr std::size_t maxRecordedSymbols = 200'000;

/// Addresses as differences, type letters and names, not yet compressed.
Bytes packSymbols(std::span<const Symbol> symbols);
Result<std::vector<Symbol>> unpackSymbols(ByteView packed);

} // namespace pgtscope::core
