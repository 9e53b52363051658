// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/rules/rule.h"

#include <algorithm>

namespace pgtscope::core {

const Rule* findRule(std::string_view name)
{
    const auto& rules = allRules();
    const auto found
        = std::find_if(rules.begin(), rules.end(), [name](const auto& rule) { return rule->name() == name; });
    return found == rules.end() ? nullptr : found->get();
}

namespace {

void listMappings(const RuleContext& context, std::vector<RuleReport>& reports)
{
    std::vector<FrameNumber> frames;
    for (const RuleReport& report : reports)
        for (const Finding& finding : report.findings)
            frames.push_back(finding.frame);
    if (frames.empty())
        return;
    const FrameMappings mappings = context.mappingsOf(std::move(frames));
    for (RuleReport& report : reports) {
        for (Finding& finding : report.findings) {
            finding.mappings = mappings.aliases(finding.frame, context.limits().mappings);
            finding.mappingsTotal = mappings.tally(mappings.positionOf(finding.frame)).entries;
        }
    }
}

} // namespace

std::vector<RuleReport> checkRules(const RuleContext& context, const std::vector<const Rule*>& rules)
{
    std::vector<RuleReport> reports;
    for (const Rule* rule : rules)
        reports.push_back(rule->check(context));
    listMappings(context, reports);
    return reports;
}

RuleReportsPtr checkAllRules(const RuleContext& context)
{
    std::vector<const Rule*> all;
    for (const auto& rule : allRules())
        all.push_back(rule.get());
    return std::make_shared<const std::vector<RuleReport>>(checkRules(context, all));
}

} // namespace pgtscope::core
