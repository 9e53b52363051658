// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/walk/aliases.h"

#include <algorithm>
#include <limits>

namespace pgtscope::core {

namespace {

std::uint64_t addSaturating(std::uint64_t a, std::uint64_t b)
{
    return a > std::numeric_limits<std::uint64_t>::max() - b ? std::numeric_limits<std::uint64_t>::max()
                                                             : a + b;
}

class ReachSolver {
public:
    explicit ReachSolver(const Snapshot& snapshot)
        : m_snapshot(snapshot)
        , m_reach(snapshot.tables().size() * rightsCount)
    {
    }

    std::vector<Reach> solve()
    {
        if (!m_snapshot.tables().empty())
            join(0, Reach{noTable, {}, 1, LinearAddress(0), false});
        for (const TableId id : topDown())
            spread(id);
        std::vector<Reach> result;
        for (std::size_t i = 0; i < m_reach.size(); ++i) {
            if (m_reach[i].paths == 0)
                continue;
            m_reach[i].table = static_cast<TableId>(i / rightsCount);
            result.push_back(m_reach[i]);
        }
        return result;
    }

private:
    /// Parents before children: the level falls with every step of a path.
    std::vector<TableId> topDown() const
    {
        const auto tables = m_snapshot.tables();
        std::vector<TableId> order;
        order.reserve(tables.size());
        for (unsigned level = maxLevels; level > 0; --level)
            for (std::size_t id = 0; id < tables.size(); ++id)
                if (tables[id].level == level)
                    order.push_back(static_cast<TableId>(id));
        return order;
    }

    Reach* of(TableId id) { return &m_reach[std::size_t{id} * rightsCount]; }

    void join(TableId id, const Reach& path)
    {
        Reach& reach = of(id)[path.rights.index()];
        // A place that a root reaches tells more than one that is detached.
        if (reach.paths == 0 || (reach.detached && !path.detached)) {
            reach = path;
            return;
        }
        if (path.detached && !reach.detached)
            return;
        reach.first = std::min(reach.first, path.first);
        reach.paths = addSaturating(reach.paths, path.paths);
    }

    void spread(TableId id)
    {
        const Paging& paging = m_snapshot.paging();
        const Table& table = m_snapshot.table(id);
        if (!table.page)
            return;
        Reach* reached = of(id);
        if (std::all_of(reached, reached + rightsCount, [](const Reach& r) { return r.paths == 0; }))
            join(id, Reach{noTable, {}, 1, LinearAddress(0), true});
        if (table.level == 1)
            return;
        for (unsigned i = 0; i < paging.at(table.level).entries; ++i) {
            const Entry entry = table.entry(paging, i);
            if (!entry.isTable() || !entry.usable())
                continue;
            const TableId child = m_snapshot.find(entry.target, table.level - 1U);
            if (child == noTable || !m_snapshot.table(child).page)
                continue;
            for (unsigned r = 0; r < rightsCount; ++r)
                descend(reached[r], entry, i, child);
        }
    }

    void descend(const Reach& from, const Entry& entry, unsigned index, TableId child)
    {
        if (from.paths == 0)
            return;
        const Paging& paging = m_snapshot.paging();
        Reach path = from;
        path.rights = from.rights & entry.rights;
        path.first = paging.canonicalised(from.first + index * paging.span(entry.level));
        join(child, path);
    }

    const Snapshot& m_snapshot;
    std::vector<Reach> m_reach;
};

} // namespace

std::vector<Reach> reachedTables(const Snapshot& snapshot) { return ReachSolver(snapshot).solve(); }

namespace {

class AliasFinder {
public:
    AliasFinder(const Snapshot& snapshot, std::vector<FrameNumber> frames)
        : m_snapshot(snapshot)
        , m_frames(std::move(frames))
    {
        std::sort(m_frames.begin(), m_frames.end());
        m_frames.erase(std::unique(m_frames.begin(), m_frames.end()), m_frames.end());
        for (const FrameNumber frame : m_frames)
            m_aliases[frame];
    }

    void search(const Reach& reach)
    {
        const Paging& paging = m_snapshot.paging();
        const Table& table = m_snapshot.table(reach.table);
        if (m_frames.empty())
            return;
        for (unsigned i = 0; i < paging.at(table.level).entries; ++i) {
            const std::uint64_t raw = table.raw(paging, i);
            if ((raw & bit::p) == 0)
                continue;
            const Entry entry = paging.decode(table.level, raw);
            if (entry.isPage() && entry.usable())
                match(reach, i, entry);
        }
    }

    AliasMap take() { return std::move(m_aliases); }

private:
    void match(const Reach& reach, unsigned index, const Entry& entry)
    {
        const FrameNumber begin = frameOf(entry.target);
        const FrameNumber end = begin + (m_snapshot.paging().span(entry.level) >> frameShift);
        if (end <= m_frames.front() || m_frames.back() < begin)
            return;
        const Paging& paging = m_snapshot.paging();
        for (auto it = std::lower_bound(m_frames.begin(), m_frames.end(), begin);
             it != m_frames.end() && *it < end; ++it) {
            Alias alias;
            alias.reach = reach;
            alias.index = index;
            alias.entry = entry;
            alias.entryAddress = m_snapshot.table(reach.table).entryAddress(paging, index);
            alias.rights = reach.rights & entry.rights;
            alias.linear = paging.canonicalised(
                reach.first + index * paging.span(entry.level) + ((*it - begin) << frameShift));
            m_aliases[*it].push_back(alias);
        }
    }

    const Snapshot& m_snapshot;
    std::vector<FrameNumber> m_frames;
    AliasMap m_aliases;
};

} // namespace

AliasMap aliasesOf(const Snapshot& snapshot, std::span<const Reach> reached, std::vector<FrameNumber> frames)
{
    AliasFinder finder(snapshot, std::move(frames));
    for (const Reach& reach : reached)
        finder.search(reach);
    return finder.take();
}

} // namespace pgtscope::core
