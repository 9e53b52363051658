// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/symbols/addressword.h"

#include <charconv>
#include <optional>

#include "core/base/numbers.h"

namespace pgtscope::core {

namespace {

/// Hexadecimal digits without "0x", as addresses are often copied from a log; at least eight of them, so that
/// no decimal number is taken for one by surprise.
std::optional<std::uint64_t> bareHex(std::string_view text)
{
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
    const bool letters = text.find_first_not_of("0123456789") != std::string_view::npos;
    if (error != std::errc() || end != text.data() + text.size() || text.size() < 8)
        return std::nullopt;
    return letters || text.size() == 16 ? std::optional(value) : std::nullopt;
}

Error unknownAddress(const std::string& text, const SymbolTable& symbols)
{
    return {"understand the address '" + text + "'", "it is no number and no symbol",
        symbols.empty() ? "no symbols are loaded: name the kernel with --kernel"
                        : "write 0x…, a symbol or symbol+offset"};
}

} // namespace

Result<std::uint64_t> parseAddress(const std::string& text, const SymbolTable& symbols)
{
    if (const auto at = symbols.find(text))
        return at->value;
    if (const auto hex = bareHex(text))
        return *hex;
    if (const auto number = parseSize(text))
        return *number;
    const auto plus = text.rfind('+');
    if (plus != std::string::npos) {
        const auto base = symbols.find(text.substr(0, plus));
        const auto offset = parseNumber(text.substr(plus + 1));
        if (base && offset)
            return base->value + *offset;
    }
    return tl::unexpected(unknownAddress(text, symbols));
}

} // namespace pgtscope::core
