// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/base/gridtable.h"

#include <algorithm>

#include <QHeaderView>
#include <QResizeEvent>
#include <QStyle>
#include <QTreeView>

namespace pgtscope::views {

namespace {

constexpr int mostMeasured = 64; // rows, from the first that is seen

int textWidth(const QAbstractItemView& view, const QModelIndex& index)
{
    const QVariant font = index.data(Qt::FontRole);
    const QFontMetrics metrics(font.isValid() ? font.value<QFont>().resolve(view.font()) : view.font());
    const int margin = view.style()->pixelMetric(QStyle::PM_FocusFrameHMargin, nullptr, &view) + 1;
    return metrics.horizontalAdvance(index.data().toString()) + 2 * margin;
}

} // namespace

void fitColumns(QTableView& table)
{
    QHeaderView& header = *table.horizontalHeader();
    const int first = std::max(0, table.rowAt(0));
    const int last = std::min(table.model()->rowCount(), first + mostMeasured);
    for (int column = 0; column < header.count() - 1; ++column) {
        int wide = header.sectionSizeHint(column);
        for (int row = first; row < last; ++row)
            wide = std::max(wide, textWidth(table, table.model()->index(row, column)));
        header.resizeSection(column, wide);
    }
}

void fitColumns(QTreeView& tree)
{
    std::vector<int> wide;
    for (int column = 0; column < tree.header()->count() - 1; ++column)
        wide.push_back(tree.header()->sectionSizeHint(column));
    const QModelIndex seen = tree.indexAt({0, 0});
    QModelIndex index = seen.isValid() ? seen : tree.model()->index(0, 0);
    for (int row = 0; index.isValid() && row < mostMeasured; ++row, index = tree.indexBelow(index)) {
        int depth = tree.rootIsDecorated() ? 1 : 0;
        for (QModelIndex above = index.parent(); above.isValid(); above = above.parent())
            ++depth;
        for (int column = 0; column < static_cast<int>(wide.size()); ++column) {
            const int indent = column == 0 ? depth * tree.indentation() : 0;
            int& most = wide[static_cast<std::size_t>(column)];
            most = std::max(most, indent + textWidth(tree, index.siblingAtColumn(column)));
        }
    }
    for (int column = 0; column < static_cast<int>(wide.size()); ++column)
        tree.header()->resizeSection(column, wide[static_cast<std::size_t>(column)]);
}

void makeDense(QTableView& table)
{
    table.setSelectionBehavior(QAbstractItemView::SelectRows);
    table.setSelectionMode(QAbstractItemView::SingleSelection);
    table.setEditTriggers(QAbstractItemView::NoEditTriggers);
    table.setTabKeyNavigation(false);
    table.setShowGrid(false);
    table.setWordWrap(false);
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
    const int rows = model()->rowCount() * verticalHeader()->defaultSectionSize();
    // A scroll bar below takes room only where the columns do not fit.
    const bool scrolls = horizontalHeader()->length() > width();
    const int scroll = 2 * frameWidth() + (scrolls ? style()->pixelMetric(QStyle::PM_ScrollBarExtent) : 0);
    setFixedHeight(std::min(most, rows + horizontalHeader()->sizeHint().height() + scroll));
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
