// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/widgets/gridtable.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <QContextMenuEvent>
#include <QHeaderView>
#include <QResizeEvent>
#include <QStyle>
#include <QTreeView>

#include "views/widgets/textdelegate.h"
#include "views/widgets/theme.h"

namespace pgtscope::views {

namespace {

constexpr int maxMeasured = 32; // rows

class TypeWatch : public QObject {
public:
    TypeWatch(QAbstractItemView& view, std::function<void()> fit)
        : QObject(&view)
        , m_fit(std::move(fit))
    {
        view.installEventFilter(this);
        // A header gets the type after its view does.
        for (auto* header : view.findChildren<QHeaderView*>())
            header->installEventFilter(this);
    }

protected:
    bool eventFilter(QObject* watched, QEvent* event) override
    {
        if (event->type() == QEvent::FontChange)
            m_fit();
        return QObject::eventFilter(watched, event);
    }

private:
    std::function<void()> m_fit;
};

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
            for (int row = from; row < std::min(rows, from + maxMeasured); ++row)
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
        for (int row = 0; index.isValid() && row < maxMeasured; ++row, index = tree.indexBelow(index))
            measure(tree, index, wide);
    for (int column = 0; column < static_cast<int>(wide.size()); ++column)
        tree.header()->resizeSection(column, wide[static_cast<std::size_t>(column)]);
}

void fitWithType(QAbstractItemView& view, std::function<void()> fit) { new TypeWatch(view, std::move(fit)); }

void growWithType(QHeaderView& header)
{
    const auto grow = [&header, scale = Theme::instance().scale()]() mutable {
        const double factor = Theme::instance().scale() / std::exchange(scale, Theme::instance().scale());
        for (int column = 0; factor != 1 && column < header.count(); ++column)
            if (const int wide = header.sectionSize(column); wide != 0)
                header.resizeSection(column, static_cast<int>(std::lround(wide * factor)));
    };
    QObject::connect(&Theme::instance(), &Theme::changedTheme, &header, grow);
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
    const auto fitRows = [&table] {
        table.verticalHeader()->setDefaultSectionSize(table.fontMetrics().height() + 6);
        if (table.model())
            fitColumns(table);
    };
    fitRows();
    fitWithType(table, fitRows);
    table.horizontalHeader()->setStretchLastSection(true);
    table.horizontalHeader()->setHighlightSections(false);
    table.horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
}

GridTable::GridTable(GridModel* model, QWidget* parent)
    : QTableView(parent)
{
    setModel(model);
    // Of two watches the later one comes first: the rows before the height.
    fitWithType(*this, [this] {
        if (m_maxHeight > 0)
            fitHeight(m_maxHeight);
    });
    makeDense(*this);
    connect(model, &QAbstractItemModel::modelReset, this, [this] { fitColumns(*this); });
    connect(this, &QTableView::activated, this, &GridTable::announce);
    connect(this, &QTableView::clicked, this, &GridTable::announce);
}

void GridTable::fitHeight(int most)
{
    m_maxHeight = most;
    views::fitHeight(*this, most);
}

void GridTable::resizeEvent(QResizeEvent* event)
{
    QTableView::resizeEvent(event);
    if (m_maxHeight > 0 && event->size().width() != event->oldSize().width())
        fitHeight(m_maxHeight);
}

/// The menu is about the row that was clicked. It is made further up.
void GridTable::contextMenuEvent(QContextMenuEvent* event)
{
    const QModelIndex row
        = event->reason() == QContextMenuEvent::Mouse ? indexAt(event->pos()) : currentIndex();
    if (row.isValid())
        announce(row);
    event->ignore();
}

void GridTable::announce(const QModelIndex& index)
{
    const QVariant place = index.data(GridModel::PlaceRole);
    if (place.isValid())
        emit chosen(place.value<Place>());
}

} // namespace pgtscope::views
