// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/frames/framesummary.h"

#include <algorithm>
#include <unordered_set>

#include "core/model/regionnames.h"
#include "core/walk/aliases.h"
#include "core/walk/framemappings.h"
#include "core/walk/unreadtables.h"

namespace pgtscope::core {

namespace {

class RoleCounter {
public:
    explicit RoleCounter(const Paging& paging)
        : m_paging(paging)
    {
    }

    void count(const FrameRole& role)
    {
        if (role.kind != FrameRoleKind::Table) {
            add(role.name(), titleOf(role), 0, false, role.frames());
            return;
        }
        for (unsigned level = m_paging.levels(); level >= 1; --level)
            if ((role.levels & (1U << level)) != 0)
                add("table", tableTitle(level, role.detached), level, role.detached, role.frames());
    }

    /// Counts one frame that was counted by its role as one of pgt_buf instead.
    void moveToBuffer(const FrameRole& from, BufferPlace place)
    {
        const auto known = std::find_if(m_counts.begin(), m_counts.end(), [&](const RoleCount& count) {
            return count.role == from.name() && count.level == 0 && count.frames != 0;
        });
        if (known != m_counts.end())
            --known->frames;
        add(std::string(region::pgtBuf),
            place == BufferPlace::Used ? "pgt_buf, handed out and not filled"
                                       : "pgt_buf, reserved for tables",
            0, false, 1);
    }

    std::vector<RoleCount> take()
    {
        std::erase_if(m_counts, [](const RoleCount& count) { return count.frames == 0; });
        std::stable_sort(m_counts.begin(), m_counts.end(), [](const RoleCount& a, const RoleCount& b) {
            return a.level > b.level || (a.level == b.level && a.detached < b.detached);
        });
        return std::move(m_counts);
    }

private:
    static std::string titleOf(const FrameRole& role)
    {
        if (role.kind == FrameRoleKind::Named)
            return role.region->title;
        return role.kind == FrameRoleKind::Ram ? "other RAM" : "not RAM";
    }

    std::string tableTitle(unsigned level, bool detached) const
    {
        const std::string title = std::string(m_paging.names(level).intelTable()) + " tables";
        return detached ? title + ", detached" : title;
    }

    void add(std::string role, std::string title, unsigned level, bool detached, std::uint64_t frames)
    {
        for (RoleCount& known : m_counts) {
            if (known.role == role && known.title == title && known.level == level
                && known.detached == detached) {
                known.frames += frames;
                return;
            }
        }
        m_counts.push_back({std::move(role), std::move(title), level, detached, frames});
    }

    const Paging& m_paging;
    std::vector<RoleCount> m_counts;
};

/// The pages of pgt_buf that are no tables yet are neither free memory nor what they lie in.
void countBuffer(const Snapshot& snapshot, const FrameRoles& roles, RoleCounter& counter)
{
    constexpr std::size_t most = 1U << 20;
    std::unordered_set<FrameNumber> seen;
    for (const PgtBufEpoch& epoch : snapshot.pgtBuf().epochs) {
        for (const FramePiece& piece : snapshot.pieces(epoch.whole())) {
            for (FrameNumber at = piece.frames.begin; at < piece.frames.end && seen.size() < most;
                 at = at + 1) {
                const BufferPlace place = snapshot.bufferPlace(at);
                const bool waits = place == BufferPlace::Used || place == BufferPlace::Reserved;
                const FrameRole role = roles.at(at);
                if (waits && role.kind != FrameRoleKind::Table && seen.insert(at).second)
                    counter.moveToBuffer(role, place);
            }
        }
    }
}

} // namespace

FrameSummary summariseFrames(const SnapshotPtr& snapshot)
{
    FrameSummary summary;
    const FrameRoles roles(snapshot);
    RoleCounter counter(snapshot->paging());
    std::vector<FrameNumber> tables;
    for (const FrameRole& role : roles.ranges()) {
        counter.count(role);
        if (role.kind == FrameRoleKind::Table)
            tables.push_back(role.begin);
    }
    countBuffer(*snapshot, roles, counter);
    summary.roles = counter.take();
    summary.tableFrames = tables.size();
    summary.gaps = unreadTables(*snapshot);
    summary.writeProtect = snapshot->paging().writeProtect();
    const auto reached = reachedTables(*snapshot);
    const FrameMappings mappings(*snapshot, reached, std::move(tables), 0);
    for (std::size_t i = 0; i < mappings.frames().size(); ++i) {
        summary.tableMappings += mappings.tally(i).entries;
        summary.writableTableMappings
            += snapshot->paging().writeProtect() ? mappings.tally(i).writable : mappings.tally(i).entries;
    }
    return summary;
}

std::size_t tableFramesInRom(const Snapshot& snapshot)
{
    std::unordered_set<FrameNumber> frames;
    for (const Table& table : snapshot.tables())
        if (table.page && !snapshot.ramMap().contains(addressOf(table.frame()), frameBytes))
            frames.insert(table.frame());
    return frames.size();
}

XenTypeCounts countXenTypes(const Snapshot& snapshot)
{
    XenTypeCounts counts;
    if (!snapshot.xen())
        return counts;
    for (const XenTable& typed : snapshot.xen()->tables) {
        ++counts.tables[typed.level()];
        counts.pinned += typed.pinned ? 1 : 0;
        const TableId id = snapshot.find(addressOf(typed.frame), typed.level());
        const bool reached = id != noTable && snapshot.table(id).origin == TableOrigin::Reachable;
        counts.notReached += reached ? 0 : 1;
    }
    return counts;
}

} // namespace pgtscope::core
