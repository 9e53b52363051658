// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/widgets/gridtable.h"

#include <algorithm>

#include <QHeaderView>
#include <QResizeEvent>
#include <QStyle>
#include <QTreeView>

#include "views/widgets/textdelegate.h"

namespace pgtscope::views {

namespace {

constexpr int mostMeasured = 32; // rows

int textWidth(const QAbstractItemView& view, const QModelIndex& index)
{
    const QVariant font = index.data(Qt::FontRole);
    const QFontMetrics metrics(font.isValid() ? font.value<QFont>().resolve(view.font()) : view.font());
    const int margin = view.style()->pixelMetric(QStyle::PM_FocusFrameHMargin, nullptr, &view) + 1;
    // One more than the text: its layout rounds up.
    return metrics.horizontalAdvance(index.data().toString()) + 1 + 2 * margin;
}

/// What the columns of one row need, the last one left out.
void measure(const QTreeView& tree, const QModelIndex& index, std::vector<int>& wide)
{
    // Its text goes over all columns.
    if (tree.isFirstColumnSpanned(index.row(), index.parent()))
        return;
    int depth = tree.rootIsDecorated() ? 1 : 0;
    for (QModelIndex above = index.parent(); above.isValid(); above = above.parent())
        ++depth;
    for (int column = 0; column < static_cast<int>(wide.size()); ++column) {
        const int indent = column == 0 ? depth * tree.indentation() : 0;
        int& most = wide[static_cast<std::size_t>(column)];
        most = std::max(most, indent + textWidth(tree, index.siblingAtColumn(column)));
    }
}

} // namespace

void fitColumns(QTableView& table)
{
    QHeaderView& header = *table.horizontalHeader();
    const int rows = table.model()->rowCount();
    const int seen = table.rowAt(0);
    for (int column = 0; column < header.count() - 1; ++column) {
        int wide = header.sectionSizeHint(column);
        for (const int from : {0, seen > 0 ? seen : rows})
            for (int row = from; row < std::min(rows, from + mostMeasured); ++row)
                wide = std::max(wide, textWidth(table, table.model()->index(row, column)));
        header.resizeSection(column, wide);
    }
}

void fitColumns(QTreeView& tree)
{
    std::vector<int> wide;
    for (int column = 0; column < tree.header()->count() - 1; ++column)
        wide.push_back(tree.header()->sectionSizeHint(column));
    const QModelIndex top = tree.model()->index(0, 0);
    const QModelIndex seen = tree.indexAt({0, 0});
    for (QModelIndex index : {top, seen == top ? QModelIndex() : seen})
        for (int row = 0; index.isValid() && row < mostMeasured; ++row, index = tree.indexBelow(index))
            measure(tree, index, wide);
    for (int column = 0; column < static_cast<int>(wide.size()); ++column)
        tree.header()->resizeSection(column, wide[static_cast<std::size_t>(column)]);
}

void fitHeight(QTableView& table, int most)
{
    const QHeaderView& header = *table.horizontalHeader();
    const int rows = table.model()->rowCount() * table.verticalHeader()->defaultSectionSize();
    // A scroll bar below takes room only where the columns do not fit.
    const int bar
        = header.length() > table.width() ? table.style()->pixelMetric(QStyle::PM_ScrollBarExtent) : 0;
    table.setFixedHeight(std::min(most, rows + header.sizeHint().height() + 2 * table.frameWidth() + bar));
}

void makeDense(QTableView& table)
{
    table.setSelectionBehavior(QAbstractItemView::SelectRows);
    table.setSelectionMode(QAbstractItemView::SingleSelection);
    table.setEditTriggers(QAbstractItemView::NoEditTriggers);
    table.setTabKeyNavigation(false);
    table.setShowGrid(false);
    table.setWordWrap(false);
    table.setItemDelegate(new TextDelegate(&table));
    table.verticalHeader()->hide();
    table.verticalHeader()->setDefaultSectionSize(table.fontMetrics().height() + 6);
    table.horizontalHeader()->setStretchLastSection(true);
    table.horizontalHeader()->setHighlightSections(false);
    table.horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
}

GridTable::GridTable(GridModel* model, QWidget* parent)
    : QTableView(parent)
{
    setModel(model);
    makeDense(*this);
    connect(model, &QAbstractItemModel::modelReset, this, [this] { fitColumns(*this); });
    connect(this, &QTableView::activated, this, &GridTable::tell);
    connect(this, &QTableView::clicked, this, &GridTable::tell);
}

void GridTable::fitHeight(int most)
{
    m_mostHeight = most;
    views::fitHeight(*this, most);
}

void GridTable::resizeEvent(QResizeEvent* event)
{
    QTableView::resizeEvent(event);
    if (m_mostHeight > 0 && event->size().width() != event->oldSize().width())
        fitHeight(m_mostHeight);
}

void GridTable::tell(const QModelIndex& index)
{
    const QVariant place = index.data(GridModel::PlaceRole);
    if (place.isValid())
        emit chosen(place.value<Place>());
}

} // namespace pgtscope::views
