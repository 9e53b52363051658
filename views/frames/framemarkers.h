// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <vector>

#include <QRect>
#include <QString>

#include "core/model/snapshot.h"

class QFontMetrics;
class QPainter;

namespace pgtscope::views {

/// A frame with a name that is to be read beside it.
struct FrameMarker {
    core::FrameNumber frame;
    QString text; ///< "pgt_buf_end 0x3f15", under Xen "pgt_buf_end pfn 0x4405".
};

/// pgt_buf_start, pgt_buf_end and pgt_buf_top of the current epoch; those that are equal share a marker.
std::vector<FrameMarker> bufferMarkers(const core::Snapshot& snapshot);

/// A marker with a place for its label.
struct PlacedMarker {
    QString text;
    QRect cell; ///< May lie outside the area: then the label is at its edge with an arrow.
    QRect label;
};

/// Places labels near their cells, inside `area`, so that none covers another one, a marker's cell or any of
/// `avoid`, as far as there is room. `cells` are the markers' cells.
std::vector<PlacedMarker> placeMarkers(const std::vector<FrameMarker>& markers,
    const std::vector<QRect>& cells, const std::vector<QRect>& avoid, const QRect& area,
    const QFontMetrics& metrics);

void drawMarkers(QPainter& painter, const std::vector<PlacedMarker>& markers, const QRect& area);

} // namespace pgtscope::views
