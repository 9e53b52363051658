// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/report/historyformat.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "core/base/numbers.h"
#include "core/model/frametext.h"

namespace pgtscope::core {

namespace {

constexpr std::size_t marksPrinted = 12;

std::string markLines(const std::string& title, const std::vector<FindingMark>& marks)
{
    std::string text = "  " + title + ": " + groupedText(marks.size()) + '\n';
    const std::size_t shown = std::min(marks.size(), marksPrinted);
    for (std::size_t i = 0; i < shown; ++i)
        text += "      " + frameText(marks[i].frame) + ", entry at " + physicalText(marks[i].entry) + " ("
            + std::string(findingStateName(marks[i].state)) + ")\n";
    if (marks.size() > shown)
        text += "      and " + groupedText(marks.size() - shown) + " more\n";
    return text;
}

nlohmann::json marksJson(const std::vector<FindingMark>& marks)
{
    nlohmann::json list = nlohmann::json::array();
    for (const FindingMark& mark : marks)
        list.push_back({{"frame", hexText(mark.frame.value)}, {"entry", hexText(mark.entry.value)},
            {"state", findingStateName(mark.state)}, {"standing", standingName(mark.standing)}});
    return list;
}

} // namespace

std::string originText(const FindingOrigin& origin)
{
    std::string text;
    if (origin.allocated)
        text += "; a table since step " + std::to_string(*origin.allocated);
    if (origin.written)
        text += "; the entry was written at step " + std::to_string(*origin.written);
    if (origin.writer)
        text += " by " + (origin.writer->symbol.empty() ? std::string("code") : origin.writer->symbol)
            + " at " + hexText(origin.writer->rip.value);
    return text;
}

nlohmann::json originJson(const FindingOrigin& origin)
{
    nlohmann::json json{{"allocated", nullptr}, {"written", nullptr}, {"writer", nullptr}};
    if (origin.allocated)
        json["allocated"] = *origin.allocated;
    if (origin.written)
        json["written"] = *origin.written;
    if (origin.writer)
        json["writer"] = {{"rip", hexText(origin.writer->rip.value)}, {"symbol", origin.writer->symbol}};
    return json;
}

std::string gapsText(const FindingHistory& history)
{
    constexpr std::size_t most = 12;
    std::string text;
    std::size_t printed = 0;
    for (const auto& [what, stay] : history.gaps()) {
        if (++printed > most)
            continue;
        text += what.first + ", gap at " + countText(stay.steps, "step")
            + (stay.steps == 1 ? " (" + std::to_string(stay.first) + ')'
                               : " from " + std::to_string(stay.first) + " to " + std::to_string(stay.last))
            + ": " + what.second + '\n';
    }
    return printed > most ? text + countText(printed - most, "more gap") + '\n' : text;
}

nlohmann::json gapsJson(const FindingHistory& history)
{
    nlohmann::json list = nlohmann::json::array();
    for (const auto& [what, stay] : history.gaps())
        list.push_back({{"rule", what.first}, {"gap", what.second}, {"first", stay.first},
            {"last", stay.last}, {"steps", stay.steps}});
    return list;
}

std::string stayText(const FindingStay& stay)
{
    std::string text;
    for (const FindingStay::Change& change : stay.states)
        text += (text.empty() ? "" : ", ") + labelText(change.state, change.standing) + " from step "
            + std::to_string(change.step);
    if (stay.resolved)
        return text + ", resolved at step " + std::to_string(*stay.resolved);
    if (stay.unseenSince)
        return text + ", not checked from step " + std::to_string(*stay.unseenSince) + " on";
    return text + ", present to the end";
}

nlohmann::json stayJson(const FindingStay& stay)
{
    nlohmann::json states = nlohmann::json::array();
    for (const FindingStay::Change& change : stay.states)
        states.push_back({{"step", change.step}, {"state", findingStateName(change.state)},
            {"standing", standingName(change.standing)}});
    nlohmann::json json{
        {"appeared", stay.appeared}, {"went", nullptr}, {"unseenSince", nullptr}, {"states", states}};
    if (stay.unseenSince)
        json["unseenSince"] = *stay.unseenSince;
    if (stay.resolved)
        json["went"] = *stay.resolved;
    return json;
}

std::string differenceText(
    const RuleReport& first, const RuleReport& second, const RuleDifference& difference)
{
    if (!first.notEvaluated().empty() || !second.notEvaluated().empty())
        return {};
    std::string text = first.rule + " beside " + second.rule + ":\n";
    text += "  both find: " + groupedText(difference.both.size()) + '\n';
    text += markLines("only " + first.rule + " finds", difference.onlyFirst);
    text += markLines("only " + second.rule + " finds", difference.onlySecond);
    if (!difference.complete)
        text += "  incomplete: there are more findings than are kept\n";
    return text;
}

nlohmann::json differenceJson(
    const RuleReport& first, const RuleReport& second, const RuleDifference& difference)
{
    return {{"first", first.rule}, {"second", second.rule}, {"both", difference.both.size()},
        {"onlyFirst", marksJson(difference.onlyFirst)}, {"onlySecond", marksJson(difference.onlySecond)},
        {"complete", difference.complete}};
}

} // namespace pgtscope::core
