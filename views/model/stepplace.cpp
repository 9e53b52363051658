// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/model/stepplace.h"

#include <algorithm>

#include "views/model/placetext.h"

namespace pgtscope::views {

namespace {

/// Null if no rule has a violation. The rule that the argument was about comes first.
const core::Finding* firstViolation(const StepState& state)
{
    const core::Finding* found = nullptr;
    for (const core::RuleReport& report : state.reports()) {
        const auto first = std::find_if(report.findings.begin(), report.findings.end(),
            [](const core::Finding& finding) { return finding.state == core::FindingState::Violation; });
        if (first == report.findings.end())
            continue;
        if (report.rule == "xen-ro")
            return &*first;
        found = found ? found : &*first;
    }
    return found;
}

} // namespace

Place placeOfFinding(const core::Finding& finding)
{
    Place place;
    place.frame = finding.frame;
    place.entry = finding.entry.address;
    place.level = finding.entry.level;
    if (!finding.entry.detached)
        place.linear = finding.entry.linear;
    return place;
}

Place placeOfStep(const StepState& state)
{
    const auto& entries = state.changes().entries;
    if (!entries.empty() && entries.front().level() != 0)
        return placeOfEntry(*state.snapshot(), entries.front().address, entries.front().level());
    if (const core::Finding* finding = firstViolation(state))
        return placeOfFinding(*finding);
    Place place;
    if (state.snapshot()->paging().enabled())
        place.linear = state.step().cpu.rip;
    return place;
}

} // namespace pgtscope::views
