// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/start/choicelist.h"

#include <QKeyEvent>
#include <QPainter>
#include <QStyle>
#include <QStyledItemDelegate>

#include "views/widgets/theme.h"

namespace pgtscope::views {

namespace {

constexpr int edge = 6;

class ChoiceDelegate : public QStyledItemDelegate {
public:
    using QStyledItemDelegate::QStyledItemDelegate;

    QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override
    {
        const bool two = !index.data(ChoiceList::AboutRole).toString().isEmpty();
        return {0, (two ? 2 : 1) * option.fontMetrics.height() + 2 * edge};
    }

    void paint(QPainter* painter, const QStyleOptionViewItem& item, const QModelIndex& index) const override
    {
        QStyleOptionViewItem option = item;
        initStyleOption(&option, index);
        option.text.clear();
        const QWidget* list = option.widget;
        list->style()->drawControl(QStyle::CE_ItemViewItem, &option, painter, list);
        const bool selected = (option.state & QStyle::State_Selected) != 0;
        const QRect inside = option.rect.adjusted(edge + 2, edge, -edge, -edge);
        const int height = option.fontMetrics.height();
        const auto line = [&](int row, Qt::TextElideMode elide, const QString& text) {
            const QRect rect(inside.left(), inside.top() + row * height, inside.width(), height);
            painter->drawText(rect, Qt::AlignLeft | Qt::AlignVCenter,
                painter->fontMetrics().elidedText(text, elide, rect.width()));
        };
        painter->save();
        const QColor plain = option.palette.color(QPalette::HighlightedText);
        painter->setPen(selected ? plain : Theme::instance().text());
        QFont bold = option.font;
        bold.setBold(true);
        painter->setFont(bold);
        line(0, Qt::ElideRight, index.data().toString());
        painter->setFont(option.font);
        painter->setPen(selected ? plain : Theme::instance().mutedText());
        // Both ends of a path are informative.
        const QString about = index.data(ChoiceList::AboutRole).toString();
        line(1, about.startsWith(QLatin1Char('/')) ? Qt::ElideMiddle : Qt::ElideRight, about);
        painter->restore();
    }
};

} // namespace

ChoiceList::ChoiceList(const QString& whenEmpty, QWidget* parent)
    : QListWidget(parent)
    , m_whenEmpty(whenEmpty)
{
    setFrameShape(QFrame::NoFrame);
    setItemDelegate(new ChoiceDelegate(this));
    setAccessibleDescription(whenEmpty);
    // What is below the last whole row belongs to the list too.
    setBackgroundRole(QPalette::Base);
    setAutoFillBackground(true);
}

void ChoiceList::add(const QString& title, const QString& about, const QString& value)
{
    auto* item = new QListWidgetItem(title, this);
    item->setData(DataRole, value);
    item->setData(AboutRole, about);
    item->setData(Qt::AccessibleDescriptionRole, about);
    item->setToolTip(about);
    setAccessibleDescription({});
    fitRows();
}

/// Where not all choices have room, whole ones are shown: none is cut at the lower edge.
void ChoiceList::fitRows()
{
    const int row = sizeHintForRow(0);
    const int room = height() - 2 * frameWidth();
    const int spare = row > 0 && row <= room && row * count() > room ? room % row : 0;
    if (viewportMargins().bottom() != spare)
        setViewportMargins(0, 0, 0, spare);
}

void ChoiceList::resizeEvent(QResizeEvent* event)
{
    QListWidget::resizeEvent(event);
    fitRows();
}

void ChoiceList::setOpensOnClick()
{
    setCursor(Qt::PointingHandCursor);
    connect(this, &QListWidget::itemClicked, this,
        [this](const QListWidgetItem* item) { emit opened(item->data(DataRole).toString()); });
}

void ChoiceList::keyPressEvent(QKeyEvent* event)
{
    const bool enter = event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter;
    if (enter && currentItem())
        emit opened(currentItem()->data(DataRole).toString());
    QListWidget::keyPressEvent(event);
}

void ChoiceList::paintEvent(QPaintEvent* event)
{
    QListWidget::paintEvent(event);
    if (count() != 0)
        return;
    QPainter painter(viewport());
    painter.setPen(Theme::instance().mutedText());
    painter.drawText(viewport()->rect().adjusted(edge + 2, edge, -edge, -edge),
        Qt::AlignLeft | Qt::AlignTop | Qt::TextWordWrap, m_whenEmpty);
}

} // namespace pgtscope::views
