// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/tables/tablesdelegate.h"

#include <QApplication>
#include <QPainter>

#include "views/tables/tablesmodel.h"
#include "views/widgets/theme.h"

namespace pgtscope::views {

void TablesDelegate::paint(
    QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const
{
    const QVariant tint
        = index.column() == TablesModel::Written ? index.data(TablesModel::TintRole) : QVariant();
    if (!tint.isValid())
        return TextDelegate::paint(painter, option, index);
    // The row's background behind the swatch, and the text beside it.
    QStyleOptionViewItem styled = option;
    initStyleOption(&styled, index);
    QStyle& style = styled.widget ? *styled.widget->style() : *QApplication::style();
    style.drawPrimitive(QStyle::PE_PanelItemViewItem, &styled, painter, styled.widget);
    const int side = option.rect.height() - 4;
    painter->save();
    drawTint(*painter, {option.rect.left() + 2, option.rect.top() + 2, side, side}, tint.value<WriteTint>());
    painter->restore();
    styled.rect.adjust(side + 4, 0, 0, 0);
    drawCellText(*painter, styled);
}

void TablesDelegate::initStyleOption(QStyleOptionViewItem* option, const QModelIndex& index) const
{
    QStyledItemDelegate::initStyleOption(option, index);
    const Theme& theme = Theme::instance();
    const QVariant finding = index.data(TablesModel::FindingRole);
    const bool changed = index.data(TablesModel::ChangedRole).toBool();
    option->font = theme.fixedFont();
    if (index.column() == TablesModel::Own || index.column() == TablesModel::Role)
        option->palette.setColor(QPalette::Text, theme.mutedText());
    if (const QVariant rule = index.data(TablesModel::ColourRole); rule.isValid())
        option->backgroundBrush = rule.value<QColor>();
    if (finding.isValid()) {
        const QColor colour = theme.finding(static_cast<core::FindingState>(finding.toInt()));
        QColor tint = colour;
        tint.setAlpha(48);
        option->backgroundBrush = tint;
        if (index.column() == TablesModel::Marks)
            option->palette.setColor(QPalette::Text, colour);
    } else if (changed && index.column() == TablesModel::Marks) {
        option->palette.setColor(QPalette::Text, theme.changed());
    }
    option->font.setBold(changed || (finding.isValid() && index.column() == TablesModel::Marks));
}

} // namespace pgtscope::views
