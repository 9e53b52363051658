// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <vector>

#include <QRectF>

#include "views/timeline/stepsampler.h"

class QPainter;

namespace pgtscope::views {

/// The number of violations as a line of steps, and a glyph wherever it grows; what is pending likewise; and,
/// while that is shown, what Xen would say. Nothing of a kind at any step draws no line: a healthy boot has
/// no red one. `xOf`: where a step is.
void paintFindingLines(QPainter& painter, const std::vector<StepSample>& samples, const QRectF& area,
    const std::function<double(core::StepNumber)>& xOf);

} // namespace pgtscope::views
