// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/filter/filter.h"

namespace pgtscope::core {

enum class TokenKind : std::uint8_t {
    Word, ///< Field, symbol or operator word.
    Number,
    Text, ///< Was in quotes.
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    Like,
    Mask,
    And,
    Or,
    Not,
    In,
    Open,
    Close,
    Range,
    Plus,
    Minus,
    End,
};

struct Token {
    TokenKind kind = TokenKind::End;
    std::size_t position = 0;
    std::size_t length = 0;
    std::string text; ///< Word as it is written; Text without its quotes and escapes.
    std::uint64_t number = 0;
};

/// Splits a filter's text; the last token is End, at the text's end.
tl::expected<std::vector<Token>, FilterError> filterTokens(std::string_view text);

} // namespace pgtscope::core
