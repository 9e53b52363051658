// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/rules/findingdiff.h"

#include <map>

namespace pgtscope::core {

namespace {

using States = std::map<FindingKey, FindingState>;

States statesOf(std::span<const RuleReport> reports, bool& complete)
{
    States states;
    for (const RuleReport& report : reports) {
        complete = complete && report.marksComplete();
        for (const FindingMark& mark : report.marks)
            states.insert_or_assign(FindingKey{report.rule, mark.frame, mark.entry}, mark.state);
    }
    return states;
}

} // namespace

FindingDiff diffFindings(std::span<const RuleReport> before, std::span<const RuleReport> after)
{
    FindingDiff diff;
    const States first = statesOf(before, diff.complete);
    const States second = statesOf(after, diff.complete);
    for (const auto& [key, state] : second) {
        const auto known = first.find(key);
        if (known == first.end())
            diff.appeared.push_back(key);
        else if (known->second != state)
            diff.changed.push_back(key);
    }
    for (const auto& [key, state] : first)
        if (!second.contains(key))
            diff.resolved.push_back(key);
    return diff;
}

} // namespace pgtscope::core
