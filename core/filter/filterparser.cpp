// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/filter/filterparser.h"

#include <algorithm>
#include <array>

#include "core/filter/nearnames.h"
#include "core/steps/step.h"

namespace pgtscope::core {

namespace {

constexpr unsigned deepest = 64;

/// Of mappings and entries; those of steps are their causes.
constexpr std::array<std::string_view, 5> mappingKinds{"page", "shared", "reserved", "gap", "table"};

/// "page, shared": with a comma between two.
std::string listed(std::span<const std::string_view> words)
{
    std::string text;
    for (const std::string_view word : words)
        text += (text.empty() ? "" : ", ") + std::string(word);
    return text;
}

struct LevelWord {
    std::string_view name;
    unsigned level;
};
/// "pgd" is missing: it is the top level, whichever that is.
constexpr std::array<LevelWord, 13> levelWords{{
    {"pte", 1},
    {"l1", 1},
    {"pmd", 2},
    {"pde", 2},
    {"l2", 2},
    {"pud", 3},
    {"pdpte", 3},
    {"l3", 3},
    {"p4d", 4},
    {"pml4e", 4},
    {"l4", 4},
    {"pml5e", 5},
    {"l5", 5},
}};

tl::unexpected<FilterError> fail(const Token& token, std::string happened, std::string advice = {})
{
    return tl::unexpected(FilterError{token.position, token.length, std::move(happened), std::move(advice)});
}

} // namespace

std::optional<unsigned> levelByName(std::string_view word)
{
    std::string lower(word);
    for (char& c : lower)
        if (c >= 'A' && c <= 'Z')
            c = static_cast<char>(c - 'A' + 'a');
    const auto found
        = std::find_if(levelWords.begin(), levelWords.end(), [&](auto& l) { return l.name == lower; });
    return found == levelWords.end() ? std::nullopt : std::optional(found->level);
}

std::span<const std::string_view> kindWords()
{
    static const std::vector<std::string_view> kinds = [] {
        std::vector<std::string_view> all(mappingKinds.begin(), mappingKinds.end());
        for (unsigned cause = 0; cause < stepCauseCount; ++cause)
            all.push_back(causeText(static_cast<StepCause>(cause)));
        return all;
    }();
    return kinds;
}

FilterParser::FilterParser(std::vector<Token> tokens, const SymbolLookup& symbols)
    : m_tokens(std::move(tokens))
    , m_symbols(symbols)
{
}

tl::expected<Filter, FilterError> FilterParser::parse()
{
    if (peek().kind == TokenKind::End)
        return std::move(m_filter);
    RETURN_IF_ERROR(parseOr());
    if (peek().kind != TokenKind::End)
        return fail(peek(), "the filter should end here", "join conditions with 'and' or 'or'");
    return std::move(m_filter);
}

FilterParser::Done FilterParser::parseChain(TokenKind joint, Filter::Op jump, Done (FilterParser::*part)())
{
    std::vector<std::size_t> jumps;
    while (true) {
        RETURN_IF_ERROR((this->*part)());
        if (peek().kind != joint)
            break;
        take();
        jumps.push_back(m_filter.m_code.size());
        Filter::Instruction instruction;
        instruction.op = jump;
        m_filter.m_code.push_back(instruction);
    }
    for (const std::size_t at : jumps)
        m_filter.m_code[at].target = static_cast<std::uint32_t>(m_filter.m_code.size());
    return {};
}

FilterParser::Done FilterParser::parseOr()
{
    return parseChain(TokenKind::Or, Filter::Op::JumpIfTrue, &FilterParser::parseAnd);
}

FilterParser::Done FilterParser::parseAnd()
{
    return parseChain(TokenKind::And, Filter::Op::JumpIfFalse, &FilterParser::parseNot);
}

FilterParser::Done FilterParser::parseNot()
{
    bool inverted = false;
    for (; peek().kind == TokenKind::Not; take())
        inverted = !inverted;
    auto done = parsePrimary();
    if (done && inverted) {
        Filter::Instruction instruction;
        instruction.op = Filter::Op::Not;
        m_filter.m_code.push_back(instruction);
    }
    return done;
}

FilterParser::Done FilterParser::parsePrimary()
{
    const Token token = take();
    if (token.kind == TokenKind::Open) {
        if (++m_depth > deepest)
            return fail(token, "more than 64 parentheses are open");
        RETURN_IF_ERROR(parseOr());
        --m_depth;
        if (peek().kind != TokenKind::Close)
            return fail(peek(), "a ')' is missing here");
        take();
        return {};
    }
    if (token.kind != TokenKind::Word)
        return fail(token,
            token.kind == TokenKind::End ? "a condition is missing here" : "a field is expected here",
            "a condition starts with a field, as in va == 0x1000");
    const FieldInfo* field = findField(token.text);
    if (!field || !field->inFilter())
        return unknownWord(token);
    m_filter.m_uses |= 1ULL << static_cast<unsigned>(field->field);
    return field->type == FieldType::Text ? parseTextTest(*field) : parseTest(*field);
}

tl::unexpected<FilterError> FilterParser::unknownWord(const Token& word) const
{
    NearNames near(word.text);
    for (const FieldInfo& field : fields())
        if (field.inFilter())
            near.consider(field.name);
    std::string advice = NearNames::question(near.take());
    if (advice.empty())
        advice = "pgt help lists the fields";
    return fail(word, "there is no field '" + word.text + "'", std::move(advice));
}

std::optional<Filter::Op> FilterParser::comparisonOp(TokenKind kind)
{
    switch (kind) {
    case TokenKind::Equal:
        return Filter::Op::Equal;
    case TokenKind::NotEqual:
        return Filter::Op::NotEqual;
    case TokenKind::Less:
        return Filter::Op::Less;
    case TokenKind::LessEqual:
        return Filter::Op::LessEqual;
    case TokenKind::Greater:
        return Filter::Op::Greater;
    case TokenKind::GreaterEqual:
        return Filter::Op::GreaterEqual;
    default:
        return std::nullopt;
    }
}

FilterParser::Done FilterParser::parseTest(const FieldInfo& field)
{
    Filter::Instruction test;
    test.field = field.field;
    if (peek().kind == TokenKind::Mask) {
        take();
        ASSIGN_OR_RETURN(const auto mask, parseValue(field));
        test.mask = mask;
    }
    if (peek().kind == TokenKind::In)
        return parseRange(test);
    if (peek().kind == TokenKind::Like)
        return fail(peek(), "'~' compares texts, and " + std::string(field.name) + " is a number");
    const auto comparison = comparisonOp(peek().kind);
    if (!comparison) {
        emit(test);
        return {};
    }
    test.op = *comparison;
    take();
    ASSIGN_OR_RETURN(const auto value, parseValue(field));
    test.value = value;
    emit(test);
    return {};
}

FilterParser::Done FilterParser::parseRange(Filter::Instruction test)
{
    take();
    const Token first = peek();
    const FieldInfo& field = info(test.field);
    ASSIGN_OR_RETURN(const auto begin, parseValue(field));
    if (peek().kind != TokenKind::Range)
        return fail(peek(), "'..' is expected here", "a range is written in A..B, without B itself");
    take();
    ASSIGN_OR_RETURN(const auto end, parseValue(field));
    if (end <= begin) {
        const Token& last = m_tokens[m_at - 1];
        return tl::unexpected(FilterError{first.position, last.position + last.length - first.position,
            "the range is empty", "the second value is the first one outside"});
    }
    test.op = Filter::Op::In;
    test.value = begin;
    test.end = end;
    emit(test);
    return {};
}

FilterParser::Done FilterParser::parseTextTest(const FieldInfo& field)
{
    Filter::Instruction test;
    test.field = field.field;
    test.target = static_cast<std::uint32_t>(m_filter.m_texts.size());
    test.op = peek().kind == TokenKind::NotEqual ? Filter::Op::TextNoMatch : Filter::Op::TextMatch;
    const bool like = peek().kind == TokenKind::Like;
    if (!like && peek().kind != TokenKind::Equal && peek().kind != TokenKind::NotEqual) {
        if (comparisonOp(peek().kind) || peek().kind == TokenKind::Mask || peek().kind == TokenKind::In)
            return fail(peek(), std::string(field.name) + " is a text", "compare it by ==, != or ~");
        m_filter.m_texts.emplace_back(TextPattern::Kind::Any, "");
        emit(test);
        return {};
    }
    take();
    const Token text = take();
    if (text.kind != TokenKind::Word && text.kind != TokenKind::Text && text.kind != TokenKind::Number)
        return fail(text, "a text is missing here", "a text is a word, or anything in quotes");
    if (!like)
        RETURN_IF_ERROR(checkText(field, text));
    m_filter.m_texts.emplace_back(like ? TextPattern::Kind::Like : TextPattern::Kind::Equal, text.text);
    emit(test);
    return {};
}

FilterParser::Done FilterParser::checkText(const FieldInfo& field, const Token& text) const
{
    const auto kinds = kindWords();
    if (field.field != Field::Kind || std::ranges::find(kinds, text.text) != kinds.end())
        return {};
    return fail(text, "there is no kind '" + text.text + "'",
        "of mappings: " + listed(mappingKinds) + "; of steps: " + listed(kinds.subspan(mappingKinds.size())));
}

FilterParser::Value FilterParser::parseValue(const FieldInfo& field)
{
    const Token token = take();
    std::uint64_t value = token.number;
    if (token.kind == TokenKind::Word) {
        const auto named = parseWordValue(field, token);
        if (!named)
            return named;
        value = *named;
    } else if (token.kind != TokenKind::Number) {
        return fail(token, "a value is missing here", "a value is a number or a symbol");
    }
    if (peek().kind != TokenKind::Plus && peek().kind != TokenKind::Minus)
        return value;
    const bool plus = take().kind == TokenKind::Plus;
    const Token offset = take();
    if (offset.kind != TokenKind::Number)
        return fail(offset, "a number is missing here", "as in _text+0x1000");
    return plus ? value + offset.number : value - offset.number;
}

FilterParser::Value FilterParser::parseWordValue(const FieldInfo& field, const Token& word) const
{
    if (field.type == FieldType::Flag && (word.text == "true" || word.text == "false"))
        return word.text == "true" ? 1 : 0;
    if (field.field == Field::Level)
        if (const auto level = levelByName(word.text))
            return *level;
    if (m_symbols.find)
        if (const auto value = m_symbols.find(word.text, field.field))
            return *value;
    std::string advice;
    if (m_symbols.near)
        advice = NearNames::question(m_symbols.near(word.text));
    return fail(word, "there is no symbol '" + word.text + "'", std::move(advice));
}

void FilterParser::emit(Filter::Instruction instruction) { m_filter.m_code.push_back(instruction); }

} // namespace pgtscope::core
