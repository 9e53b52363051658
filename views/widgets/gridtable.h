// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>

#include <QTableView>

class QHeaderView;
class QTreeView;

#include "views/widgets/gridmodel.h"

namespace pgtscope::views {

/// A dense table of a GridModel; a click or Return on a row that leads somewhere reports where.
class GridTable : public QTableView {
    Q_OBJECT
public:
    explicit GridTable(GridModel* model, QWidget* parent = nullptr);

    /// As high as its rows, `most` at most.
    void fitHeight(int most);

protected:
    void resizeEvent(QResizeEvent* event) override;
    void contextMenuEvent(QContextMenuEvent* event) override;

signals:
    void chosen(const pgtscope::views::Place& place);

private:
    void announce(const QModelIndex& index);

    int m_maxHeight = 0; ///< Pixels; 0 when the height is left to the layout.
};

/// As high as its rows, `most` pixels at most.
void fitHeight(QTableView& table, int most);
/// What every table of ours looks like.
void makeDense(QTableView& table);
/// Every column but the last as wide as its texts in the first rows and in those that are seen. What
/// resizeColumnsToContents() does, without asking the delegate to lay out each cell.
void fitColumns(QTableView& table);
void fitColumns(QTreeView& tree);
/// Calls `fit` whenever the view gets larger or smaller type.
void fitWithType(QAbstractItemView& view, std::function<void()> fit);
/// Columns of a width that nothing measures keep it in letters when the type becomes larger or smaller.
void growWithType(QHeaderView& header);

} // namespace pgtscope::views
