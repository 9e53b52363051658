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

template <class Predicate>
const Rule& theRule(const Predicate& isIt)
{
    const auto& rules = allRules();
    // Rules are compiled in, and a test sees that there is exactly one.
    return **std::find_if(rules.begin(), rules.end(), [&](const auto& rule) { return isIt(rule->text()); });
}

} // namespace

std::string Rule::id() const { return std::string(m_text.name) + '/' + std::to_string(m_text.version); }

std::string Rule::label() const { return std::string(m_text.name) + " (" + std::string(m_text.plain) + ')'; }

const Rule& leadingRule()
{
    return theRule([](const RuleText& text) { return text.leads; });
}

const Rule& comparedRule(RuleComparison place)
{
    return theRule([place](const RuleText& text) { return text.comparison == place; });
}

std::string ruleIds()
{
    std::string ids;
    for (const auto& rule : allRules())
        ids += (ids.empty() ? "" : " ") + rule->id();
    return ids;
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
