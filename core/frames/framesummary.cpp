// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/frames/framesummary.h"

#include <algorithm>

#include "core/walk/aliases.h"
#include "core/walk/framemappings.h"

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

    std::vector<RoleCount> take()
    {
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
        std::string title = "table of " + std::string(m_paging.names(level).intel) + "s";
        return detached ? title + ", detached" : title;
    }

    void add(std::string role, std::string title, unsigned level, bool detached, std::uint64_t frames)
    {
        for (RoleCount& known : m_counts) {
            if (known.role == role && known.level == level && known.detached == detached) {
                known.frames += frames;
                return;
            }
        }
        m_counts.push_back({std::move(role), std::move(title), level, detached, frames});
    }

    const Paging& m_paging;
    std::vector<RoleCount> m_counts;
};

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
    summary.roles = counter.take();
    summary.tableFrames = tables.size();
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
