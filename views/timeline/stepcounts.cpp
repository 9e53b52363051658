// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/timeline/stepcounts.h"

#include <algorithm>
#include <string_view>

#include "core/rules/rule.h"
#include "core/steps/findingcounts.h"
#include "views/model/hypotheticals.h"

namespace pgtscope::views {

namespace {

/// Of what a rule found and the machine does not forbid.
core::Standing otherStanding(std::string_view rule, bool enforced)
{
    const core::Rule* known = core::findRule(rule);
    const bool aboutTables = known && known->text().question == core::RuleQuestion::TablesReadOnly;
    return aboutTables && !enforced ? core::Standing::Hypothetical : core::Standing::Expected;
}

} // namespace

StepCounts::StepCounts(const core::Step& step, bool enforced)
{
    std::array<core::FindingTally, core::findingStateCount> tallies;
    std::map<std::string_view, std::uint64_t> hypothetical; // by rule, over its states
    for (const core::FindingCount& finding : step.findings) {
        const auto [rule, state] = core::countedName(finding.name);
        if (!state)
            continue;
        const std::uint32_t broken = std::min(finding.broken, finding.count);
        tallies[static_cast<std::size_t>(*state)].add(rule, broken);
        if (otherStanding(rule, enforced) == core::Standing::Hypothetical)
            hypothetical[rule] += finding.count - broken;
        else if (const auto sign = signOf(*state, core::Standing::Expected))
            tallies[static_cast<std::size_t>(*sign)].add(rule, finding.count - broken);
    }
    core::FindingTally said;
    for (const auto& [rule, count] : hypothetical)
        said.add(rule, count);
    m_hypothetical = said.total();
    std::transform(tallies.begin(), tallies.end(), m_drawn.begin(),
        [](const core::FindingTally& tally) { return tally.total(); });
}

} // namespace pgtscope::views
