// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/report/tablegraph.h"

#include <algorithm>

namespace pgtscope::core {

namespace {

constexpr std::size_t maxNodes = 256; ///< Of a level.
constexpr std::size_t maxEdges = 4096;

bool isDetached(const Snapshot& snapshot, TableId id)
{
    return snapshot.table(id).origin == TableOrigin::Detached;
}

/// Of the tables of one level, those that are drawn, in the snapshot's order.
std::vector<TableId> chosen(
    const Snapshot& snapshot, std::vector<TableId> tables, const std::function<bool(TableId)>& isWanted)
{
    if (tables.size() <= maxNodes)
        return tables;
    std::stable_partition(
        tables.begin(), tables.end(), [&](TableId id) { return isDetached(snapshot, id) || isWanted(id); });
    tables.resize(maxNodes);
    std::sort(tables.begin(), tables.end());
    return tables;
}

void addEdges(TableGraph& graph, const Snapshot& snapshot, std::size_t from)
{
    std::size_t last = graph.nodes.size();
    for (const EntryAt& at : snapshot.table(graph.nodes[from].table).entries(snapshot.paging())) {
        if (graph.edges.size() >= maxEdges)
            return;
        const std::size_t to = graph.nodeOf(snapshot.child(at.entry));
        // One line to a table that neighbouring entries share.
        if (to == graph.nodes.size() || to == last)
            continue;
        last = to;
        graph.edges.emplace_back(from, to);
    }
}

} // namespace

std::size_t TableGraph::nodeOf(TableId table) const
{
    const auto found = std::lower_bound(m_nodeOf.begin(), m_nodeOf.end(), std::pair(table, std::size_t{0}));
    return found == m_nodeOf.end() || found->first != table ? nodes.size() : found->second;
}

TableGraph tableGraph(const Snapshot& snapshot, const std::function<bool(TableId)>& isWanted)
{
    TableGraph graph;
    for (unsigned level = snapshot.paging().levels(); level >= 1; --level) {
        std::vector<TableId> tables;
        TableGraph::Level counts{level, 0, 0};
        for (TableId id = 0; id < snapshot.tables().size(); ++id) {
            if (snapshot.table(id).level != level || !snapshot.table(id).page)
                continue;
            tables.push_back(id);
            ++(isDetached(snapshot, id) ? counts.detached : counts.reachable);
        }
        for (const TableId id : chosen(snapshot, std::move(tables), isWanted)) {
            graph.m_nodeOf.emplace_back(id, graph.nodes.size());
            graph.nodes.push_back(
                {id, snapshot.table(id).frame(), graph.levels.size(), isDetached(snapshot, id)});
        }
        graph.levels.push_back(counts);
    }
    std::sort(graph.m_nodeOf.begin(), graph.m_nodeOf.end());
    for (const auto& [table, node] : graph.m_nodeOf)
        addEdges(graph, snapshot, node);
    return graph;
}

} // namespace pgtscope::core
