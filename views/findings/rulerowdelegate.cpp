// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/findings/rulerowdelegate.h"

#include <QApplication>
#include <QFontMetrics>
#include <QPainter>

#include "views/findings/findingsmodel.h"

namespace pgtscope::views {

void RuleRowDelegate::paint(
    QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const
{
    if (index.parent().isValid())
        return TextDelegate::paint(painter, option, index);
    QStyleOptionViewItem name = option;
    initStyleOption(&name, index);
    const QStyle& style = name.widget ? *name.widget->style() : *QApplication::style();
    style.drawPrimitive(QStyle::PE_PanelItemViewItem, &name, painter, name.widget);
    drawCellText(*painter, name);

    QStyleOptionViewItem totals = name;
    totals.font.setBold(false);
    totals.state.setFlag(QStyle::State_HasFocus, false);
    totals.text = index.siblingAtColumn(FindingsModel::Where).data().toString();
    const QFontMetrics metrics(name.font);
    totals.rect.setLeft(name.rect.left() + metrics.horizontalAdvance(name.text + QStringLiteral("    ")));
    if (totals.rect.left() < totals.rect.right())
        drawCellText(*painter, totals);
}

} // namespace pgtscope::views
