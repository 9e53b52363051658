// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "core/base/error.h"

namespace pgtscope::core {

/// `bytes` in the largest binary unit that divides it: "4K", "2M", "1536K", "7B". 0 is "0B".
std::string sizeText(std::uint64_t bytes);

/// Decimal with a comma after each group of three digits: "1,048,576".
std::string groupedText(std::uint64_t number);

/// A count and what is counted, in the plural where that is due: "1 entry", "1,024 entries". `noun` is in the
/// singular; its last word counts.
std::string countText(std::uint64_t count, std::string_view noun);
/// The noun alone, as countText() has it.
std::string nounText(std::uint64_t count, std::string_view noun);

/// Phrases with "; " between them.
std::string joinedText(std::span<const std::string> phrases);

/// "0x" and at least `digits` lower-case hexadecimal digits, zero-filled.
std::string hexText(std::uint64_t number, unsigned digits = 1);

/// Appends what hexText() returns, less the "0x", without a temporary: for output of many lines.
void appendHex(std::string& out, std::uint64_t number, unsigned digits = 1);
void appendDecimal(std::string& out, std::uint64_t number);

/// A whole number in decimal or, after "0x", in hexadecimal; nothing before or after it. An Error says what
/// was wrong with `text`: not a number, or past 2^64 - 1.
Result<std::uint64_t> parseNumber(std::string_view text);

/// As parseNumber(), with an optional binary unit K, M, G, T or P after it: "512M", "2g", "0x10K", "4KiB",
/// "64B". The result is in bytes.
Result<std::uint64_t> parseSize(std::string_view text);

} // namespace pgtscope::core
