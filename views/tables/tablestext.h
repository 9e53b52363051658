// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <unordered_map>

#include <QString>

#include "core/report/translationformat.h"
#include "core/symbols/symboltable.h"
#include "views/model/stepstate.h"
#include "views/tables/tablenode.h"

namespace pgtscope::views {

/// What the cells of the tree of a step say.
class TablesText {
public:
    /// Null: of no step. `symbols` is not kept.
    void setState(const StepStatePtr& state, const core::SymbolTable& symbols);
    void setDialect(core::Dialect dialect) { m_dialect = dialect; }
    core::Dialect dialect() const { return m_dialect; }

    QString indexText(const TableNode& node) const;
    QString targetText(const TableNode& node) const;
    /// The first linear address that the entries translate; of a run the last one.
    QString linearText(const TableNode& node) const;
    QString roleText(const TableNode& node) const;

private:
    void learn(const core::SymbolTable& symbols);
    QString tableName(core::TableId id) const;
    QString halfText(const TableNode& node) const;

    StepStatePtr m_state;
    core::Dialect m_dialect = core::Dialect::Intel;
    std::unordered_map<core::FrameNumber, std::string> m_names; ///< Of tables that have a symbol.
    std::unordered_map<core::TableId, std::uint64_t> m_paths; ///< Linear addresses that reach a table.
};

} // namespace pgtscope::views
