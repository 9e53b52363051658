// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <algorithm>
#include <optional>

#include "core/rules/rulecontext.h"

namespace pgtscope::core {

/// Neighbouring entries of one table that map contiguous pages with the same rights.
struct LeafRun {
    Alias first; ///< The first entry, with the path that decided.
    std::uint64_t entries = 0;

    FrameNumber frame() const { return frameOf(first.entry.target); }
    std::uint64_t frames(const Paging& paging) const
    {
        return entries * (paging.span(first.entry.level) >> frameShift);
    }
    std::uint64_t bytes(const Paging& paging) const { return entries * paging.span(first.entry.level); }
};

/// Passes `sink` all leaves of the tables, detached ones too, that `wantedTable(table, digest)` accepts, and
/// that `wanted(rights)` accepts on some path to their table, as runs. Cost follows the number of distinct
/// tables and of contiguous extents in those that are wanted.
template <class WantedTable, class Wanted, class Sink>
void forEachLeafRunOf(
    const RuleContext& context, const WantedTable& wantedTable, const Wanted& wanted, const Sink& sink)
{
    const Snapshot& snapshot = context.snapshot();
    const Paging& paging = context.paging();
    for (TableId id = 0; id < snapshot.tables().size(); ++id) {
        const Table& table = snapshot.table(id);
        if (!wantedTable(table, context.digest(id)))
            continue;
        const auto reaches = context.reachesOf(id);
        LeafRun run;
        for (const LeafExtent& extent : context.digest(id).leaves) {
            const auto reach = std::find_if(reaches.begin(), reaches.end(),
                [&](const Reach& r) { return wanted(r.rights & extent.rights); });
            if (reach == reaches.end())
                continue;
            const std::uint64_t next = run.entries == 0 ? 0 : run.first.index + run.entries;
            if (run.entries != 0 && next == extent.index
                && (reach->rights & extent.rights) == run.first.rights
                && extent.patIndex == run.first.entry.patIndex()
                && addressOf(extent.frame) == run.first.entry.target + run.bytes(paging)) {
                run.entries += extent.entries;
                continue;
            }
            if (run.entries != 0)
                sink(run);
            run = {aliasAt(paging, *reach, table.entryAt(paging, extent.index)), extent.entries};
        }
        if (run.entries != 0)
            sink(run);
    }
}

/// The same of all tables.
template <class Wanted, class Sink>
void forEachLeafRun(const RuleContext& context, const Wanted& wanted, const Sink& sink)
{
    forEachLeafRunOf(
        context, [](const Table&, const TableDigest&) { return true; }, wanted, sink);
}

} // namespace pgtscope::core
