// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <span>
#include <vector>

#include "core/base/error.h"
#include "core/base/packing.h"
#include "core/recording/database.h"
#include "core/symbols/symboltable.h"

namespace pgtscope::core {

inline constexpr std::size_t maxRecordedSymbols = 200'000;

/// Addresses as differences, type letters and names, not yet compressed.
Bytes packSymbols(std::span<const Symbol> symbols);
Result<std::vector<Symbol>> unpackSymbols(ByteView packed);
/// Makes these the symbols of a recording, in the place of those that it had.
Result<void> writeSymbols(Database& database, std::span<const Symbol> symbols, std::uint64_t slide);

} // namespace pgtscope::core
