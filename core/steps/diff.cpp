// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/steps/diff.h"

#include <algorithm>

#include "core/steps/mappingdiff.h"
#include "core/steps/tablediff.h"

namespace pgtscope::core {

namespace {

bool sameControl(ControlRegisters a, ControlRegisters b)
{
    a.cr2 = b.cr2;
    return a == b;
}

OtherChanges otherChanges(const Snapshot& before, const Snapshot& after)
{
    OtherChanges other;
    other.pagingMode = before.paging().mode() != after.paging().mode();
    other.controlRegisters = !sameControl(before.cpu().control, after.cpu().control);
    other.root = before.root() != after.root();
    other.ramMap = !(before.ramMap() == after.ramMap());
    const XenStatePtr& xen = before.xenState();
    other.xen = xen != after.xenState() && (!xen || !after.xen() || !(*xen == *after.xen()));
    other.linearRegions = !std::ranges::equal(before.linearRegions(), after.linearRegions());
    other.physicalRegions = !std::ranges::equal(before.physicalRegions(), after.physicalRegions());
    other.pgtBuf = !(before.pgtBuf() == after.pgtBuf());
    return other;
}

} // namespace

SnapshotDiff diffSnapshots(const Snapshot& before, const Snapshot& after, const DiffOptions& options)
{
    SnapshotDiff diff;
    diff.other = otherChanges(before, after);
    TableListDiff tables = compareTables(before.tables(), after.tables());
    diff.tables.tables = std::move(tables.tables);
    const std::size_t limit = options.maxEntries + 1;
    auto& entries = diff.tables.entries;
    entries = changedEntries(tables.frames, after.tables(), after.paging(), limit);
    diff.entriesTruncated = entries.size() == limit;
    if (diff.entriesTruncated)
        entries.pop_back();
    std::erase_if(entries, [](const EntryChange& change) { return change.levels == 0; });

    const bool sameTables = tables.sameList && tables.frames.empty() && !diff.other.controlRegisters
        && before.paging().features() == after.paging().features();
    if (!options.mappings || diff.other.pagingMode || sameTables)
        return diff;
    MappingDiff mappings(before, after, options);
    diff.mappingsTruncated = !mappings.run();
    diff.mappings = mappings.take();
    return diff;
}

} // namespace pgtscope::core
