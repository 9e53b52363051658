// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/widgets/textdelegate.h"

#include <QAbstractItemView>
#include <QApplication>
#include <QHelpEvent>
#include <QPainter>
#include <QToolTip>

namespace pgtscope::views {

namespace {

QStyle& styleOf(const QStyleOptionViewItem& option)
{
    return option.widget ? *option.widget->style() : *QApplication::style();
}

QRect textPlace(const QStyleOptionViewItem& option)
{
    const int margin = styleOf(option).pixelMetric(QStyle::PM_FocusFrameHMargin, &option, option.widget) + 1;
    return option.rect.adjusted(margin, 0, -margin, 0);
}

} // namespace

QString TextDelegate::helpOn(const QStyleOptionViewItem& option, const QModelIndex& index) const
{
    QStyleOptionViewItem styled = option;
    initStyleOption(&styled, index);
    const QString help = index.data(Qt::ToolTipRole).toString();
    const bool fits = QFontMetrics(styled.font).horizontalAdvance(styled.text) <= textPlace(styled).width();
    if (fits || help.contains(styled.text))
        return help;
    return help.isEmpty() ? styled.text : styled.text + QLatin1Char('\n') + help;
}

bool TextDelegate::helpEvent(
    QHelpEvent* event, QAbstractItemView* view, const QStyleOptionViewItem& option, const QModelIndex& index)
{
    const QString help
        = event->type() == QEvent::ToolTip && index.isValid() ? helpOn(option, index) : QString();
    if (help.isEmpty())
        return QStyledItemDelegate::helpEvent(event, view, option, index);
    QToolTip::showText(event->globalPos(), help, view);
    return true;
}

void TextDelegate::paint(
    QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const
{
    QStyleOptionViewItem styled = option;
    initStyleOption(&styled, index);
    if ((styled.features & (QStyleOptionViewItem::HasDecoration | QStyleOptionViewItem::HasCheckIndicator))
        != 0)
        return QStyledItemDelegate::paint(painter, option, index);
    styleOf(styled).drawPrimitive(QStyle::PE_PanelItemViewItem, &styled, painter, styled.widget);
    drawCellText(*painter, styled);
}

void TextDelegate::drawCellText(QPainter& painter, const QStyleOptionViewItem& option)
{
    QStyle& style = styleOf(option);
    const bool enabled = option.state.testFlag(QStyle::State_Enabled);
    const bool active = option.state.testFlag(QStyle::State_Active);
    const auto group = !enabled ? QPalette::Disabled : active ? QPalette::Active : QPalette::Inactive;
    const bool selected = option.state.testFlag(QStyle::State_Selected);
    const QRect place = textPlace(option);
    const QFontMetrics metrics(option.font);
    const bool fits = metrics.horizontalAdvance(option.text) <= place.width();
    painter.save();
    painter.setClipRect(option.rect);
    painter.setFont(option.font);
    painter.setPen(option.palette.color(group, selected ? QPalette::HighlightedText : QPalette::Text));
    painter.drawText(place, static_cast<int>(option.displayAlignment) | Qt::TextSingleLine,
        fits ? option.text : metrics.elidedText(option.text, option.textElideMode, place.width()));
    if (option.state.testFlag(QStyle::State_HasFocus)) {
        QStyleOptionFocusRect focus;
        focus.QStyleOption::operator=(option);
        focus.rect = style.subElementRect(QStyle::SE_ItemViewItemFocusRect, &option, option.widget);
        focus.state |= QStyle::State_KeyboardFocusChange | QStyle::State_Item;
        focus.backgroundColor
            = option.palette.color(group, selected ? QPalette::Highlight : QPalette::Window);
        style.drawPrimitive(QStyle::PE_FrameFocusRect, &focus, &painter, option.widget);
    }
    painter.restore();
}

} // namespace pgtscope::views
