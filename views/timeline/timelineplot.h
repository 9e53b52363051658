// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <span>

#include <QLineF>
#include <QPainterPath>
#include <QRectF>

#include "views/timeline/stepsampler.h"
#include "views/timeline/writerlanes.h"

class QPainter;

namespace pgtscope::views {

/// Steps on a horizontal line: which of them are shown, and where.
struct TimelinePlot {
    QRectF area;
    StepRange range;

    /// A step is the moment at which the processor is about to execute its RIP: half a step further to the
    /// left is what ran before it.
    double xOf(double step) const { return area.left() + area.width() * (step - range.first) / range.span; }
};

/// The name of an event at its step. The caller decides which of them have room.
struct EventLabel {
    core::StepNumber step = 0;
    QString name;
};

/// A dotted line for every event, and its name in the row above the plot wherever the one before leaves room.
void paintEventLabels(QPainter& painter, const TimelinePlot& plot, std::span<const EventLabel> events);

/// How many entries changed from each step to the next, between the two, as bars on a logarithmic scale: one
/// entry can be seen beside a thousand.
void paintChangedEntries(QPainter& painter, const TimelinePlot& plot, std::span<const StepSample> samples);

/// Where the line of the top is named: below it, at its right, or at its left, where a buffer has just begun.
/// nullopt where the line of the end would run through the name at both.
std::optional<QRectF> placeOfTopName(
    const QPainterPath& end, const QLineF& top, const QRectF& area, const QSizeF& size);
/// pgt_buf_end as a line that climbs towards pgt_buf_top, per epoch.
void paintBufferLine(QPainter& painter, const TimelinePlot& plot, std::span<const StepSample> samples);

/// Ticks with numbers of steps, in the row at `row`.
void paintStepAxis(QPainter& painter, const TimelinePlot& plot, const QRectF& row);

/// The distance of two ticks for a range of `span` steps on `width` pixels: 1, 2 or 5 times a power of ten.
core::StepNumber ticksEvery(double span, double width);

} // namespace pgtscope::views
