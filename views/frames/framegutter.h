// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QFont>

#include "views/frames/framelooks.h"
#include "views/frames/framematches.h"
#include "views/frames/framescale.h"

class QPainter;

namespace pgtscope::views {

// What lies beside and over the cells of the map of frames.

inline constexpr int frameGutterGap = 6; // pixels between addresses and cells

QFont frameGutterFont();
/// Addresses of rows, to the left of the cells; row `top` is the first that is shown.
void drawFrameGutter(QPainter& painter, const FrameScale& scale, std::uint64_t top);
/// A veil over cells without a frame that the filter leaves, and the marks of colour rules.
void drawFrameMatches(QPainter& painter, const FrameMatches& matches, const TintedContent& content,
    const FrameScale& scale, std::uint64_t top);

} // namespace pgtscope::views
