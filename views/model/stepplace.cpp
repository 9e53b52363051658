// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/model/stepplace.h"

#include <algorithm>

#include "views/model/placetext.h"

namespace pgtscope::views {

namespace {

/// Null if nothing is broken. The leading rule's come first.
const core::Finding* firstBroken(const StepState& state)
{
    const core::Finding* found = nullptr;
    for (const core::RuleReport& report : state.reports())
        for (const core::Finding& finding : report.findings)
            if (finding.state == core::FindingState::Violation && finding.standing == core::Standing::Broken
                && (!found || (found->rule != finding.rule && finding.rule == core::leadingRule().name())))
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
    if (const core::Finding* finding = firstBroken(state))
        return placeOfFinding(*finding);
    Place place;
    if (state.snapshot()->paging().enabled())
        place.linear = state.step().cpu.rip;
    return place;
}

} // namespace pgtscope::views
