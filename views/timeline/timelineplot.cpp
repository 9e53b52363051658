// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/timeline/timelineplot.h"

#include <algorithm>
#include <cmath>

#include <QPainter>
#include <QPainterPath>

#include "views/widgets/theme.h"
#include "views/widgets/viewtext.h"

namespace pgtscope::views {

namespace {

constexpr double barsShare = 0.35; // of the plot's height
constexpr double limitShare = 0.9; // where pgt_buf_top is
constexpr double leastTick = 56; // pixels between two of them

} // namespace

void paintEventLabels(QPainter& painter, const TimelinePlot& plot, std::span<const EventLabel> events)
{
    const Theme& theme = Theme::instance();
    const QFontMetrics metrics = painter.fontMetrics();
    double free = 0;
    for (const EventLabel& event : events) {
        const double x = plot.xOf(static_cast<double>(event.step));
        if (event.name.isEmpty() || x < plot.area.left() - 1 || x > plot.area.right() + 1)
            continue;
        painter.setPen(QPen(theme.grid(), 1, Qt::DotLine));
        painter.drawLine(QPointF(x, 2), QPointF(x, plot.area.bottom()));
        const double wide = metrics.horizontalAdvance(event.name) + 8;
        if (x < free || x + wide > plot.area.right() + 10)
            continue;
        painter.setPen(theme.mutedText());
        painter.drawText(QPointF(x + 3, metrics.ascent() + 2), event.name);
        free = x + wide + 4;
    }
}

void paintChangedEntries(QPainter& painter, const TimelinePlot& plot, std::span<const StepSample> samples)
{
    double most = 1;
    for (const StepSample& sample : samples)
        most = std::max(most, std::log2(1.0 + static_cast<double>(sample.entries)));
    const QColor colour = Theme::instance().frame(FrameLook::PgtBufReserved);
    const double wide = std::clamp(plot.area.width() / plot.range.span - 1, 1.0, 6.0);
    for (const StepSample& sample : samples) {
        const double x = plot.xOf(static_cast<double>(sample.step) - 0.5);
        if (sample.entries == 0 || x < plot.area.left() - 6 || x > plot.area.right() + 6)
            continue;
        const double high
            = plot.area.height() * barsShare * std::log2(1.0 + static_cast<double>(sample.entries)) / most;
        painter.fillRect(QRectF(x - wide / 2, plot.area.bottom() - high, wide, high), colour);
    }
}

namespace {

/// Whether the line goes through the rectangle.
bool crosses(const QPainterPath& line, const QRectF& rect)
{
    for (int i = 1; i < line.elementCount(); ++i) {
        if (line.elementAt(i).isMoveTo())
            continue;
        // Its parts are level or upright.
        const QRectF part = QRectF(line.elementAt(i - 1), line.elementAt(i)).normalized();
        if (part.adjusted(-1, -1, 1, 1).intersects(rect))
            return true;
    }
    return false;
}

} // namespace

std::optional<QRectF> placeOfTopName(
    const QPainterPath& end, const QLineF& top, const QRectF& area, const QSizeF& size)
{
    constexpr double gap = 4;
    for (const double x : {top.x2() - size.width() - gap, top.x1() + gap}) {
        const QRectF place(QPointF(x, top.y1() + 1), size);
        if (place.left() >= area.left() && place.right() <= area.right() && !crosses(end, place))
            return place;
    }
    return std::nullopt;
}

void paintBufferLine(QPainter& painter, const TimelinePlot& plot, std::span<const StepSample> samples)
{
    const Theme& theme = Theme::instance();
    const QRectF& area = plot.area;
    QPainterPath end, top;
    QPointF topBegins;
    std::optional<core::PgtBufEpoch> last;
    for (const StepSample& sample : samples) {
        if (!sample.buffer || sample.buffer->top <= sample.buffer->start)
            continue;
        const core::PgtBufEpoch& epoch = *sample.buffer;
        const double share
            = static_cast<double>(epoch.end - epoch.start) / static_cast<double>(epoch.top - epoch.start);
        const double x = plot.xOf(static_cast<double>(sample.step));
        const QPointF at(x, area.bottom() - area.height() * limitShare * std::min(1.0, share));
        const QPointF limit(x, area.bottom() - area.height() * limitShare);
        if (last && last->start == epoch.start && last->top == epoch.top) {
            end.lineTo(QPointF(x, end.currentPosition().y()));
            end.lineTo(at);
            top.lineTo(limit);
        } else {
            end.moveTo(at);
            top.moveTo(limit);
            topBegins = limit;
        }
        last = epoch;
    }
    if (!last)
        return;
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(theme.mutedText(), 1, Qt::DashLine));
    painter.drawPath(top);
    painter.setPen(QPen(theme.changed(), 2));
    painter.drawPath(end);
    const QString name = toText(core::pgtBufTop);
    const QSizeF size(painter.fontMetrics().horizontalAdvance(name), painter.fontMetrics().height());
    painter.setPen(theme.mutedText());
    if (const auto place = placeOfTopName(end, {topBegins, top.currentPosition()}, area, size))
        painter.drawText(*place, Qt::AlignCenter | Qt::TextDontClip, name);
}

core::StepNumber ticksEvery(double span, double width)
{
    const double least = std::max(1.0, span * leastTick / std::max(1.0, width));
    core::StepNumber power = 1;
    while (static_cast<double>(power) * 10 <= least)
        power *= 10;
    for (const core::StepNumber factor : {1U, 2U, 5U})
        if (static_cast<double>(factor * power) >= least)
            return factor * power;
    return 10 * power;
}

void paintStepAxis(QPainter& painter, const TimelinePlot& plot, const QRectF& row)
{
    const Theme& theme = Theme::instance();
    const core::StepNumber every = ticksEvery(plot.range.span, plot.area.width());
    const auto first = static_cast<core::StepNumber>(std::max(0.0, plot.range.first));
    const double last = plot.range.first + plot.range.span;
    for (core::StepNumber step = (first + every - 1) / every * every; static_cast<double>(step) <= last;
         step += every) {
        const double x = plot.xOf(static_cast<double>(step));
        painter.setPen(theme.mutedText());
        painter.drawLine(QPointF(x, row.top()), QPointF(x, row.top() + 3));
        const QString text = QString::number(step);
        const double wide = painter.fontMetrics().horizontalAdvance(text);
        const double left = std::clamp(x - wide / 2, row.left() - 8, row.right() - wide + 8);
        painter.drawText(QPointF(left, row.top() + 3 + painter.fontMetrics().ascent()), text);
    }
}

} // namespace pgtscope::views
