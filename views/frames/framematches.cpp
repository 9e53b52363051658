// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/frames/framematches.h"

#include <algorithm>

#include "core/filter/framefilter.h"

namespace pgtscope::views {

namespace {

core::FrameFacts factsOf(const StepState& state)
{
    core::FrameFacts facts{*state.snapshot(), state.roles(), {}, {}};
    for (const core::RuleReport& report : state.reports())
        for (const core::FindingMark& mark : report.marks)
            facts.findings.emplace_back(mark.frame, report.rule);
    std::sort(facts.findings.begin(), facts.findings.end());
    for (const core::EntryChange& change : state.changes().entries)
        facts.changed.push_back(core::frameOf(change.address));
    for (const core::TableChange& change : state.changes().tables)
        facts.changed.push_back(core::frameOf(change.address));
    std::sort(facts.changed.begin(), facts.changed.end());
    return facts;
}

} // namespace

FrameMatches frameMatches(
    const StepStatePtr& state, const core::Filter& filter, const core::SymbolTable& symbols)
{
    FrameMatches matches;
    const StepColours colours(state, symbols);
    if (!state || (filter.empty() && colours.active().empty()))
        return matches;
    const core::FrameFacts facts = factsOf(*state);
    const core::FilterKnowledge knowledge = state->knowledge();
    if (!filter.empty())
        matches.shown = core::matchingFrames(facts, filter, knowledge);
    for (const StepColours::Active& active : colours.active()) {
        FrameRanges frames = core::matchingFrames(facts, active.filter, knowledge);
        if (!frames.empty())
            matches.coloured.push_back({active.rule, std::move(frames)});
    }
    return matches;
}

bool meets(const FrameRanges& ranges, core::FrameNumber begin, core::FrameNumber end)
{
    const auto found = std::upper_bound(ranges.begin(), ranges.end(), begin,
        [](core::FrameNumber frame, const core::FrameRange& range) { return frame < range.end; });
    return found != ranges.end() && found->begin < end;
}

} // namespace pgtscope::views
