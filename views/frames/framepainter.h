// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QHash>
#include <QPixmap>

#include "views/filters/colourrules.h"
#include "views/frames/framelooks.h"
#include "views/writes/writecolours.h"

class QPainter;

namespace pgtscope::views {

/// Draws cells of frames. Cells that look alike are drawn once and copied, since hatches are slow to paint.
class FramePainter {
public:
    /// Forgets what it drew: the theme changed.
    void clear() { m_tiles.clear(); }
    /// What the tints of cells look like.
    void setColours(const WriteColours& colours);
    void draw(QPainter& painter, const QRect& rect, const TintedCell& cell);

private:
    QPixmap tile(QSize size, const TintedCell& cell, double ratio);

    WriteColours m_colours;
    QHash<quint64, QPixmap> m_tiles;
};

/// "4", or the levels of several tables in short; empty for no table.
QString levelDigits(std::uint8_t levels);

/// The mark of a colour rule in a cell's lower left corner, on the rule's colour.
void drawRuleMark(QPainter& painter, const QRect& cell, const ColourRule& rule);

} // namespace pgtscope::views
