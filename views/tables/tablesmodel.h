// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include <QAbstractItemModel>

#include "core/report/translationformat.h"
#include "core/symbols/symboltable.h"
#include "core/walk/runs.h"
#include "views/filters/colourrules.h"
#include "views/model/place.h"
#include "views/model/stepstate.h"
#include "views/tables/tablestext.h"
#include "views/tables/tablestree.h"
#include "views/writes/writecolours.h"

namespace pgtscope::views {

/// The paging structures of a step as a tree: the root, below it the entries of each table, neighbours that
/// say the same as one row, and the detached tables under a row of their own. A table's rows are made when it
/// is opened, so that cost follows what is looked at. Or, with setRuns(), a flat list of runs.
class TablesModel : public QAbstractItemModel {
    Q_OBJECT
public:
    /// Written is there while colours show writes.
    /// A run's first linear address is in Index, its last one in Linear.
    enum Column { Index, Marks, Target, Effective, Own, Linear, Role, Written };
    static constexpr int columns = Written + 1;
    enum Role {
        FindingRole = Qt::UserRole, ///< int of core::FindingState; invalid without a finding.
        ChangedRole, ///< bool: an entry of the row changed at this step.
        KeyRole, ///< QString that names the row across steps.
        ColourRole, ///< QColor: the background that a colour rule gives; invalid without one.
        TintRole, ///< WriteTint: who last wrote the row, or when; invalid if colours do not show it.
    };

    explicit TablesModel(QObject* parent = nullptr);
    ~TablesModel() override;

    /// Shows the tree of that step; null empties the model. `symbols` is not kept.
    void setState(
        const StepStatePtr& state, const core::SymbolTable& symbols, const WriteColours& writeColours = {});
    /// More is known of the writes now; what colours show stays the same.
    void updateWrites(const WriteColours& writeColours);
    /// The colour rules are others now.
    void recolour(const core::SymbolTable& symbols);
    /// Shows these runs of the current step instead of the tree.
    void setRuns(const std::vector<core::Run>& runs);
    void setDialect(core::Dialect dialect);
    core::Dialect dialect() const { return m_texts.dialect(); }

    Place placeAt(const QModelIndex& index) const;
    /// The row of the entry that `place` names, be it in a detached table, opening the tables above it;
    /// invalid if there is none.
    QModelIndex indexOf(const Place& place);
    /// The raw value of the row's first entry; nullopt on headings.
    std::optional<std::uint64_t> rawAt(const QModelIndex& index) const;

    QModelIndex index(int row, int column, const QModelIndex& parent = {}) const override;
    QModelIndex parent(const QModelIndex& child) const override;
    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    bool hasChildren(const QModelIndex& parent = {}) const override;
    bool canFetchMore(const QModelIndex& parent) const override;
    void fetchMore(const QModelIndex& parent) override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    static TableNode* nodeOf(const QModelIndex& index);
    QModelIndex indexOfNode(const TableNode& node) const;
    QModelIndex indexOfDetached(core::PhysicalAddress entry);
    void announceRows();

    QVariant display(const TableNode& node, int column) const;
    QString marksText(const TableNode& node) const;
    QString toolTip(const TableNode& node) const;
    const ColourRule* colour(const TableNode& node) const;
    const std::optional<core::LastWrite>& written(const TableNode& node) const;

    StepStatePtr m_state;
    StepColours m_colours;
    WriteColours m_writeColours;
    core::FilterKnowledge m_knowledge; ///< Of the state.
    TablesTree m_tree;
    TablesText m_texts;
    bool m_flat = false; ///< Runs are shown, and no tree.
    TableNodePtr m_root;
};

} // namespace pgtscope::views
