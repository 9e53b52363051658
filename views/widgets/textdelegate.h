// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QStyledItemDelegate>

namespace pgtscope::views {

/// Paints cells of one line of text, as the style does, but without laying the text out twice for it: that is
/// most of what a table costs at each step. The tool tip of a cell has what the cell has no room for.
class TextDelegate : public QStyledItemDelegate {
    Q_OBJECT
public:
    using QStyledItemDelegate::QStyledItemDelegate;

    void paint(
        QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override;
    /// All of a text that the cell cuts, and what the model has to say of it.
    QString helpOn(const QStyleOptionViewItem& option, const QModelIndex& index) const;
    bool helpEvent(QHelpEvent* event, QAbstractItemView* view, const QStyleOptionViewItem& option,
        const QModelIndex& index) override;

protected:
    /// The text of an option that initStyleOption() made, with what marks it as selected and focused.
    static void drawCellText(QPainter& painter, const QStyleOptionViewItem& option);
};

} // namespace pgtscope::views
