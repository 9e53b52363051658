// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/model/assembly.h"

#include <algorithm>
#include <unordered_set>

namespace pgtscope::core {

/// The only way past a snapshot's constructor apart from capturing one.
class SnapshotAssembler {
public:
    static Result<SnapshotPtr> assemble(SnapshotParts parts);
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
    s.nameRegions();
    return snapshot;
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

} // namespace pgtscope::core
