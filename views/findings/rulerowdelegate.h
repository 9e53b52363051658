// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "views/widgets/textdelegate.h"

namespace pgtscope::views {

/// Paints the row of a rule over all columns: its name, then what it found (the column Where), so that
/// neither is cut by the columns of its findings.
class RuleRowDelegate : public TextDelegate {
    Q_OBJECT
public:
    using TextDelegate::TextDelegate;

    void paint(
        QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override;
};

} // namespace pgtscope::views
