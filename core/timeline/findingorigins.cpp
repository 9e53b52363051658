// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/timeline/findingorigins.h"

#include "core/timeline/entryhistory.h"

namespace pgtscope::core {

Result<FindingOrigins> FindingOrigins::learn(
    const Timeline& timeline, const FindingHistory& history, const CancelFlag* cancel)
{
    FindingOrigins origins;
    for (const auto& [key, stays] : history.all()) {
        origins.m_writes[key.entry];
        origins.m_tables[key.frame];
    }
    // Step 0 has no changes: what it holds was there before.
    for (StepNumber step = 1; step < timeline.size() && !history.all().empty(); ++step) {
        if (cancel != nullptr && cancel->cancelled())
            return failure("find the origin of the findings", "stopped by the user");
        ASSIGN_OR_RETURN(const auto changes, timeline.changes(step));
        origins.note(step, changes);
    }
    return origins;
}

void FindingOrigins::note(StepNumber step, const StepChanges& changes)
{
    for (const EntryChange& change : changes.entries) {
        const auto followed = m_writes.find(change.address);
        if (followed != m_writes.end())
            followed->second.push_back({step, change.writer});
    }
    // What a table held when it appeared has a writer too.
    for (const EntryChange& store : changes.stores) {
        const auto followed = m_writes.find(store.address);
        if (followed != m_writes.end() && (followed->second.empty() || !isRun(changes)))
            followed->second.push_back({step, store.writer});
    }
    for (const TableChange& change : changes.tables) {
        const auto followed = m_tables.find(frameOf(change.address));
        if (change.kind == TableChangeKind::Appeared && followed != m_tables.end())
            followed->second.push_back(step);
    }
}

FindingOrigin FindingOrigins::of(const FindingKey& key, StepNumber appeared) const
{
    FindingOrigin origin;
    if (const auto known = m_tables.find(key.frame); known != m_tables.end())
        for (const StepNumber step : known->second)
            if (step <= appeared)
                origin.allocated = step;
    if (const auto known = m_writes.find(key.entry); known != m_writes.end())
        for (const Write& write : known->second)
            if (write.step <= appeared) {
                origin.written = write.step;
                origin.writer = write.writer;
            }
    return origin;
}

} // namespace pgtscope::core
