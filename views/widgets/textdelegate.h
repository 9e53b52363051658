// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QStyledItemDelegate>

namespace pgtscope::views {

/// Paints cells of one line of text, as the style does, but without laying the text out twice for it: that is
/// most of what a table costs at each step.
class TextDelegate : public QStyledItemDelegate {
    Q_OBJECT
public:
    using QStyledItemDelegate::QStyledItemDelegate;

    void paint(
        QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override;

protected:
    /// The text of an option that initStyleOption() made, with what marks it as selected and focused.
    static void drawCellText(QPainter& painter, const QStyleOptionViewItem& option);
};

} // namespace pgtscope::views
