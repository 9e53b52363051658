// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QCheckBox>

#include "views/model/stepstate.h"

namespace pgtscope::views {

/// "What Xen would say: 16 pages": shows the hypothetical findings in every view, or hides them.
class HypotheticalsBox : public QCheckBox {
    Q_OBJECT
public:
    explicit HypotheticalsBox(QWidget* parent = nullptr);
    /// The state may be empty.
    void setState(const StepStatePtr& state);
};

} // namespace pgtscope::views
