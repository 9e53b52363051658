// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/exercises/exercisepage.h"

#include <map>

#include <nlohmann/json.hpp>

#include "core/base/json.h"
#include "core/base/numbers.h"
#include "core/exercises/dice.h"
#include "core/exercises/exercisetext.h"
#include "core/report/markdown.h"

namespace pgtscope::core {

namespace {

/// FNV-1a of 64 bits. The page has the same function.
std::uint64_t hashOf(const std::string& text)
{
    std::uint64_t hash = 0xcbf29ce484222325ULL;
    for (const char c : text)
        hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
    return hash;
}

std::string_view formName(AnswerForm form)
{
    switch (form) {
    case AnswerForm::Page:
        return "page";
    case AnswerForm::Physical:
        return "physical";
    case AnswerForm::Rights:
        return "rights";
    case AnswerForm::Entry:
        return "entry";
    case AnswerForm::Number:
        break;
    }
    return "number";
}

std::string keyOf(const Exercise& exercise)
{
    return std::string(exercise.kind().name) + '/' + std::to_string(exercise.seed());
}

std::string sectionHtml(const Exercise& exercise, std::size_t number)
{
    const std::string id = std::to_string(number);
    std::string html = "<section class=\"exercise\" id=\"exercise-" + id + "\">\n<h2>" + id + ". "
        + htmlText(exercise.kind().title) + "</h2>\n<p class=\"muted\">" + htmlText(keyOf(exercise))
        + "</p>\n" + markdownHtml(exercise.question()) + "<pre>" + htmlText(tablesText(exercise.tables()))
        + "</pre>\n";
    if (const std::string stores = storesText(exercise); !stores.empty())
        html += "<pre class=\"stores\">" + htmlText(stores) + "</pre>\n";
    html += "<form><label>Your answer: <input autocomplete=\"off\" spellcheck=\"false\" placeholder=\""
        + htmlText(exercise.kind().formText) + "\"></label> <button>Check</button></form>\n";
    return html + "<p class=\"verdict\" role=\"status\"></p>\n</section>\n";
}

nlohmann::json dataOf(const Exercise& exercise)
{
    nlohmann::json sealed = nlohmann::json::object();
    for (const std::string& answer : exercise.explainedAnswers()) {
        const auto verdict = exercise.judge(answer);
        if (!verdict)
            continue;
        const SealedVerdict one = sealVerdict(keyOf(exercise), answer, *verdict);
        sealed[one.lock] = one.text;
    }
    return {{"key", keyOf(exercise)}, {"form", formName(exercise.kind().form)},
        {"formText", exercise.kind().formText}, {"hint", exercise.hint()}, {"sealed", sealed}};
}

std::string dataText(std::span<const std::unique_ptr<Exercise>> exercises)
{
    nlohmann::json all = nlohmann::json::array();
    for (const auto& exercise : exercises)
        all.push_back(dataOf(*exercise));
    // In a script element "<" could begin its end.
    std::string text;
    for (const char c : jsonAscii(all))
        text += c == '<' ? std::string("\\u003c") : std::string(1, c);
    return text;
}

} // namespace

SealedVerdict sealVerdict(const std::string& exercise, const std::string& answer, const Verdict& verdict)
{
    Dice lock(hashOf(exercise + '#' + answer));
    Dice key(hashOf(exercise + '=' + answer));
    SealedVerdict sealed;
    appendHex(sealed.lock, lock.next(), 16);
    for (const char c : (verdict.right ? '+' : '-') + verdict.why)
        appendHex(sealed.text, static_cast<unsigned char>(c) ^ (key.next() & 0xff), 2);
    return sealed;
}

void writeExercisePage(std::ostream& out, std::span<const std::unique_ptr<Exercise>> exercises,
    const ExercisePageOptions& options)
{
    std::string sections;
    for (std::size_t i = 0; i < exercises.size(); ++i)
        sections += sectionHtml(*exercises[i], i + 1);
    const std::map<std::string_view, std::string> parts{
        {"@TITLE@",
            exercises.size() == 1 ? htmlText(exercises.front()->kind().title) : "Exercises on page tables"},
        {"@SECTIONS@", sections}, {"@DATA@", dataText(exercises)}, {"@MAKER@", htmlText(options.maker)}};
    std::string_view left = options.page;
    while (!left.empty()) {
        const std::size_t at = std::min(left.find('@'), left.size());
        out << left.substr(0, at);
        left.remove_prefix(at);
        const std::size_t end = left.empty() ? std::string_view::npos : left.find('@', 1);
        const auto part = end == std::string_view::npos ? parts.end() : parts.find(left.substr(0, end + 1));
        if (part != parts.end()) {
            out << part->second;
            left.remove_prefix(end + 1);
        } else if (!left.empty()) {
            out << left.front();
            left.remove_prefix(1);
        }
    }
}

} // namespace pgtscope::core
