// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/filter/filter.h"
#include "core/filter/filterlexer.h"

namespace pgtscope::core {

/// Compiles a filter by recursive descent over the grammar above Filter. Only parentheses recurse, and their
/// depth is bounded.
class FilterParser {
public:
    FilterParser(std::vector<Token> tokens, const SymbolLookup& symbols);

    tl::expected<Filter, FilterError> parse();

private:
    using Done = tl::expected<void, FilterError>;
    using Value = tl::expected<std::uint64_t, FilterError>;

    Done parseOr();
    Done parseAnd();
    Done parseNot();
    Done parsePrimary();
    Done parseTest(const FieldInfo& field);
    Done parseTextTest(const FieldInfo& field);
    Done parseRange(Filter::Instruction instruction);
    Done checkText(const FieldInfo& field, const Token& text) const;
    Value parseValue(const FieldInfo& field);
    Value parseWordValue(const FieldInfo& field, const Token& word) const;
    Done parseChain(TokenKind joint, Filter::Op jump, Done (FilterParser::*part)());

    const Token& peek() const { return m_tokens[m_at]; }
    /// Never goes past End.
    const Token& take() { return peek().kind == TokenKind::End ? peek() : m_tokens[m_at++]; }
    static std::optional<Filter::Op> comparisonOp(TokenKind kind);
    void emit(Filter::Instruction instruction);
    tl::unexpected<FilterError> unknownWord(const Token& word) const;

    std::vector<Token> m_tokens;
    const SymbolLookup& m_symbols;
    std::size_t m_at = 0;
    unsigned m_depth = 0;
    Filter m_filter;
};

/// Names of levels as values of the field "level"; nullopt if `word` is none.
std::optional<unsigned> levelByName(std::string_view word);
/// The words that the field "kind" can be compared with.
std::span<const std::string_view> kindWords();

} // namespace pgtscope::core
