// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <array>

#include "core/filter/filterlexer.h"
#include "core/filter/filterparser.h"

namespace pgtscope::core {

namespace {

constexpr std::array<std::string_view, 8> numberOperators{"==", "!=", "<", "<=", ">", ">=", "&", "in"};
constexpr std::array<std::string_view, 3> textOperators{"==", "!=", "~"};
constexpr std::array<std::string_view, 2> joints{"and", "or"};

bool isComparison(TokenKind kind) { return kind >= TokenKind::Equal && kind <= TokenKind::Like; }

bool beginsCondition(TokenKind kind)
{
    return kind == TokenKind::And || kind == TokenKind::Or || kind == TokenKind::Not
        || kind == TokenKind::Open;
}

class Completion {
public:
    explicit Completion(std::string_view typed)
        : m_typed(typed)
    {
    }

    void offer(std::string_view word)
    {
        if (word.starts_with(m_typed) && std::find(m_words.begin(), m_words.end(), word) == m_words.end())
            m_words.emplace_back(word);
    }
    template <class Words>
    void offerAll(const Words& words)
    {
        for (const auto& word : words)
            offer(word);
    }
    void offerFields()
    {
        for (const FieldInfo& field : fields())
            if (field.inFilter())
                offer(field.name);
        offer("not");
    }
    std::vector<std::string> take() { return std::move(m_words); }

private:
    std::string_view m_typed;
    std::vector<std::string> m_words;
};

} // namespace

std::vector<std::string> completeFilter(
    std::string_view text, std::size_t cursor, std::span<const std::string> regions)
{
    text = text.substr(0, cursor);
    // The word at the cursor is what is being completed; the text before it decides which words fit.
    std::size_t begin = text.size();
    while (begin > 0 && std::string_view(" \t()!<>=&|~\"'").find(text[begin - 1]) == std::string_view::npos)
        --begin;
    auto tokens = filterTokens(text.substr(0, begin));
    if (!tokens)
        return {};
    tokens->pop_back();
    Completion completion(text.substr(begin));
    if (tokens->empty() || beginsCondition(tokens->back().kind)) {
        completion.offerFields();
        return completion.take();
    }
    const FieldInfo* field = nullptr;
    const bool compares = isComparison(tokens->back().kind) && tokens->size() >= 2;
    const Token& subject = compares ? (*tokens)[tokens->size() - 2] : tokens->back();
    const bool first = tokens->size() == (compares ? 2U : 1U)
        || beginsCondition((*tokens)[tokens->size() - (compares ? 3 : 2)].kind);
    if (subject.kind == TokenKind::Word && first)
        field = findField(subject.text);
    if (!field && !compares)
        completion.offerAll(joints);
    else if (field && compares && field->field == Field::Kind)
        completion.offerAll(kindWords());
    else if (field && compares && field->field == Field::Region)
        completion.offerAll(regions);
    else if (field && !compares) {
        if (field->type == FieldType::Text)
            completion.offerAll(textOperators);
        else
            completion.offerAll(numberOperators);
        completion.offerAll(joints);
    }
    return completion.take();
}

} // namespace pgtscope::core
