// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/steps/findingcounts.h"

#include <algorithm>
#include <limits>

namespace pgtscope::core {

std::vector<FindingCount> countFindings(std::span<const RuleReport> reports)
{
    const auto fitting = [](std::uint64_t count) {
        return static_cast<std::uint32_t>(
            std::min<std::uint64_t>(count, std::numeric_limits<std::uint32_t>::max()));
    };
    std::vector<FindingCount> counts;
    for (const RuleReport& report : reports) {
        for (std::size_t i = 0; i < findingStateCount; ++i) {
            const auto state = static_cast<FindingState>(i);
            if (report.count(state) != 0)
                counts.push_back({report.rule + "." + std::string(findingStateName(state)),
                    fitting(report.count(state)), fitting(report.totals.of(state, Standing::Broken))});
        }
    }
    return counts;
}

CountedName countedName(std::string_view name)
{
    const std::size_t dot = name.rfind('.');
    CountedName counted{name.substr(0, dot), std::nullopt};
    for (std::size_t i = 0; dot != std::string_view::npos && i < findingStateCount; ++i)
        if (findingStateName(static_cast<FindingState>(i)) == name.substr(dot + 1))
            counted.state = static_cast<FindingState>(i);
    return counted;
}

} // namespace pgtscope::core
