// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/filter/filterlexer.h"

#include <array>

#include "core/base/numbers.h"

namespace pgtscope::core {

namespace {

/// Far longer than any real filter; it bounds everything that follows.
constexpr std::size_t longestText = 65'536;

bool isDigit(char c) { return c >= '0' && c <= '9'; }
bool isWordStart(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool isWordPart(char c) { return isWordStart(c) || isDigit(c) || c == '$' || c == '@'; }

struct OperatorText {
    std::string_view text;
    TokenKind kind;
};

/// Longer ones first.
constexpr std::array<OperatorText, 17> operators{{
    {"==", TokenKind::Equal},
    {"!=", TokenKind::NotEqual},
    {"<=", TokenKind::LessEqual},
    {">=", TokenKind::GreaterEqual},
    {"&&", TokenKind::And},
    {"||", TokenKind::Or},
    {"..", TokenKind::Range},
    {"<", TokenKind::Less},
    {">", TokenKind::Greater},
    {"~", TokenKind::Like},
    {"&", TokenKind::Mask},
    {"!", TokenKind::Not},
    {"(", TokenKind::Open},
    {")", TokenKind::Close},
    {"+", TokenKind::Plus},
    {"-", TokenKind::Minus},
    {"=", TokenKind::End},
}};

TokenKind wordKind(std::string_view word)
{
    if (word == "and")
        return TokenKind::And;
    if (word == "or")
        return TokenKind::Or;
    if (word == "not")
        return TokenKind::Not;
    if (word == "in")
        return TokenKind::In;
    return TokenKind::Word;
}

class FilterLexer {
public:
    explicit FilterLexer(std::string_view text)
        : m_text(text)
    {
    }

    tl::expected<std::vector<Token>, FilterError> tokens()
    {
        if (m_text.size() > longestText)
            return fail(longestText, 0, "the filter is longer than " + sizeText(longestText), "shorten it");
        while (true) {
            while (m_at < m_text.size()
                && std::string_view(" \t\r\n").find(m_text[m_at]) != std::string_view::npos)
                ++m_at;
            if (m_at == m_text.size())
                break;
            RETURN_IF_ERROR(next());
        }
        Token end;
        end.position = m_text.size();
        m_tokens.push_back(end);
        return std::move(m_tokens);
    }

private:
    using Done = tl::expected<void, FilterError>;

    static tl::unexpected<FilterError> fail(
        std::size_t position, std::size_t length, std::string happened, std::string advice)
    {
        return tl::unexpected(FilterError{position, length, std::move(happened), std::move(advice)});
    }

    Done next()
    {
        const char c = m_text[m_at];
        if (isDigit(c))
            return number();
        if (isWordStart(c))
            return word();
        if (c == '"' || c == '\'')
            return quoted(c);
        for (const OperatorText& op : operators) {
            if (!m_text.substr(m_at).starts_with(op.text))
                continue;
            if (op.kind == TokenKind::End)
                return fail(m_at, 1, "'=' is no operator", "write == to compare");
            push(op.kind, op.text.size());
            return {};
        }
        return fail(m_at, 1, "unexpected character", "put text in quotes");
    }

    void push(TokenKind kind, std::size_t length)
    {
        Token token;
        token.kind = kind;
        token.position = m_at;
        token.length = length;
        token.text = m_text.substr(m_at, length);
        m_tokens.push_back(std::move(token));
        m_at += length;
    }

    Done number()
    {
        std::size_t end = m_at;
        while (end < m_text.size() && isWordPart(m_text[end]))
            ++end;
        const auto value = parseSize(m_text.substr(m_at, end - m_at));
        if (!value)
            return fail(m_at, end - m_at, "this is not a number: " + value.error().happened,
                "write 4096, 0x1000, 4K or 2M");
        push(TokenKind::Number, end - m_at);
        m_tokens.back().number = *value;
        return {};
    }

    Done word()
    {
        // A dot belongs to a word (eff.rw, foo.cold), two dots are the range operator. So does a colon that a
        // number follows (pfn:0x437eb).
        std::size_t end = m_at;
        while (end < m_text.size()
            && (isWordPart(m_text[end])
                || ((m_text[end] == '.' || m_text[end] == ':') && end + 1 < m_text.size()
                    && isWordPart(m_text[end + 1]))))
            ++end;
        push(wordKind(m_text.substr(m_at, end - m_at)), end - m_at);
        return {};
    }

    Done quoted(char quote)
    {
        std::string text;
        std::size_t end = m_at + 1;
        while (end < m_text.size() && m_text[end] != quote) {
            if (m_text[end] == '\\' && end + 1 < m_text.size())
                ++end;
            text += m_text[end++];
        }
        if (end >= m_text.size())
            return fail(
                m_at, m_text.size() - m_at, "the quote is not closed", "close it with the same quote");
        push(TokenKind::Text, end + 1 - m_at);
        m_tokens.back().text = std::move(text);
        return {};
    }

    std::string_view m_text;
    std::size_t m_at = 0;
    std::vector<Token> m_tokens;
};

} // namespace

tl::expected<std::vector<Token>, FilterError> filterTokens(std::string_view text)
{
    return FilterLexer(text).tokens();
}

} // namespace pgtscope::core
