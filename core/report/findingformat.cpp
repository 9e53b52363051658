// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/report/findingformat.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "core/base/numbers.h"
#include "core/linux/pageisolation.h"
#include "core/model/frametext.h"
#include "core/report/coveragehistory.h"
#include "core/report/rightsjson.h"
#include "core/rules/findingtext.h"

namespace pgtscope::core {

namespace {

constexpr std::size_t mappingsPrinted = 8;

std::string title(const Finding& finding)
{
    return labelText(finding.state, finding.standing) + ' ' + finding.rule + ": " + finding.summary;
}

std::string mappingLine(const RuleContext& context, const Alias& alias)
{
    const FindingEntry entry = findingEntry(context.snapshot(), alias);
    std::string line
        = rightsText(alias.rights) + "  " + entryText(context.paging(), entry) + ' ' + placeText(entry);
    if (const LinearRegion* region = entry.detached ? nullptr : context.snapshot().regionAt(entry.linear))
        line += " (" + region->title + ')';
    return line + (alias.reach.otherHalf ? " in " + std::string(halfText(entry.half)) : "");
}

nlohmann::json rightsJson(Rights rights)
{
    nlohmann::json json;
    addRights(json, rights);
    return json;
}

/// Null where a detached table has no linear address.
nlohmann::json linearJson(bool detached, LinearAddress linear)
{
    return detached ? nlohmann::json() : nlohmann::json(hexText(linear.value));
}

/// Without isolation there is no such key.
nlohmann::json withHalf(nlohmann::json json, IsolationHalf half)
{
    if (half != IsolationHalf::None)
        json["half"] = halfName(half);
    return json;
}

nlohmann::json entryJson(const FindingEntry& entry)
{
    return withHalf({{"address", hexText(entry.address.value)}, {"table", hexText(entry.tableAddress.value)},
                        {"level", entry.level}, {"index", entry.index}, {"raw", hexText(entry.raw)},
                        {"eff", rightsJson(entry.rights)}, {"detached", entry.detached},
                        {"va", linearJson(entry.detached, entry.linear)}, {"paths", hexText(entry.paths)}},
        entry.half);
}

nlohmann::json mappingJson(const Alias& alias)
{
    return withHalf(
        {{"entry", hexText(alias.entryAddress.value)}, {"level", alias.entry.level},
            {"raw", hexText(alias.entry.raw)}, {"eff", rightsJson(alias.rights)},
            {"detached", alias.reach.detached}, {"va", linearJson(alias.reach.detached, alias.linear)},
            {"paths", hexText(alias.reach.paths)}},
        alias.reach.half);
}

} // namespace

std::string findingText(const RuleContext& context, const Finding& finding)
{
    std::string text = title(finding) + '\n';
    if (finding.entry.half != IsolationHalf::None)
        text += "  in " + std::string(halfText(finding.entry.half)) + '\n';
    for (const Clause& clause : finding.clauses)
        text += std::string("  [") + (clause.holds ? 'x' : ' ') + "] " + clause.text + ": " + clause.values
            + '\n';
    if (finding.mappingsTotal != 0)
        text += "  mappings of " + frameText(finding.frame) + ": " + std::to_string(finding.mappingsTotal)
            + '\n';
    const std::size_t shown = std::min(finding.mappings.size(), mappingsPrinted);
    for (std::size_t i = 0; i < shown; ++i)
        text += "      " + mappingLine(context, finding.mappings[i]) + '\n';
    if (finding.mappingsTotal > shown)
        text += "      and " + std::to_string(finding.mappingsTotal - shown) + " more\n";
    return text + "  to satisfy the rule: " + finding.remedy + '\n';
}

namespace {

/// "2 violations (13,824 frames), 1 note".
std::string countsText(const RuleReport& report)
{
    std::string text;
    for (std::size_t i = 0; i < findingStateCount; ++i) {
        const auto state = static_cast<FindingState>(i);
        const std::uint64_t count = report.count(state);
        if (count == 0)
            continue;
        text += (text.empty() ? "" : ", ") + stateCountText(state, count);
        if (report.totals.frames(state) != count)
            text += " (" + countText(report.totals.frames(state), "frame") + ')';
    }
    return text;
}

/// How many findings of each standing there are, and why those of the rule are not broken.
std::string standingsText(const RuleReport& report)
{
    std::string text;
    for (std::size_t i = 0; i < standingCount; ++i) {
        const auto standing = static_cast<Standing>(i);
        const std::uint64_t count = report.totals.of(standing);
        if (count == 0)
            continue;
        text += (text.empty() ? "" : ", ") + (count == report.total() ? "" : groupedText(count) + ' ')
            + std::string(standingName(standing));
    }
    const bool explained = report.standing != Standing::Broken && report.total() != 0;
    return explained ? text + ": " + report.standingReason : text;
}

std::string headText(const RuleReport& report)
{
    switch (report.answer()) {
    case RuleAnswer::NotApplicable:
        return "not applicable: " + report.coverage.notApplicable;
    case RuleAnswer::Gap:
        return (report.coverage.evaluated ? "no findings in what could be read: " : "could not be applied: ")
            + joinedText(report.coverage.gaps);
    case RuleAnswer::Clean:
        return "no findings";
    case RuleAnswer::Findings:
        break;
    }
    return countsText(report) + "; " + standingsText(report);
}

/// Every gap of the reports once, in their order.
std::vector<std::string> gapsOf(std::span<const RuleReport> reports)
{
    std::vector<std::string> gaps;
    for (const RuleReport& report : reports)
        for (const std::string& gap : report.coverage.gaps)
            if (std::find(gaps.begin(), gaps.end(), gap) == gaps.end())
                gaps.push_back(gap);
    return gaps;
}

} // namespace

std::string reportText(const RuleContext& context, const RuleReport& report, ListedFindings listed)
{
    std::string text = report.rule + ": " + headText(report) + '\n';
    const auto isListed = [listed](const Finding& finding) {
        return listed == ListedFindings::All || finding.standing == Standing::Broken;
    };
    std::uint64_t shown = 0;
    for (const Finding& finding : report.findings) {
        if (!isListed(finding))
            continue;
        text += '\n' + findingText(context, finding);
        ++shown;
    }
    const std::uint64_t wanted = listed == ListedFindings::All ? report.total() : report.broken();
    if (wanted > shown)
        text += '\n' + countText(wanted - shown, "more finding") + (wanted - shown == 1 ? " is" : " are")
            + " counted above and not shown\n";
    if (report.answer() == RuleAnswer::Findings && !report.coverage.gaps.empty())
        text += "incomplete: " + joinedText(report.coverage.gaps) + '\n';
    return text;
}

std::string checkedHalvesText(const Snapshot& snapshot)
{
    return snapshot.otherRoot() == noTable ? std::string()
                                           : std::string(halfText(IsolationHalf::Both)) + " were checked";
}

std::string verdictText(std::span<const RuleReport> reports)
{
    FindingTally broken;
    FindingTally others;
    for (const RuleReport& report : reports) {
        broken.add(report.rule, report.broken());
        others.add(report.rule, report.total() - report.broken());
    }
    std::string text = broken.total() != 0 ? countText(broken.total(), "broken finding")
        : others.total() != 0              ? "no broken findings"
                                           : "no findings";
    const auto gaps = gapsOf(reports);
    if (broken.total() == 0 && !gaps.empty())
        text += " in what could be read: " + joinedText(gaps);
    if (others.total() != 0)
        text += "; " + countText(others.total(), "finding") + " expected or hypothetical";
    return text;
}

nlohmann::json findingJson(const Finding& finding)
{
    nlohmann::json clauses = nlohmann::json::array();
    for (const Clause& clause : finding.clauses)
        clauses.push_back({{"text", clause.text}, {"values", clause.values}, {"holds", clause.holds}});
    nlohmann::json mappings = nlohmann::json::array();
    for (const Alias& alias : finding.mappings)
        mappings.push_back(mappingJson(alias));
    return {{"rule", finding.rule}, {"state", findingStateName(finding.state)},
        {"standing", standingName(finding.standing)},
        {"hypothetical", finding.standing == Standing::Hypothetical}, {"frame", hexText(finding.frame.value)},
        {"frames", hexText(finding.frames)}, {"key", finding.key().text()},
        {"entry", entryJson(finding.entry)}, {"clauses", clauses}, {"mappings", mappings},
        {"mappingsTotal", hexText(finding.mappingsTotal)}, {"summary", finding.summary},
        {"remedy", finding.remedy}};
}

nlohmann::json reportJson(const RuleReport& report)
{
    nlohmann::json totals = nlohmann::json::object();
    nlohmann::json frames = nlohmann::json::object();
    for (std::size_t i = 0; i < findingStateCount; ++i) {
        const auto state = static_cast<FindingState>(i);
        totals[std::string(findingStateName(state))] = report.count(state);
        frames[std::string(findingStateName(state))] = report.totals.frames(state);
    }
    nlohmann::json standings = nlohmann::json::object();
    for (std::size_t i = 0; i < standingCount; ++i) {
        const auto standing = static_cast<Standing>(i);
        standings[std::string(standingName(standing))] = report.totals.of(standing);
    }
    nlohmann::json findings = nlohmann::json::array();
    for (const Finding& finding : report.findings)
        findings.push_back(findingJson(finding));
    return {{"rule", report.rule}, {"answer", answerName(report.answer())}, {"totals", totals},
        {"frames", frames}, {"standing", standings},
        {"hypothetical", report.standing == Standing::Hypothetical}, {"notEvaluated", report.notEvaluated()},
        {"incomplete", report.incomplete()}, {"gaps", report.coverage.gaps}, {"findings", findings}};
}

nlohmann::json coverageJson(const Snapshot& snapshot, std::span<const RuleReport> reports)
{
    nlohmann::json roots = nlohmann::json::array();
    for (const RootLook& look : rootLooks(snapshot)) {
        nlohmann::json root{{"address", hexText(look.address.value)}, {"of", look.of}};
        if (look.other)
            root["checked"] = look.checked;
        roots.push_back(std::move(root));
    }
    return {{"tables", tablesRead(snapshot)}, {"tableFrames", snapshot.tableFrames()}, {"roots", roots},
        {"gaps", gapsOf(reports)}};
}

} // namespace pgtscope::core
