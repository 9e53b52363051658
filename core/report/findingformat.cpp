// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/report/findingformat.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "core/rules/findingtext.h"

namespace pgtscope::core {

namespace {

constexpr std::size_t mappingsPrinted = 8;

std::string title(const Finding& finding)
{
    std::string text = std::string(findingStateName(finding.state)) + ' ' + finding.rule;
    if (finding.hypothetical)
        text += " (what Xen would say)";
    return text + ": " + finding.summary;
}

std::string mappingLine(const RuleContext& context, const Alias& alias)
{
    const FindingEntry entry = findingEntry(context.snapshot(), alias);
    std::string line
        = rightsText(alias.rights) + "  " + entryText(context.paging(), entry) + ' ' + placeText(entry);
    if (const LinearRegion* region = entry.detached ? nullptr : context.snapshot().regionAt(entry.linear))
        line += " (" + region->title + ')';
    return line;
}

nlohmann::json rightsJson(Rights rights)
{
    return {{"rw", rights.write}, {"user", rights.user}, {"nx", !rights.execute}};
}

/// Null where a detached table has no linear address.
nlohmann::json linearJson(bool detached, LinearAddress linear)
{
    return detached ? nlohmann::json() : nlohmann::json(hexText(linear.value));
}

nlohmann::json entryJson(const FindingEntry& entry)
{
    return {{"address", hexText(entry.address.value)}, {"table", hexText(entry.tableAddress.value)},
        {"level", entry.level}, {"index", entry.index}, {"raw", hexText(entry.raw)},
        {"eff", rightsJson(entry.rights)}, {"detached", entry.detached},
        {"va", linearJson(entry.detached, entry.linear)}, {"paths", hexText(entry.paths)}};
}

nlohmann::json mappingJson(const Alias& alias)
{
    return {{"entry", hexText(alias.entryAddress.value)}, {"level", alias.entry.level},
        {"raw", hexText(alias.entry.raw)}, {"eff", rightsJson(alias.rights)},
        {"detached", alias.reach.detached}, {"va", linearJson(alias.reach.detached, alias.linear)},
        {"paths", hexText(alias.reach.paths)}};
}

} // namespace

std::string findingText(const RuleContext& context, const Finding& finding)
{
    std::string text = title(finding) + '\n';
    for (const Clause& clause : finding.clauses)
        text += std::string("  [") + (clause.holds ? 'x' : ' ') + "] " + clause.text + ": " + clause.values
            + '\n';
    if (finding.mappingsTotal != 0)
        text += "  mappings of frame " + hexText(finding.frame.value) + ": "
            + std::to_string(finding.mappingsTotal) + '\n';
    const std::size_t shown = std::min(finding.mappings.size(), mappingsPrinted);
    for (std::size_t i = 0; i < shown; ++i)
        text += "      " + mappingLine(context, finding.mappings[i]) + '\n';
    if (finding.mappingsTotal > shown)
        text += "      and " + std::to_string(finding.mappingsTotal - shown) + " more\n";
    return text + "  to satisfy the rule: " + finding.remedy + '\n';
}

std::string reportText(const RuleContext& context, const RuleReport& report)
{
    std::string text = report.rule + ": ";
    if (!report.notEvaluated.empty())
        return text + "not evaluated, " + report.notEvaluated + '\n';
    if (report.total() == 0)
        text += "no findings";
    bool first = true;
    for (std::size_t state = 0; state < findingStateCount; ++state) {
        if (report.totals[state] == 0)
            continue;
        text += (first ? "" : ", ") + std::to_string(report.totals[state]) + ' '
            + std::string(findingStateName(static_cast<FindingState>(state)));
        first = false;
    }
    if (report.hypothetical && report.total() != 0)
        text += " (what Xen would say: no hypervisor enforces the rule here)";
    text += '\n';
    for (const Finding& finding : report.findings)
        text += '\n' + findingText(context, finding);
    if (report.total() > report.findings.size())
        text += '\n' + std::to_string(report.total() - report.findings.size())
            + " more findings are counted above and not shown\n";
    if (!report.incomplete.empty())
        text += "incomplete: " + report.incomplete + '\n';
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
        {"hypothetical", finding.hypothetical}, {"frame", hexText(finding.frame.value)},
        {"frames", hexText(finding.frames)}, {"key", finding.key().text()},
        {"entry", entryJson(finding.entry)}, {"clauses", clauses}, {"mappings", mappings},
        {"mappingsTotal", hexText(finding.mappingsTotal)}, {"summary", finding.summary},
        {"remedy", finding.remedy}};
}

nlohmann::json reportJson(const RuleReport& report)
{
    nlohmann::json totals = nlohmann::json::object();
    for (std::size_t state = 0; state < findingStateCount; ++state)
        totals[std::string(findingStateName(static_cast<FindingState>(state)))] = report.totals[state];
    nlohmann::json findings = nlohmann::json::array();
    for (const Finding& finding : report.findings)
        findings.push_back(findingJson(finding));
    return {{"rule", report.rule}, {"totals", totals}, {"hypothetical", report.hypothetical},
        {"notEvaluated", report.notEvaluated}, {"incomplete", report.incomplete}, {"findings", findings}};
}

} // namespace pgtscope::core
