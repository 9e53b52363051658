// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/widgets/gridmodel.h"

#include <QColor>
#include <QFont>

#include "views/widgets/theme.h"

namespace pgtscope::views {

GridModel::GridModel(QStringList headers, int firstFixed, int lastFixed, QObject* parent)
    : QAbstractTableModel(parent)
    , m_headers(std::move(headers))
    , m_firstFixed(firstFixed)
    , m_lastFixed(lastFixed)
{
}

void GridModel::setRows(std::vector<GridRow> rows)
{
    if (rows == m_rows)
        return;
    beginResetModel();
    m_rows = std::move(rows);
    endResetModel();
}

int GridModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_rows.size());
}

int GridModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_headers.size());
}

QVariant GridModel::fontOf(const GridRow& row, int column) const
{
    const bool fixed = column >= m_firstFixed && column <= m_lastFixed;
    if (!fixed && !row.heading && !row.current)
        return {};
    QFont font = fixed ? Theme::instance().fixedFont() : QFont();
    font.setBold(row.heading || row.current);
    return font;
}

QVariant GridModel::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    const GridRow& row = m_rows[static_cast<std::size_t>(index.row())];
    switch (role) {
    case Qt::DisplayRole:
    case Qt::ToolTipRole:
        return row.cells.value(index.column());
    case Qt::FontRole:
        return fontOf(row, index.column());
    case Qt::ForegroundRole:
        return row.state ? QVariant(Theme::instance().finding(*row.state)) : QVariant();
    case PlaceRole:
        return row.place ? QVariant::fromValue(*row.place) : QVariant();
    case CurrentRole:
        return row.current;
    default:
        return {};
    }
}

QVariant GridModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole)
        return {};
    return m_headers.value(section);
}

} // namespace pgtscope::views
