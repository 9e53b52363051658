// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/steps/diff.h"

#include <algorithm>
#include <array>

#include "core/steps/mappingdiff.h"
#include "core/steps/tablediff.h"

namespace pgtscope::core {

namespace {

bool sameControl(ControlRegisters a, ControlRegisters b)
{
    a.cr2 = b.cr2;
    return a == b;
}

bool sameXen(const XenStatePtr& a, const XenStatePtr& b) { return a == b || (a && b && *a == *b); }

template <auto member>
bool factDiffers(const Snapshot& before, const Snapshot& after)
{
    return !(before.facts().*member == after.facts().*member);
}

constexpr std::array<OtherChange, 8> rows{{
    {&OtherChanges::pagingMode, "pagingMode", "paging mode",
        [](const Snapshot& before, const Snapshot& after) {
            return before.paging().mode() != after.paging().mode();
        }},
    {&OtherChanges::controlRegisters, "controlRegisters", "control registers",
        [](const Snapshot& before, const Snapshot& after) {
            return !sameControl(before.cpu().control, after.cpu().control);
        }},
    {&OtherChanges::root, "root", "root", factDiffers<&SnapshotFacts::root>},
    {&OtherChanges::ramMap, "ramMap", "RAM map", factDiffers<&SnapshotFacts::ramMap>},
    {&OtherChanges::xen, "xen", "Xen's frames",
        [](const Snapshot& before, const Snapshot& after) {
            return !sameXen(before.xenState(), after.xenState());
        }},
    {&OtherChanges::linearRegions, "linearRegions", "linear regions",
        factDiffers<&SnapshotFacts::linearRegions>},
    {&OtherChanges::physicalRegions, "physicalRegions", "physical regions",
        factDiffers<&SnapshotFacts::physicalRegions>},
    {&OtherChanges::pgtBuf, "pgtBuf", "pgt_buf", factDiffers<&SnapshotFacts::pgtBuf>},
}};

OtherChanges otherBetween(const Snapshot& before, const Snapshot& after)
{
    OtherChanges other;
    for (const OtherChange& change : rows)
        other.*change.flag = change.differs(before, after);
    return other;
}

} // namespace

std::span<const OtherChange> otherChanges() { return rows; }

SnapshotDiff diffSnapshots(const Snapshot& before, const Snapshot& after, const DiffOptions& options)
{
    SnapshotDiff diff;
    diff.other = otherBetween(before, after);
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
