// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/base/gridtable.h"

#include <algorithm>

#include <QHeaderView>
#include <QResizeEvent>
#include <QStyle>

namespace pgtscope::views {

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
    connect(model, &QAbstractItemModel::modelReset, this, &QTableView::resizeColumnsToContents);
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
