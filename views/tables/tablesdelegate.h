// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "views/widgets/textdelegate.h"

namespace pgtscope::views {

/// Paints rows of a TablesModel: findings on a tint of their colour, changed rows in bold, who last wrote a
/// row as a swatch beside the name.
class TablesDelegate : public TextDelegate {
    Q_OBJECT
public:
    using TextDelegate::TextDelegate;

    void paint(
        QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override;

protected:
    void initStyleOption(QStyleOptionViewItem* option, const QModelIndex& index) const override;
};

} // namespace pgtscope::views
