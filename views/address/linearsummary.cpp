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

SlotSummary LinearSummary::slot(const core::Table& table, unsigned index, core::Rights inherited)
{
    const core::Snapshot& snapshot = *m_state->snapshot();
    const core::Entry entry = table.entry(snapshot.paging(), index);
    SlotSummary summary;
    summary.changed = m_state->changed(table.entryAddress(snapshot.paging(), index));
    if (!entry.present())
        return summary;
    const core::Rights rights = inherited & entry.rights;
    if (entry.usable() && entry.isPage()) {
        summary.mapped = true;
        summary.writable = rights.write;
        summary.readOnly = !rights.write;
        summary.executable = rights.execute;
        summary.user = rights.user;
        return summary;
    }
    const core::TableId child
        = entry.usable() ? snapshot.find(entry.target, table.level - 1U) : core::noTable;
    if (child != core::noTable && snapshot.table(child).state == core::TableState::Hypervisor)
        summary.hypervisors = true;
    else if (child == core::noTable || !snapshot.table(child).page)
        summary.gap = true;
    else
        summary.add(below(child, rights));
    return summary;
}

/// As slot() for all entries of a level-1 table, without decoding them one by one: a big guest has millions.
SlotSummary LinearSummary::leaves(const core::Table& table, core::Rights inherited) const
{
    const core::Paging& paging = m_state->snapshot()->paging();
    const core::LevelRules& rules = paging.at(1);
    SlotSummary summary;
    std::uint64_t any = 0;
    std::uint64_t all = ~std::uint64_t{0};
    for (unsigned i = 0; i < rules.entries; ++i) {
        const std::uint64_t raw = table.raw(paging, i);
        if ((raw & core::bit::p) == 0)
            continue;
        if ((raw & rules.pageReserved) != 0) {
            summary.gap = true;
            continue;
        }
        any |= raw;
        all &= raw;
    }
    summary.changed = m_state->changed(table.frame());
    summary.mapped = any != 0;
    if (!summary.mapped)
        return summary;
    summary.writable = inherited.write && (any & core::bit::rw) != 0;
    summary.readOnly = !inherited.write || (all & core::bit::rw) == 0;
    summary.executable = inherited.execute && (!paging.noExecute() || (all & core::bit::xd) == 0);
    summary.user = inherited.user && (any & core::bit::us) != 0;
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
    for (unsigned i = 0; table.level > 1 && i < m_state->snapshot()->paging().at(table.level).entries; ++i)
        all.add(slot(table, i, inherited));
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
        for (unsigned i = 0; i < paging.at(table.level).entries; ++i)
            band.cells.push_back(slot(table, i, rights));
        const core::Entry entry = table.entry(paging, *band.chosen);
        begin = band.at(paging, *band.chosen);
        rights = rights & entry.rights;
        bands.push_back(std::move(band));
        if (!entry.usable() || !entry.isTable())
            break;
        id = snapshot.find(entry.target, table.level - 1U);
    }
    return bands;
}

} // namespace pgtscope::views
