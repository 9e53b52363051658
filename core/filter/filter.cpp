// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/filter/filter.h"

#include <algorithm>

#include "core/filter/filterparser.h"

namespace pgtscope::core {

tl::expected<Filter, FilterError> Filter::parse(std::string_view text, const SymbolLookup& symbols)
{
    ASSIGN_OR_RETURN(auto tokens, filterTokens(text));
    return FilterParser(std::move(tokens), symbols).parse();
}

bool Filter::matches(const FilterSubject& subject) const
{
    bool outcome = true;
    for (std::size_t at = 0; at < m_code.size(); ++at) {
        const Instruction& instruction = m_code[at];
        switch (instruction.op) {
        case Op::Not:
            outcome = !outcome;
            break;
        case Op::JumpIfFalse:
        case Op::JumpIfTrue:
            if (outcome == (instruction.op == Op::JumpIfTrue))
                at = instruction.target - std::size_t{1};
            break;
        case Op::TextMatch:
            outcome = subject.anyText(instruction.field, m_texts[instruction.target]);
            break;
        case Op::TextNoMatch:
            outcome = !subject.anyText(instruction.field, m_texts[instruction.target]);
            break;
        case Op::Set:
        case Op::Equal:
        case Op::NotEqual:
        case Op::Less:
        case Op::LessEqual:
        case Op::Greater:
        case Op::GreaterEqual:
        case Op::In:
            outcome = test(instruction, subject);
            break;
        }
    }
    return outcome;
}

bool Filter::test(const Instruction& instruction, const FilterSubject& subject) const
{
    const auto known = subject.number(instruction.field);
    if (!known)
        return false;
    ValueSpan span = *known;
    if (instruction.mask != ~0ULL)
        span.first = span.last = span.first & instruction.mask;
    const std::uint64_t value = instruction.value;
    switch (instruction.op) {
    case Op::Set:
        return span.last != 0;
    case Op::Equal:
        return span.first <= value && value <= span.last;
    case Op::NotEqual:
        return value < span.first || span.last < value;
    case Op::Less:
        return span.first < value;
    case Op::LessEqual:
        return span.first <= value;
    case Op::Greater:
        return span.last > value;
    case Op::GreaterEqual:
        return span.last >= value;
    case Op::In:
        return span.first < instruction.end && span.last >= value;
    case Op::TextMatch:
    case Op::TextNoMatch:
    case Op::Not:
    case Op::JumpIfFalse:
    case Op::JumpIfTrue:
        break;
    }
    return false;
}

std::optional<std::vector<FrameNumber>> Filter::frameBorders() const
{
    std::vector<FrameNumber> borders;
    for (const Instruction& instruction : m_code) {
        const bool isFrame = instruction.field == Field::Pfn || instruction.field == Field::Mfn;
        if (instruction.op >= Op::TextMatch || (!isFrame && instruction.field != Field::Pa))
            continue;
        if (instruction.mask != ~0ULL)
            return std::nullopt;
        for (const std::uint64_t value : {instruction.value, instruction.end}) {
            const FrameNumber frame = isFrame ? FrameNumber(value) : frameOf(PhysicalAddress(value));
            borders.insert(borders.end(), {frame, frame + 1});
        }
    }
    std::sort(borders.begin(), borders.end());
    return borders;
}

std::string FilterError::caretText(std::string_view text) const
{
    constexpr std::size_t context = 60;
    const std::size_t at = std::min(position, text.size());
    const std::size_t begin = at > context ? at - context : 0;
    std::string line;
    std::string carets;
    for (std::size_t i = begin; i < std::min(text.size(), at + std::max(length, context)); ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        line += byte < 0x20 || byte == 0x7f ? ' ' : text[i];
        // The further bytes of a UTF-8 character take no column of their own.
        if ((byte & 0xc0) != 0x80)
            carets += i < at ? ' ' : i < at + length ? '^' : '.';
    }
    carets.erase(std::min(carets.find('.'), carets.size()));
    if (carets.find('^') == std::string::npos)
        carets += '^';
    return line + '\n' + carets;
}

Error FilterError::error(std::string_view text) const
{
    Error error{"read the filter", happened + " (column " + std::to_string(position + 1) + ")", advice};
    (advice.empty() ? error.happened : error.advice) += '\n' + caretText(text);
    return error;
}

} // namespace pgtscope::core
