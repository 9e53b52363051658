// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/exercises/exercise.h"

#include <algorithm>
#include <cctype>

#include "core/base/numbers.h"
#include "core/exercises/kinds.h"
#include "core/rules/findingtext.h"

namespace pgtscope::core {

namespace {

constexpr ExerciseKind kinds[] = {
    {"address", "Which linear address maps this frame?", AnswerForm::Page,
        "a linear address, e.g. 0xffff888000001000", makeAddressExercise},
    {"translate", "Where does this linear address lead?", AnswerForm::Physical,
        "a physical address to the byte, e.g. 0x1234567, or fault", makeTranslateExercise},
    {"rights", "What does the path permit?", AnswerForm::Rights,
        "RW or RO, user or sup, X or NX, e.g. RO user NX", makeRightsExercise},
    {"writable", "Which entry maps a page table writable?", AnswerForm::Entry,
        "the physical address of an entry, e.g. 0x5ff8", makeWritableExercise},
    {"store", "Find the store that broke it", AnswerForm::Number, "the number of a store, e.g. 4",
        makeStoreExercise},
};

std::string lowered(std::string_view text)
{
    std::string low(text);
    std::transform(low.begin(), low.end(), low.begin(),
        [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return low;
}

/// The words of a text; blanks, commas and slashes part them.
std::vector<std::string> wordsOf(const std::string& text)
{
    constexpr std::string_view blanks = " \t\r\n,/";
    std::vector<std::string> words;
    for (std::size_t at = 0; (at = text.find_first_not_of(blanks, at)) != std::string::npos;) {
        const std::size_t end = std::min(text.find_first_of(blanks, at), text.size());
        words.push_back(text.substr(at, end - at));
        at = end;
    }
    return words;
}

tl::unexpected<Error> misspelled(AnswerForm form)
{
    const auto kind = std::find_if(
        std::begin(kinds), std::end(kinds), [form](const ExerciseKind& each) { return each.form == form; });
    return failure("read the answer", "it is not of the form that is asked for",
        "answer with " + std::string(kind->formText));
}

Result<std::string> canonicalRights(const std::vector<std::string>& words)
{
    const auto rights = parseRights(words);
    if (!rights)
        return misspelled(AnswerForm::Rights);
    return rightsText(*rights);
}

/// The number without the bits of `mask`.
Result<std::string> canonicalHex(AnswerForm form, const std::string& word, std::uint64_t mask)
{
    const auto number = parseNumber(word.starts_with("0x") ? word : "0x" + word);
    if (!number)
        return misspelled(form);
    return hexText(*number & ~mask);
}

} // namespace

std::span<const ExerciseKind> exerciseKinds() { return kinds; }

const ExerciseKind* findExerciseKind(std::string_view name)
{
    const auto kind = std::find_if(
        std::begin(kinds), std::end(kinds), [name](const ExerciseKind& each) { return each.name == name; });
    return kind == std::end(kinds) ? nullptr : kind;
}

Result<std::string> canonicalAnswer(AnswerForm form, std::string_view answer)
{
    const std::vector<std::string> words = wordsOf(lowered(answer));
    if (form == AnswerForm::Rights)
        return canonicalRights(words);
    if (words.size() != 1)
        return misspelled(form);
    switch (form) {
    case AnswerForm::Page:
        return canonicalHex(form, words.front(), frameBytes - 1);
    case AnswerForm::Physical:
        if (words.front() == "fault")
            return words.front();
        return canonicalHex(form, words.front(), 0);
    case AnswerForm::Entry:
        return canonicalHex(form, words.front(), 7);
    case AnswerForm::Number:
    case AnswerForm::Rights:
        break;
    }
    const auto number = parseNumber(words.front());
    if (!number || words.front().starts_with("0x"))
        return misspelled(form);
    return std::to_string(*number);
}

Result<Verdict> Exercise::judge(std::string_view answer) const
{
    ASSIGN_OR_RETURN(const auto canonical, canonicalAnswer(m_kind.form, answer));
    return verdictOn(canonical);
}

std::vector<std::string> Exercise::explainedAnswers() const
{
    std::vector<std::string> answers = candidates();
    std::sort(answers.begin(), answers.end());
    answers.erase(std::unique(answers.begin(), answers.end()), answers.end());
    return answers;
}

} // namespace pgtscope::core
