// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/frames/framemarkers.h"

#include <algorithm>

#include <QFontMetrics>
#include <QPainter>

#include "views/widgets/theme.h"
#include "views/widgets/viewtext.h"

namespace pgtscope::views {

namespace {

constexpr int labelPadding = 4;
/// Rings of places that are tried around a cell before a label may cover another.
constexpr int maxTries = 12;

bool isFree(const QRect& label, const std::vector<PlacedMarker>& placed, const std::vector<QRect>& cells)
{
    return std::none_of(placed.begin(), placed.end(), [&](const PlacedMarker& other) {
        return other.label.intersects(label);
    }) && std::none_of(cells.begin(), cells.end(), [&](const QRect& cell) { return cell.intersects(label); });
}

QRect keptInside(QRect label, const QRect& area)
{
    label.moveLeft(
        std::clamp(label.left(), area.left(), std::max(area.left(), area.right() - label.width() + 1)));
    label.moveTop(
        std::clamp(label.top(), area.top(), std::max(area.top(), area.bottom() - label.height() + 1)));
    return label;
}

/// Above and below in turn, further away each time; then beside.
QRect freePlace(QSize size, const QRect& cell, const QRect& area, const std::vector<PlacedMarker>& placed,
    const std::vector<QRect>& cells)
{
    QRect first;
    for (int ring = 0; ring < maxTries; ++ring) {
        const int away = ring * (size.height() + 1) + 3;
        const int above = cell.top() - away - size.height();
        const int below = cell.bottom() + 1 + away;
        const int left = cell.left();
        for (const QPoint corner : {QPoint(left, above), QPoint(left - size.width() + cell.width(), above),
                 QPoint(left, below), QPoint(left - size.width() + cell.width(), below)}) {
            const QRect label = keptInside({corner, size}, area);
            if (first.isNull())
                first = label;
            if (isFree(label, placed, cells))
                return label;
        }
    }
    return first;
}

/// The frame at whose left edge a border is drawn: the one after the last page before it, since the page at
/// the border may be another's, or have no frame.
std::optional<core::FrameNumber> borderFrame(
    const core::Snapshot& snapshot, const core::PgtBufEpoch& epoch, core::GuestFrame border)
{
    if (border == epoch.start)
        return snapshot.frame(border);
    const auto last = snapshot.frame(border - 1);
    return last ? std::optional(*last + 1) : std::nullopt;
}

} // namespace

std::vector<FrameMarker> bufferMarkers(const core::Snapshot& snapshot)
{
    std::vector<FrameMarker> markers;
    const core::PageTableBuffer& buffer = snapshot.pgtBuf();
    if (buffer.epochs.empty())
        return markers;
    const core::PgtBufEpoch& epoch = buffer.epochs.back();
    const auto add = [&](std::string_view name, core::GuestFrame border) {
        const auto frame = borderFrame(snapshot, epoch, border);
        if (!frame)
            return;
        const auto same = std::find_if(
            markers.begin(), markers.end(), [&](const FrameMarker& m) { return m.frame == *frame; });
        if (same != markers.end())
            same->text.prepend(toText(name) + QStringLiteral(" = "));
        else
            markers.push_back({*frame,
                toText(name) + (snapshot.xen() ? QStringLiteral(" pfn ") : QStringLiteral(" "))
                    + hexOf(border.value)});
    };
    add(core::pgtBufStart, epoch.start);
    add(core::pgtBufEnd, epoch.end);
    add(core::pgtBufTop, epoch.top);
    return markers;
}

std::vector<PlacedMarker> placeMarkers(const std::vector<FrameMarker>& markers,
    const std::vector<QRect>& cells, const std::vector<QRect>& avoid, const QRect& area,
    const QFontMetrics& metrics)
{
    std::vector<QRect> taken = cells;
    taken.insert(taken.end(), avoid.begin(), avoid.end());
    std::vector<PlacedMarker> placed;
    for (std::size_t i = 0; i < markers.size(); ++i) {
        PlacedMarker marker{markers[i].text, cells[i], {}};
        if (cells[i].bottom() < area.top())
            marker.text.prepend(QStringLiteral("▲ "));
        else if (cells[i].top() > area.bottom())
            marker.text.prepend(QStringLiteral("▼ "));
        const QSize size(metrics.horizontalAdvance(marker.text) + 2 * labelPadding, metrics.height() + 2);
        const QRect near = keptInside(cells[i], area);
        marker.label = freePlace(size, near, area, placed, taken);
        placed.push_back(marker);
    }
    return placed;
}

void drawMarkers(QPainter& painter, const std::vector<PlacedMarker>& markers, const QRect& area)
{
    const Theme& theme = Theme::instance();
    for (const PlacedMarker& marker : markers) {
        if (!marker.cell.intersects(area))
            continue;
        // The marker is at the cell's left edge: it names a border, the first frame after it.
        const int x = marker.cell.left() - 1;
        const bool above = marker.label.bottom() < marker.cell.top();
        const int labelX = std::clamp(x, marker.label.left(), marker.label.right());
        painter.setPen(QPen(theme.text(), 2));
        painter.drawLine(x, marker.cell.top() - 2, x, marker.cell.bottom() + 2);
        painter.setPen(QPen(theme.text(), 1));
        painter.drawLine(x, above ? marker.cell.top() : marker.cell.bottom(), labelX,
            above ? marker.label.bottom() : marker.label.top());
    }
    // All labels after all lines: no line runs through a text.
    painter.setPen(QPen(theme.text(), 1));
    painter.setBrush(theme.window());
    for (const PlacedMarker& marker : markers) {
        painter.drawRoundedRect(marker.label, 3, 3);
        painter.drawText(marker.label, Qt::AlignCenter, marker.text);
    }
}

} // namespace pgtscope::views
