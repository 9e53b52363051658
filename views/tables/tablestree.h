// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <unordered_map>
#include <vector>

#include "views/model/stepstate.h"
#include "views/tables/tablenode.h"

namespace pgtscope::views {

/// Makes the rows of the tree of a step, those of a table when they are asked for.
class TablesTree {
public:
    /// Null: of no step.
    void setState(const StepStatePtr& state);

    /// The rows below `node`; none are below one that is not expandable().
    std::vector<TableNodePtr> childrenOf(const TableNode& node) const;
    bool expandable(const TableNode& node) const;
    /// These runs as a flat list.
    std::vector<TableNodePtr> rowsOf(const std::vector<core::Run>& runs) const;
    /// Whether an entry of the row, or of the table that it references, changed at the step.
    bool changed(const TableNode& node) const;

private:
    TableNodePtr makeTable(core::TableId id) const;
    void addEntries(const TableNode& parent, core::TableId id, std::vector<TableNodePtr>& rows) const;
    bool joins(const TableNode& run, const TableNode& next) const;
    std::vector<TableNodePtr> splitRun(const TableNode& run) const;
    std::optional<core::FindingState> finding(const TableNode& node) const;

    StepStatePtr m_state;
    std::unordered_map<core::PhysicalAddress, core::FindingState> m_findings; ///< By entry.
};

/// Makes `rows` the children of `parent`.
void adoptRows(TableNode& parent, std::vector<TableNodePtr> rows);

} // namespace pgtscope::views
