// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/model/entrychoice.h"

#include <algorithm>

#include "core/walk/framemappings.h"

namespace pgtscope::views {

namespace {

EntryChoice makeChoice(const core::Snapshot& snapshot, core::TableId id, unsigned index)
{
    const core::EntryAt at = snapshot.table(id).entryAt(snapshot.paging(), index);
    return {id, index, at.address, at.entry, {}};
}

std::optional<EntryChoice> byAddress(const core::Snapshot& snapshot, const Place& place)
{
    const core::Paging& paging = snapshot.paging();
    std::optional<EntryChoice> found;
    for (core::TableId id = 0; id < snapshot.tables().size(); ++id) {
        const core::Table& table = snapshot.table(id);
        if (!table.page || !table.range(paging).contains(*place.entry))
            continue;
        const std::uint64_t index = (*place.entry - table.address) / paging.entryBytes();
        if (!found || place.level == table.level)
            found = makeChoice(snapshot, id, static_cast<unsigned>(index));
    }
    return found;
}

std::optional<EntryChoice> byLinear(const core::Snapshot& snapshot, core::LinearAddress linear)
{
    const core::Translation translation = core::translate(snapshot, linear);
    if (translation.steps.empty())
        return std::nullopt;
    const core::TranslationStep& last = translation.steps.back();
    EntryChoice choice = makeChoice(snapshot, last.table, last.index);
    choice.linear = linear;
    return choice;
}

std::optional<EntryChoice> byFrame(const StepState& state, core::FrameNumber frame)
{
    const auto aliases = state.rules().mappingsOf({frame}).aliases(frame, 1);
    if (aliases.empty())
        return std::nullopt;
    EntryChoice choice = makeChoice(*state.snapshot(), aliases[0].reach.table, aliases[0].index);
    if (!aliases[0].reach.detached && !aliases[0].reach.otherHalf)
        choice.linear = aliases[0].linear;
    return choice;
}

/// The given address if it leads through the entry, else the lowest one that does.
void addLinear(const StepState& state, EntryChoice& choice, const Place& place)
{
    const core::Snapshot& snapshot = *state.snapshot();
    if (place.linear)
        for (const core::TranslationStep& step : core::translate(snapshot, *place.linear).steps)
            if (step.table == choice.table && step.index == choice.index)
                choice.linear = place.linear;
    const auto reaches = state.rules().reachesOf(choice.table);
    const auto reach = std::find_if(
        reaches.begin(), reaches.end(), [](const core::Reach& r) { return !r.detached && !r.otherHalf; });
    if (choice.linear || reach == reaches.end())
        return;
    const std::uint64_t offset = choice.index * snapshot.paging().span(snapshot.table(choice.table).level);
    choice.linear = snapshot.paging().canonicalised(reach->first + offset);
}

} // namespace

std::optional<EntryChoice> chooseEntry(const StepState& state, const Place& place)
{
    std::optional<EntryChoice> choice;
    if (place.entry)
        choice = byAddress(*state.snapshot(), place);
    if (!choice && place.linear)
        choice = byLinear(*state.snapshot(), *place.linear);
    if (!choice && place.frame)
        choice = byFrame(state, *place.frame);
    if (choice && !choice->linear)
        addLinear(state, *choice, place);
    return choice;
}

Place placeOfEntry(const EntryChoice& choice)
{
    Place place;
    place.linear = choice.linear;
    place.entry = choice.address;
    place.level = choice.entry.level;
    return place;
}

} // namespace pgtscope::views
