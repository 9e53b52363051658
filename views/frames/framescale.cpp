// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/frames/framescale.h"

#include <algorithm>
#include <array>

#include "views/widgets/theme.h"

namespace pgtscope::views {

namespace {

constexpr QSize smallCell(14, 12);
/// Rows that a scroll bar and pixel arithmetic can take.
constexpr std::uint64_t maxRows = 1ULL << 24;

} // namespace

QSize FrameScale::cellAt(int zoom)
{
    constexpr std::array<QSize, 4> sizes{smallCell, QSize(20, 17), QSize(28, 24), QSize(40, 34)};
    const QSize size = sizes[static_cast<std::size_t>(std::clamp(-zoom, 0, 3))];
    return {Theme::instance().scaled(size.width()), Theme::instance().scaled(size.height())};
}

QSize FrameScale::cell() const
{
    const QSize least = cellAt(m_zoom);
    return {std::max(least.width(), m_area.width() / columns()), least.height()};
}

int FrameScale::columnsAt(int zoom) const
{
    const int fit = std::max(1, m_area.width() / cellAt(zoom).width());
    // Rows that begin at round addresses are easier to read.
    return fit >= 16 ? fit / 16 * 16 : fit;
}

std::uint64_t FrameScale::rowsAt(int zoom) const
{
    const std::uint64_t frames = static_cast<std::uint64_t>(columnsAt(zoom)) << orderAt(zoom);
    return m_end.value / frames + (m_end.value % frames != 0 ? 1 : 0);
}

std::uint64_t FrameScale::rows() const { return rowsAt(m_zoom); }

int FrameScale::visibleRows() const
{
    return std::max(1, (m_area.height() + cell().height() - 1) / cell().height());
}

int FrameScale::largestZoom() const { return 52; }

int FrameScale::fittingZoom() const
{
    int zoom = smallestZoom;
    while (zoom < largestZoom()) {
        const auto fit = static_cast<std::uint64_t>(std::max(1, m_area.height() / cellAt(zoom).height()));
        if (rowsAt(zoom) <= fit)
            break;
        ++zoom;
    }
    return zoom;
}

int FrameScale::zoomFor(core::FrameNumber first, std::uint64_t frames) const
{
    int zoom = smallestZoom;
    while (zoom < fittingZoom()) {
        const std::uint64_t row = static_cast<std::uint64_t>(columnsAt(zoom)) << orderAt(zoom);
        const auto fit = static_cast<std::uint64_t>(std::max(1, m_area.height() / cellAt(zoom).height()));
        const std::uint64_t last = first.value + std::max<std::uint64_t>(frames, 1) - 1;
        if (last / row - first.value / row + 3 <= fit)
            break;
        ++zoom;
    }
    return zoom;
}

void FrameScale::setMemory(core::FrameNumber end)
{
    m_end = end;
    setZoom(m_zoom);
}

void FrameScale::setArea(const QRect& area)
{
    m_area = area;
    setZoom(m_zoom);
}

void FrameScale::setZoom(int zoom)
{
    m_zoom = std::clamp(zoom, smallestZoom, std::max(smallestZoom, fittingZoom()));
    while (m_zoom < largestZoom() && rowsAt(m_zoom) > maxRows)
        ++m_zoom;
}

QRect FrameScale::cellRect(core::FrameNumber frame, std::uint64_t top) const
{
    const std::uint64_t index = frame.value >> order();
    const auto wide = static_cast<std::uint64_t>(columns());
    const auto row = static_cast<std::int64_t>(index / wide) - static_cast<std::int64_t>(top);
    const auto bounded = std::clamp<std::int64_t>(row, -(1 << 20), 1 << 20);
    const int column = static_cast<int>(index % wide);
    return {QPoint(m_area.left() + column * cell().width(),
                m_area.top() + static_cast<int>(bounded) * cell().height()),
        cell()};
}

core::FrameNumber FrameScale::frameAt(QPoint point, std::uint64_t top) const
{
    const int column = std::clamp((point.x() - m_area.left()) / cell().width(), 0, columns() - 1);
    const int row = std::max(0, (point.y() - m_area.top()) / cell().height());
    const std::uint64_t index
        = (top + static_cast<std::uint64_t>(row)) * static_cast<std::uint64_t>(columns())
        + static_cast<std::uint64_t>(column);
    const std::uint64_t last = m_end.value == 0 ? 0 : (m_end.value - 1) >> order();
    return core::FrameNumber(std::min(index, last) << order());
}

} // namespace pgtscope::views
