// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <vector>

#include <QAbstractTableModel>
#include <QStringList>

#include "core/rules/finding.h"
#include "views/model/place.h"

namespace pgtscope::views {

/// One line of a short table that is made anew whenever the data that it shows changes.
struct GridRow {
    QStringList cells;
    std::optional<Place> place; ///< Where a click leads.
    std::optional<core::FindingState> state; ///< Colours the line; its glyph belongs into a cell.
    bool current = false; ///< The line that a view is about.
    bool heading = false;

    bool operator==(const GridRow&) const = default;
};

/// A table of texts. For a few hundred rows; what grows with the guest has a model of its own.
class GridModel : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Role {
        PlaceRole = Qt::UserRole + 1, ///< pgtscope::views::Place; invalid if the row leads nowhere.
        CurrentRole, ///< bool
    };

    /// Columns from `firstFixed` to `lastFixed` are set in the fixed font.
    GridModel(QStringList headers, int firstFixed, int lastFixed, QObject* parent = nullptr);

    /// Does nothing if these are the rows that it has.
    void setRows(std::vector<GridRow> rows);
    const std::vector<GridRow>& rows() const { return m_rows; }

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    QVariant fontOf(const GridRow& row, int column) const;

    QStringList m_headers;
    int m_firstFixed;
    int m_lastFixed;
    std::vector<GridRow> m_rows;
};

} // namespace pgtscope::views
