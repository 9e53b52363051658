// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <functional>
#include <utility>
#include <vector>

#include "core/model/snapshot.h"

namespace pgtscope::core {

/// The tables of a snapshot level by level, as pictures draw them, with the entries that lead from one to
/// another. Of a level with many tables some are drawn, the rest is counted.
struct TableGraph {
    struct Node {
        TableId table = noTable;
        FrameNumber frame;
        std::size_t level = 0; ///< Position in levels.
        bool detached = false;
        bool operator==(const Node&) const = default;
    };
    struct Level {
        unsigned level = 0; ///< 1 (PTE) to 5.
        std::size_t reachable = 0; ///< Tables that were read, drawn or not.
        std::size_t detached = 0;

        std::size_t tables() const { return reachable + detached; }
        bool operator==(const Level&) const = default;
    };

    std::vector<Level> levels; ///< From the top one down.
    std::vector<Node> nodes; ///< Level by level as above, in the order of the snapshot.
    /// From a node to a node below it, one for neighbouring entries that lead to the same.
    std::vector<std::pair<std::size_t, std::size_t>> edges;

    /// Position in nodes; nodes.size() if the table is not drawn.
    std::size_t nodeOf(TableId table) const;

private:
    friend TableGraph tableGraph(const Snapshot&, const std::function<bool(TableId)>&);
    std::vector<std::pair<TableId, std::size_t>> m_nodeOf; ///< Sorted.
};

/// At most 256 tables of a level, and 4096 edges. Detached tables and those that `isWanted` names are taken
/// before others.
TableGraph tableGraph(const Snapshot& snapshot, const std::function<bool(TableId)>& isWanted);

} // namespace pgtscope::core
