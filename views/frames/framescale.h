// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QRect>

#include "core/base/address.h"

namespace pgtscope::views {

/// Where frames are on the map: rows of cells, each cell 2^order frames. Zoom 0 is one frame a cell, above it
/// each level doubles the frames, below it the cells grow.
class FrameScale {
public:
    static constexpr int smallestZoom = -3;

    /// `end`: the frame after the last. The zoom is kept where it still makes sense.
    void setMemory(core::FrameNumber end);
    /// Room for cells, in device-independent pixels.
    void setArea(const QRect& area);
    void setZoom(int zoom);
    /// The largest zoom that makes sense: all of memory fits without scrolling.
    int fittingZoom() const;
    /// The smallest zoom at which `frames` frames from `first` on can be seen at once.
    int zoomFor(core::FrameNumber first, std::uint64_t frames) const;

    int zoom() const { return m_zoom; }
    unsigned order() const { return orderAt(m_zoom); }
    /// At least as wide as the zoom's cells are: rows fill the area.
    QSize cell() const;
    int columns() const { return columnsAt(m_zoom); }
    /// Rows that can be seen, the last perhaps in part.
    int visibleRows() const;
    std::uint64_t rows() const;
    std::uint64_t framesInRow() const { return static_cast<std::uint64_t>(columns()) << order(); }
    core::FrameNumber end() const { return m_end; }
    const QRect& area() const { return m_area; }

    /// The cell that holds `frame`, if row `top` is the first that is shown. May lie outside the area.
    QRect cellRect(core::FrameNumber frame, std::uint64_t top) const;
    /// First frame of the cell at `point`; the nearest cell's if there is none.
    core::FrameNumber frameAt(QPoint point, std::uint64_t top) const;

private:
    static unsigned orderAt(int zoom) { return zoom > 0 ? static_cast<unsigned>(zoom) : 0; }
    static QSize cellAt(int zoom);
    int columnsAt(int zoom) const;
    std::uint64_t rowsAt(int zoom) const;
    int largestZoom() const;

    QRect m_area;
    core::FrameNumber m_end;
    int m_zoom = 0;
};

} // namespace pgtscope::views
