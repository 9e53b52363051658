// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/rules/finding.h"

#include <algorithm>
#include <numeric>

#include "core/rules/findingtext.h"
#include "core/rules/rule.h"

namespace pgtscope::core {

std::string_view findingStateName(FindingState state)
{
    constexpr std::array<std::string_view, findingStateCount> names{
        "violation", "pending", "transient", "stale", "note"};
    return names[static_cast<std::size_t>(state)];
}

std::string FindingKey::text() const
{
    return rule + '/' + hexText(frame.value) + '/' + hexText(entry.value);
}

void FindingTally::add(std::string_view rule, std::uint64_t count)
{
    const Rule* known = findRule(rule);
    const RuleQuestion question = known ? known->text().question : RuleQuestion::Own;
    if (question == RuleQuestion::Own)
        m_own += count;
    else
        m_shared[question] = std::max(m_shared[question], count);
}

std::uint64_t FindingTally::total() const
{
    return std::accumulate(m_shared.begin(), m_shared.end(), m_own,
        [](std::uint64_t sum, const auto& shared) { return sum + shared.second; });
}

std::uint64_t RuleReport::total() const
{
    return std::accumulate(totals.begin(), totals.end(), std::uint64_t{0});
}

} // namespace pgtscope::core
