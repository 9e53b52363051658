// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/base/numbers.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

namespace pgtscope::core {

namespace {

constexpr std::string_view units = "BKMGTPE";

tl::unexpected<Error> badNumber(std::string_view text, std::string happened)
{
    return failure("read the number '" + std::string(text.substr(0, 80)) + "'", std::move(happened),
        "give a decimal number, or a hexadecimal one after 0x");
}

char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

/// The shift of a unit's spelling: "" and "B" are 0, "K", "KB" and "KiB" are 10; -1 if it is none.
int unitShift(std::string_view unit)
{
    if (unit.empty())
        return 0;
    const std::size_t power = units.find(upper(unit.front()));
    if (power == std::string_view::npos)
        return -1;
    const std::string_view rest = unit.substr(1);
    const bool plain = rest.empty() || (power > 0 && (rest == "B" || rest == "iB" || rest == "b"));
    return plain ? static_cast<int>(power) * 10 : -1;
}

} // namespace

std::string sizeText(std::uint64_t bytes)
{
    std::size_t unit = 0;
    while (bytes != 0 && bytes % 1024 == 0 && unit + 1 < units.size()) {
        bytes /= 1024;
        ++unit;
    }
    return std::to_string(bytes) + units[unit];
}

std::string groupedText(std::uint64_t number)
{
    std::string text = std::to_string(number);
    for (std::size_t at = text.size(); at > 3; at -= 3)
        text.insert(at - 3, 1, ',');
    return text;
}

void appendHex(std::string& out, std::uint64_t number, unsigned digits)
{
    std::array<char, 16> buffer;
    const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number, 16).ptr;
    const auto length = static_cast<std::size_t>(end - buffer.data());
    if (length < digits)
        out.append(digits - length, '0');
    out.append(buffer.data(), length);
}

void appendDecimal(std::string& out, std::uint64_t number)
{
    std::array<char, 20> buffer;
    out.append(buffer.data(), std::to_chars(buffer.data(), buffer.data() + buffer.size(), number).ptr);
}

std::string nounText(std::uint64_t count, std::string_view noun)
{
    std::string text(noun);
    if (count == 1 || text.empty())
        return text;
    constexpr std::string_view vowels = "aeiou";
    const bool consonant = text.size() > 1 && vowels.find(text[text.size() - 2]) == std::string_view::npos;
    if (text.back() == 'y' && consonant)
        return text.replace(text.size() - 1, 1, "ies");
    const bool hisses
        = text.ends_with('s') || text.ends_with('x') || text.ends_with("ch") || text.ends_with("sh");
    return text + (hisses ? "es" : "s");
}

std::string countText(std::uint64_t count, std::string_view noun)
{
    return groupedText(count) + ' ' + nounText(count, noun);
}

std::string joinedText(std::span<const std::string> phrases)
{
    std::string text;
    for (const std::string& phrase : phrases)
        text += (text.empty() ? "" : "; ") + phrase;
    return text;
}

std::string hexText(std::uint64_t number, unsigned digits)
{
    std::string text = "0x";
    appendHex(text, number, digits);
    return text;
}

Result<std::uint64_t> parseNumber(std::string_view text)
{
    const bool hex = text.starts_with("0x") || text.starts_with("0X");
    const std::string_view digits = hex ? text.substr(2) : text;
    std::uint64_t number = 0;
    const auto [end, error]
        = std::from_chars(digits.data(), digits.data() + digits.size(), number, hex ? 16 : 10);
    if (error == std::errc::result_out_of_range)
        return badNumber(text, "it does not fit in 64 bits");
    if (error != std::errc() || end != digits.data() + digits.size())
        return badNumber(text, "it is not a number");
    return number;
}

Result<std::uint64_t> parseSize(std::string_view text)
{
    // In hexadecimal a B is a digit, so the unit begins after the last digit of the number's own base.
    const bool hex = text.starts_with("0x") || text.starts_with("0X");
    const std::string_view allowed = hex ? "0123456789abcdefABCDEFxX" : "0123456789";
    const std::size_t behind = std::min(text.find_first_not_of(allowed), text.size());
    auto number = parseNumber(text.substr(0, behind));
    const int shift = unitShift(text.substr(behind));
    if (!number || shift < 0) {
        const bool tooLarge
            = !number && shift >= 0 && number.error().happened.find("64 bits") != std::string::npos;
        return failure("read the size '" + std::string(text.substr(0, 80)) + "'",
            tooLarge ? "it does not fit in 64 bits" : "it is not a size",
            "give a number with an optional unit K, M, G, T or P, for example 512M");
    }
    if (*number > std::numeric_limits<std::uint64_t>::max() >> shift)
        return failure(
            "read the size '" + std::string(text.substr(0, 80)) + "'", "it does not fit in 64 bits");
    return *number << shift;
}

} // namespace pgtscope::core
