// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/timeline/stepsdelegate.h"

#include "views/timeline/stepsmodel.h"
#include "views/widgets/theme.h"

namespace pgtscope::views {

void StepsDelegate::initStyleOption(QStyleOptionViewItem* option, const QModelIndex& index) const
{
    QStyledItemDelegate::initStyleOption(option, index);
    const Theme& theme = Theme::instance();
    if (index.column() == StepsModel::Place || index.column() == StepsModel::Number)
        option->font = theme.fixedFont();
    if (const QVariant colour = index.data(StepsModel::ColourRole); colour.isValid())
        option->backgroundBrush = colour.value<QColor>();
    // Most steps of a boot are events: if all were bold, none would stand out.
    if (index.column() == StepsModel::Text && index.data(StepsModel::EventRole).toBool())
        option->font.setBold(true);
    if (index.column() == StepsModel::Entries || index.column() == StepsModel::Cause)
        option->palette.setColor(QPalette::Text, theme.mutedText());
    if (index.column() != StepsModel::Findings)
        return;
    if (const QVariant gravest = index.data(StepsModel::GravestRole); gravest.isValid())
        option->palette.setColor(
            QPalette::Text, theme.finding(static_cast<core::FindingState>(gravest.toInt())));
}

} // namespace pgtscope::views
