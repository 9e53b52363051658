// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "core/walk/runs.h"
#include "views/filters/colourrules.h"
#include "views/writes/writecolours.h"

namespace pgtscope::views {

enum class NodeKind : std::uint8_t { Root, Heading, Table, Entries };

struct TableNode;
using TableNodePtr = std::unique_ptr<TableNode>;

/// A row of the tree of paging structures: a table, neighbouring entries that say the same, or the heading of
/// the detached tables.
struct TableNode {
    NodeKind kind = NodeKind::Root;
    bool fetched = false;
    bool detached = false;
    bool otherHalf = false; ///< Below the root of KPTI's other half: its linear addresses are of that half.
    bool flat = false; ///< Of a list of runs: its linear range says more than its index.
    core::RunKind run = core::RunKind::Mapping;
    int row = 0;
    TableNode* parent = nullptr;
    core::TableId table = core::noTable; ///< Table: itself. Entries: the one that the entries reference.
    unsigned index = 0;
    std::uint64_t count = 1;
    std::uint64_t bytes = 0; ///< Of a run: how much of the linear address space it is.
    core::Entry entry; ///< The first.
    core::PhysicalAddress address; ///< Of the first entry.
    core::LinearAddress linear;
    core::Rights rights; ///< Of the path, the entry included.
    std::optional<core::FindingState> finding; ///< Of the first entry.
    bool changed = false;
    /// Asked for when the row is first shown.
    mutable std::optional<const ColourRule*> colour;
    mutable std::optional<std::optional<core::LastWrite>> written;
    std::vector<TableNodePtr> children;
};

} // namespace pgtscope::views
