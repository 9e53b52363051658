// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/widgets/textdelegate.h"

#include <QApplication>
#include <QPainter>

namespace pgtscope::views {

namespace {

QStyle& styleOf(const QStyleOptionViewItem& option)
{
    return option.widget ? *option.widget->style() : *QApplication::style();
}

} // namespace

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
    const int margin = style.pixelMetric(QStyle::PM_FocusFrameHMargin, &option, option.widget) + 1;
    const QRect place = option.rect.adjusted(margin, 0, -margin, 0);
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
