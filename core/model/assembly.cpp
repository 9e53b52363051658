// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/model/assembly.h"

#include <algorithm>
#include <unordered_set>

namespace pgtscope::core {

/// The only way past a snapshot's constructor apart from capturing one.
class SnapshotAssembler {
public:
    static Result<SnapshotPtr> assemble(SnapshotParts parts);

private:
    static void separateHalves(Snapshot& s);
};

namespace {

bool acceptable(const Paging& paging, const Table& table)
{
    if (table.level == 0 || table.level > paging.levels())
        return false;
    if ((table.state == TableState::Read) != (table.page != nullptr))
        return false;
    const std::uint64_t bytes = paging.tableBytes(table.level);
    const std::uint64_t offset = table.address.value % frameBytes;
    return offset % paging.entryBytes() == 0 && offset + bytes <= frameBytes;
}

} // namespace

Result<SnapshotPtr> SnapshotAssembler::assemble(SnapshotParts parts)
{
    auto snapshot = std::make_shared<Snapshot>();
    Snapshot& s = *snapshot;
    s.m_cpu = parts.cpu;
    s.m_paging = Paging(parts.cpu.control, parts.features);
    std::unordered_set<FrameNumber> frames;
    s.m_index.reserve(parts.tables.size());
    for (std::size_t i = 0; i < parts.tables.size(); ++i) {
        const Table& table = parts.tables[i];
        if (!acceptable(s.m_paging, table))
            return failure("put the tables of a step together", "a table does not fit the paging mode");
        if (!s.m_index.try_emplace({table.address, table.level}, static_cast<TableId>(i)).second)
            return failure("put the tables of a step together", "a table is listed twice");
        if (table.page)
            frames.insert(table.frame());
    }
    s.m_tableFrames = frames.size();
    s.m_tables = std::move(parts.tables);
    s.m_facts = std::move(parts.facts());
    s.m_facts.features = s.m_paging.features();
    std::ranges::sort(
        s.m_facts.linearRegions, {}, [](const LinearRegion& region) { return region.range.begin; });
    s.m_ripSymbol = std::move(parts.ripSymbol);
    s.m_dying = parts.dying;
    s.m_xen = std::move(parts.xen);
    separateHalves(s);
    s.nameRegions();
    return snapshot;
}

/// Which tables only the other half's root leads to follows from the tables: no file has it.
void SnapshotAssembler::separateHalves(Snapshot& s)
{
    if (s.otherRoot() == noTable)
        return;
    std::vector<bool> reached(s.m_tables.size());
    std::vector<TableId> next{0};
    reached[0] = true;
    while (!next.empty()) {
        const Table& table = s.m_tables[next.back()];
        next.pop_back();
        if (table.level == 1)
            continue;
        for (const EntryAt& at : table.entries(s.m_paging)) {
            const TableId child = s.child(at.entry);
            if (child != noTable && !reached[child]) {
                reached[child] = true;
                next.push_back(child);
            }
        }
    }
    for (TableId id = 0; id < s.m_tables.size(); ++id)
        if (s.m_tables[id].origin != TableOrigin::Detached)
            s.m_tables[id].origin = reached[id] ? TableOrigin::Reachable : TableOrigin::OtherHalf;
}

Result<SnapshotPtr> assembleSnapshot(SnapshotParts parts)
{
    return SnapshotAssembler::assemble(std::move(parts));
}

SnapshotParts partsOf(const Snapshot& snapshot)
{
    SnapshotParts parts;
    parts.facts() = snapshot.facts();
    parts.cpu = snapshot.cpu();
    parts.tables.assign(snapshot.tables().begin(), snapshot.tables().end());
    parts.ripSymbol = snapshot.ripSymbol();
    parts.dying = snapshot.dying();
    parts.xen = snapshot.xenState();
    return parts;
}

SnapshotPtr fromOtherHalf(const Snapshot& snapshot)
{
    const TableId other = snapshot.otherRoot();
    if (other == noTable)
        return {};
    SnapshotParts parts = partsOf(snapshot);
    std::swap(parts.root, parts.otherHalf);
    const auto root = parts.tables.begin() + other;
    std::rotate(parts.tables.begin(), root, root + 1);
    // Parts of a snapshot fit together.
    return assembleSnapshot(std::move(parts)).value_or(SnapshotPtr());
}

} // namespace pgtscope::core
