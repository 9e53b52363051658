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
        // A path from a root is preferred to one from a detached table.
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
        const Table& table = m_snapshot.table(id);
        if (!table.page)
            return;
        Reach* reached = of(id);
        if (std::all_of(reached, reached + rightsCount, [](const Reach& r) { return r.paths == 0; }))
            join(id, Reach{noTable, {}, 1, LinearAddress(0), true});
        if (table.level == 1)
            return;
        for (const EntryAt& at : table.entries(m_snapshot.paging())) {
            const TableId child = m_snapshot.readChild(at.entry);
            for (unsigned r = 0; child != noTable && r < rightsCount; ++r)
                descend(reached[r], at, child);
        }
    }

    void descend(const Reach& from, const EntryAt& at, TableId child)
    {
        if (from.paths == 0)
            return;
        const Paging& paging = m_snapshot.paging();
        Reach path = from;
        path.rights = from.rights & at.entry.rights;
        path.first = paging.canonicalised(from.first + at.index * paging.span(at.entry.level));
        join(child, path);
    }

    const Snapshot& m_snapshot;
    std::vector<Reach> m_reach;
};

} // namespace

Alias aliasAt(const Paging& paging, const Reach& reach, const EntryAt& at)
{
    return {reach, at.index, at.entry, at.address, reach.rights & at.entry.rights,
        paging.canonicalised(reach.first + at.index * paging.span(at.entry.level))};
}

std::vector<Reach> reachedTables(const Snapshot& snapshot) { return ReachSolver(snapshot).solve(); }

} // namespace pgtscope::core
