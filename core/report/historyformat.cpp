// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/report/historyformat.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "core/base/numbers.h"
#include "core/timeline/entryhistory.h"

namespace pgtscope::core {

namespace {

constexpr std::size_t marksPrinted = 12;

std::string markLines(const std::string& title, const std::vector<FindingMark>& marks)
{
    std::string text = "  " + title + ": " + groupedText(marks.size()) + '\n';
    const std::size_t shown = std::min(marks.size(), marksPrinted);
    for (std::size_t i = 0; i < shown; ++i)
        text += "      frame " + hexText(marks[i].frame.value) + ", entry at " + hexText(marks[i].entry.value)
            + " (" + std::string(findingStateName(marks[i].state)) + ")\n";
    if (marks.size() > shown)
        text += "      and " + groupedText(marks.size() - shown) + " more\n";
    return text;
}

nlohmann::json marksJson(const std::vector<FindingMark>& marks)
{
    nlohmann::json list = nlohmann::json::array();
    for (const FindingMark& mark : marks)
        list.push_back({{"frame", hexText(mark.frame.value)}, {"entry", hexText(mark.entry.value)},
            {"state", findingStateName(mark.state)}});
    return list;
}

} // namespace

Result<FindingOrigins> FindingOrigins::learn(
    const Timeline& timeline, const FindingHistory& history, const CancelFlag* cancel)
{
    FindingOrigins origins;
    for (const auto& [key, stays] : history.all()) {
        origins.m_writes[key.entry];
        origins.m_tables[key.frame];
    }
    // Step 0 has no changes: what stands there was there before.
    for (StepNumber step = 1; step < timeline.size() && !history.all().empty(); ++step) {
        if (cancel != nullptr && cancel->cancelled())
            return failure("find where the findings came from", "stopped by the user");
        const auto changes = timeline.changes(step);
        if (!changes)
            return tl::unexpected(changes.error());
        origins.note(step, *changes);
    }
    return origins;
}

void FindingOrigins::note(StepNumber step, const StepChanges& changes)
{
    for (const EntryChange& change : changes.entries) {
        const auto followed = m_writes.find(change.address);
        if (followed != m_writes.end())
            followed->second.push_back({step, change.writer});
    }
    // What a table held when it appeared was written by somebody too.
    for (const EntryChange& store : changes.stores) {
        const auto followed = m_writes.find(store.address);
        if (followed != m_writes.end() && (followed->second.empty() || !isRun(changes)))
            followed->second.push_back({step, store.writer});
    }
    for (const TableChange& change : changes.tables) {
        const auto followed = m_tables.find(frameOf(change.address));
        if (change.kind == TableChangeKind::Appeared && followed != m_tables.end())
            followed->second.push_back(step);
    }
}

FindingOrigin FindingOrigins::of(const FindingKey& key, StepNumber appeared) const
{
    FindingOrigin origin;
    if (const auto known = m_tables.find(key.frame); known != m_tables.end())
        for (const StepNumber step : known->second)
            if (step <= appeared)
                origin.allocated = step;
    if (const auto known = m_writes.find(key.entry); known != m_writes.end())
        for (const Write& write : known->second)
            if (write.step <= appeared) {
                origin.written = write.step;
                origin.writer = write.writer;
            }
    return origin;
}

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

std::string stayText(const FindingStay& stay)
{
    std::string text;
    for (const FindingStay::Change& change : stay.states)
        text += (text.empty() ? "" : ", ") + std::string(findingStateName(change.state)) + " from step "
            + std::to_string(change.step);
    return text + (stay.went ? ", gone at step " + std::to_string(*stay.went) : ", there to the end");
}

nlohmann::json stayJson(const FindingStay& stay)
{
    nlohmann::json states = nlohmann::json::array();
    for (const FindingStay::Change& change : stay.states)
        states.push_back({{"step", change.step}, {"state", findingStateName(change.state)}});
    nlohmann::json json{{"appeared", stay.appeared}, {"went", nullptr}, {"states", states}};
    if (stay.went)
        json["went"] = *stay.went;
    return json;
}

std::string differenceText(
    const RuleReport& first, const RuleReport& second, const RuleDifference& difference)
{
    if (!first.notEvaluated.empty() || !second.notEvaluated.empty())
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
