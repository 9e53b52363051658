// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/rules/finding.h"

#include <algorithm>
#include <numeric>

#include "core/rules/findingtext.h"

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
    constexpr std::array<std::string_view, 3> readOnlyRules{"mask-rw-2012", "mask-rw-end", "xen-ro"};
    if (std::find(readOnlyRules.begin(), readOnlyRules.end(), rule) != readOnlyRules.end())
        m_readOnly = std::max(m_readOnly, count);
    else
        m_others += count;
}

std::uint64_t RuleReport::total() const
{
    return std::accumulate(totals.begin(), totals.end(), std::uint64_t{0});
}

} // namespace pgtscope::core
