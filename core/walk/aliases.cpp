// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/walk/aliases.h"

#include <algorithm>
#include <array>

namespace pgtscope::core {

namespace {

class ReachSolver {
public:
    explicit ReachSolver(const Snapshot& snapshot)
        : m_snapshot(snapshot)
        , m_places(snapshot.tables().size())
    {
        m_reach.reserve(snapshot.tables().size() + snapshot.tables().size() / 8);
    }

    std::vector<Reach> solve()
    {
        if (!m_snapshot.tables().empty())
            join(0, fromRoot(m_snapshot.root(), false));
        if (const TableId other = m_snapshot.otherRoot(); other != noTable)
            join(other, fromRoot(*m_snapshot.otherHalf(), true));
        for (const TableId id : topDown())
            spread(id);
        std::vector<Reach> result;
        result.reserve(m_reach.size());
        for (TableId id = 0; id < m_places.size(); ++id) {
            for (const std::uint32_t place : m_places[id]) {
                if (place == none)
                    continue;
                result.push_back(m_reach[place - 1]);
                result.back().table = id;
            }
        }
        return result;
    }

private:
    Reach fromRoot(PhysicalAddress root, bool other) const
    {
        const IsolationHalf half = m_snapshot.otherHalf() ? isolationHalfOf(root) : IsolationHalf::None;
        return {noTable, {}, 1, LinearAddress(0), false, half, other};
    }

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

    /// A path from the walked root comes first, one from a detached table last.
    static int preference(const Reach& path) { return path.detached ? 0 : path.otherHalf ? 1 : 2; }

    void join(TableId id, const Reach& path)
    {
        std::uint32_t& place = m_places[id][path.rights.index()];
        if (place == none) {
            m_reach.push_back(path);
            place = static_cast<std::uint32_t>(m_reach.size());
            return;
        }
        Reach& reach = m_reach[place - 1];
        const IsolationHalf half = reach.half | path.half;
        const int better = preference(path) - preference(reach);
        if (better > 0)
            reach = path;
        reach.half = half;
        if (better != 0)
            return;
        reach.first = std::min(reach.first, path.first);
        reach.paths += path.paths;
    }

    void spread(TableId id)
    {
        const Table& table = m_snapshot.table(id);
        if (!table.page)
            return;
        const Places& reached = m_places[id];
        if (std::all_of(reached.begin(), reached.end(), [](std::uint32_t place) { return place == none; }))
            join(id, Reach{noTable, {}, 1, LinearAddress(0), true, IsolationHalf::None, false});
        if (table.level == 1)
            return;
        for (const EntryAt& at : table.entries(m_snapshot.paging())) {
            const TableId child = m_snapshot.readChild(at.entry);
            if (child == noTable)
                continue;
            for (const std::uint32_t place : reached)
                if (place != none)
                    descend(m_reach[place - 1], at, child);
        }
    }

    /// By value: joining may move the others.
    void descend(Reach path, const EntryAt& at, TableId child)
    {
        const Paging& paging = m_snapshot.paging();
        path.rights = path.rights & at.entry.rights;
        path.first = paging.canonicalised(path.first + at.index * paging.span(at.entry.level));
        join(child, path);
    }

    static constexpr std::uint32_t none = 0;
    /// By rights: one more than an index into m_reach. Most tables are reached in one way only.
    using Places = std::array<std::uint32_t, rightsCount>;

    const Snapshot& m_snapshot;
    std::vector<Places> m_places;
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
