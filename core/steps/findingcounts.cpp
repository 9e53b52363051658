// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/steps/findingcounts.h"

#include <algorithm>
#include <limits>

namespace pgtscope::core {

std::vector<FindingCount> countFindings(std::span<const RuleReport> reports)
{
    constexpr std::uint64_t most = std::numeric_limits<std::uint32_t>::max();
    std::vector<FindingCount> counts;
    for (const RuleReport& report : reports)
        for (std::size_t state = 0; state < findingStateCount; ++state)
            if (report.totals[state] != 0)
                counts.push_back(
                    {report.rule + "." + std::string(findingStateName(static_cast<FindingState>(state))),
                        static_cast<std::uint32_t>(std::min<std::uint64_t>(report.totals[state], most))});
    return counts;
}

} // namespace pgtscope::core
