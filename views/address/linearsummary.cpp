// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/address/linearsummary.h"

namespace pgtscope::views {

void SlotSummary::add(const SlotSummary& other)
{
    mapped = mapped || other.mapped;
    writable = writable || other.writable;
    readOnly = readOnly || other.readOnly;
    executable = executable || other.executable;
    user = user || other.user;
    gap = gap || other.gap;
    hypervisors = hypervisors || other.hypervisors;
    changed = changed || other.changed;
}

LinearSummary::LinearSummary(StepStatePtr state)
    : m_state(std::move(state))
{
}

SlotSummary LinearSummary::slot(const core::EntryAt& at, core::Rights inherited)
{
    const core::Snapshot& snapshot = *m_state->snapshot();
    const core::Entry& entry = at.entry;
    SlotSummary summary;
    summary.changed = m_state->marked(at.address);
    if (!entry.present())
        return summary;
    const core::Rights rights = inherited & entry.rights;
    if (entry.mapsPage()) {
        summary.mapped = true;
        summary.writable = rights.write;
        summary.readOnly = !rights.write;
        summary.executable = rights.execute;
        summary.user = rights.user;
        return summary;
    }
    const core::TableId child = snapshot.child(entry);
    if (child != core::noTable && snapshot.table(child).state == core::TableState::Hypervisor)
        summary.hypervisors = true;
    else if (child == core::noTable || !snapshot.table(child).page)
        summary.gap = true;
    else
        summary.add(below(child, rights));
    return summary;
}

/// As slot() for all entries of a level-1 table, without asking of each whether it changed: a big guest has
/// millions.
SlotSummary LinearSummary::leaves(const core::Table& table, core::Rights inherited) const
{
    SlotSummary summary;
    summary.changed = m_state->marked(table.frame());
    for (const core::EntryAt& at : table.entries(m_state->snapshot()->paging())) {
        const core::Rights rights = inherited & at.entry.rights;
        const bool usable = at.entry.usable();
        summary.gap |= !usable;
        summary.mapped |= usable;
        summary.writable |= usable && rights.write;
        summary.readOnly |= usable && !rights.write;
        summary.executable |= usable && rights.execute;
        summary.user |= usable && rights.user;
    }
    return summary;
}

/// Levels fall with each step, so that the recursion is at most five deep.
SlotSummary LinearSummary::below(core::TableId id, core::Rights inherited)
{
    const std::uint64_t key = std::uint64_t{id} * core::rightsCount + inherited.index();
    if (const auto known = m_known.find(key); known != m_known.end())
        return known->second;
    const core::Table& table = m_state->snapshot()->table(id);
    SlotSummary all;
    if (table.level == 1)
        all = leaves(table, inherited);
    else
        for (const core::EntryAt& at : table.allEntries(m_state->snapshot()->paging()))
            all.add(slot(at, inherited));
    m_known.emplace(key, all);
    return all;
}

std::vector<LinearBand> LinearSummary::bands(core::LinearAddress linear)
{
    const core::Snapshot& snapshot = *m_state->snapshot();
    const core::Paging& paging = snapshot.paging();
    std::vector<LinearBand> bands;
    core::TableId id = 0;
    core::Rights rights;
    core::LinearAddress begin;
    while (id < snapshot.tables().size() && snapshot.table(id).page) {
        const core::Table& table = snapshot.table(id);
        LinearBand band{
            id, table.level, begin, paging.span(table.level), {}, paging.index(linear, table.level)};
        for (const core::EntryAt& at : table.allEntries(paging))
            band.cells.push_back(slot(at, rights));
        const core::Entry entry = table.entry(paging, *band.chosen);
        begin = band.at(paging, *band.chosen);
        rights = rights & entry.rights;
        bands.push_back(std::move(band));
        id = snapshot.child(entry);
    }
    return bands;
}

} // namespace pgtscope::views
