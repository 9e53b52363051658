// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/report/argument.h"

class QPainter;
class QPen;
class QRect;

namespace pgtscope::views {

/// The part of a band that its rule maps read-only: filled.
void drawProtected(QPainter& painter, const QRect& rect);
/// Pages with a writable mapping: an outline, dashed where both rules allow it. `onProtected` is the ground.
void drawWritable(QPainter& painter, const QRect& rect, core::PageAccess access, bool onProtected);
/// What a line from a table to the pages that it maps is drawn with.
QPen linePen(core::PageAccess access);

} // namespace pgtscope::views
