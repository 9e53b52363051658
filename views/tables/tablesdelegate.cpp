// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/tables/tablesdelegate.h"

#include "views/base/theme.h"
#include "views/tables/tablesmodel.h"

namespace pgtscope::views {

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
