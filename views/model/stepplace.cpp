// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/model/stepplace.h"

#include <algorithm>

#include "views/model/placetext.h"

namespace pgtscope::views {

namespace {

/// Null if no rule has a violation. What is broken comes first, then the leading rule's.
const core::Finding* firstViolation(const StepState& state)
{
    const core::Finding* found = nullptr;
    const auto rank = [](const core::Finding& finding) {
        return std::pair(finding.standing, finding.rule != core::leadingRule().name());
    };
    for (const core::RuleReport& report : state.reports())
        for (const core::Finding& finding : report.findings)
            if (finding.state == core::FindingState::Violation && (!found || rank(finding) < rank(*found)))
                found = &finding;
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
