// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "views/widgets/textdelegate.h"

namespace pgtscope::views {

/// Paints rows of a StepsModel: findings in their colour, boot events in bold, functions in the fixed font.
class StepsDelegate : public TextDelegate {
    Q_OBJECT
public:
    using TextDelegate::TextDelegate;

protected:
    void initStyleOption(QStyleOptionViewItem* option, const QModelIndex& index) const override;
};

} // namespace pgtscope::views
