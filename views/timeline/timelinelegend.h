// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "views/widgets/legend.h"

namespace pgtscope::views {

/// What the lines and signs of the timeline's plot mean.
class TimelineLegend : public Legend {
    Q_OBJECT
public:
    explicit TimelineLegend(QWidget* parent = nullptr);

protected:
    void drawSwatch(QPainter& painter, const QRect& place, std::size_t item) override;
};

} // namespace pgtscope::views
