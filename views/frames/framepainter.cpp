// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/frames/framepainter.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include <QPainter>

#include "core/paging/paging.h"
#include "views/widgets/theme.h"
#include "views/widgets/viewtext.h"

namespace pgtscope::views {

namespace {

constexpr double groundOpacity = 0.4;

/// Share of a cell that its tables take, in eighths: any table at all is seen.
int tableEighths(const TintedCell& cell)
{
    // Where the rest of the cell is plain it has nothing to show.
    if (cell.tint)
        return 8;
    return cell.levels == 0 && cell.tables <= 0 ? 0 : std::clamp(int(std::lround(cell.tables * 8)), 2, 8);
}

quint64 tileKey(QSize size, const TintedCell& cell)
{
    quint64 key = static_cast<quint64>(cell.look);
    key = key << 4 | static_cast<quint64>(cell.tableLook);
    key = key << 4 | static_cast<quint64>(tableEighths(cell));
    key = key << 8 | cell.levels;
    key = key << 4 | (cell.finding ? 1 + static_cast<quint64>(*cell.finding) : 0);
    key = key << 1 | (cell.changed ? 1 : 0);
    key = key << 6 | (cell.tint ? 2 + static_cast<quint64>(*cell.tint & 0x1f) : cell.plain ? 1 : 0);
    key = key << 8 | static_cast<quint64>(size.width() & 0xff);
    return key << 8 | static_cast<quint64>(size.height() & 0xff);
}

QFont cellFont(const QRect& rect)
{
    QFont font = Theme::instance().fixedFont();
    // A digit is about two thirds as wide as it is high.
    font.setPixelSize(std::clamp(std::min(rect.height() - 2, rect.width() * 3 / 2 - 2), 7, 16));
    font.setBold(true);
    return font;
}

void drawGlyph(QPainter& painter, const QRect& rect, core::FindingState state)
{
    const Theme& theme = Theme::instance();
    const QColor colour = theme.finding(state);
    const bool grave = state == core::FindingState::Violation;
    // Filled for a violation, an outline for the milder ones: the shape distinguishes them without colour.
    painter.setFont(cellFont(rect));
    if (grave) {
        painter.fillRect(rect, colour);
    } else {
        // What the frame is stays visible around the glyph.
        QRect plate(0, 0, painter.fontMetrics().height(), rect.height());
        plate.moveCenter(rect.center());
        painter.fillRect(plate.intersected(rect), theme.panel());
    }
    painter.setPen(QPen(grave ? theme.text() : colour, grave ? 1.5 : 1.2,
        state == core::FindingState::Transient ? Qt::DashLine : Qt::SolidLine));
    painter.setBrush(Qt::NoBrush);
    painter.drawRect(QRectF(rect).adjusted(0.75, 0.75, -0.75, -0.75));
    painter.setPen(grave ? inkOn(colour) : colour);
    painter.drawText(rect, Qt::AlignCenter, theme.findingGlyph(state));
}

/// Where the cell's colour shows something else, a finding is an outline: the colour stays visible.
void drawOutline(QPainter& painter, const QRect& rect, core::FindingState state)
{
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(Theme::instance().finding(state), 1.5,
        state == core::FindingState::Violation ? Qt::SolidLine : Qt::DotLine));
    painter.drawRect(QRectF(rect).adjusted(0.75, 0.75, -0.75, -0.75));
}

void drawChanged(QPainter& painter, const QRect& rect)
{
    const Theme& theme = Theme::instance();
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(theme.changed(), 1.5));
    painter.drawRect(QRectF(rect).adjusted(0.75, 0.75, -0.75, -0.75));
    const int corner = std::max(4, rect.height() / 3);
    painter.setPen(Qt::NoPen);
    painter.setBrush(theme.changed());
    const QPoint top = rect.topRight() + QPoint(1, 0);
    const QPoint points[] = {top, top - QPoint(corner, 0), top + QPoint(0, corner)};
    painter.drawPolygon(points, 3);
}

void drawTables(QPainter& painter, const QRect& rect, const TintedCell& cell, const WriteTint& tint)
{
    const Theme& theme = Theme::instance();
    QRect part = rect;
    part.setTop(rect.bottom() + 1 - rect.height() * tableEighths(cell) / 8);
    if (cell.tint) {
        drawTint(painter, part, tint);
        return;
    }
    painter.fillRect(part, theme.panel());
    painter.fillRect(part, theme.frameBrush(cell.tableLook));
    if (part.height() < rect.height())
        return;
    painter.setFont(cellFont(rect));
    const QString digits = levelDigits(cell.levels);
    const QRect plate = QRect(QPoint(), QSize(painter.fontMetrics().horizontalAdvance(digits), rect.height()))
                            .translated(rect.center());
    if (cell.tableLook == FrameLook::DetachedTable)
        painter.fillRect(plate.translated(-plate.width() / 2, -rect.height() / 2), theme.panel());
    painter.setPen(
        cell.tableLook == FrameLook::DetachedTable ? theme.text() : inkOn(theme.frame(cell.tableLook)));
    painter.drawText(rect, Qt::AlignCenter, digits);
}

} // namespace

void drawRuleMark(QPainter& painter, const QRect& cell, const ColourRule& rule)
{
    const int side = std::max(7, cell.height() * 5 / 8);
    const QRect plate(cell.left(), cell.bottom() - side, std::min(side, cell.width()), side);
    painter.fillRect(plate, rule.colour);
    painter.setFont(cellFont(plate));
    painter.setPen(inkOn(rule.colour));
    painter.drawText(plate, Qt::AlignCenter, rule.mark);
}

QString levelDigits(std::uint8_t levels)
{
    if (std::popcount(levels) > 1)
        return QStringLiteral("+");
    for (unsigned level = 1; level <= core::maxLevels; ++level)
        if ((levels >> level & 1) != 0)
            return QString::number(level);
    return levels == 0 ? QStringLiteral("?") : QString();
}

void FramePainter::setColours(const WriteColours& colours)
{
    // The same tints at another step look as before.
    if (m_colours.by() != colours.by() || m_colours.index() != colours.index())
        clear();
    m_colours = colours;
}

QPixmap FramePainter::tile(QSize size, const TintedCell& cell, double ratio)
{
    QPixmap& pixmap = m_tiles[tileKey(size, cell)];
    if (!pixmap.isNull() && qFuzzyCompare(pixmap.devicePixelRatio(), ratio))
        return pixmap;
    pixmap = QPixmap(size * ratio);
    pixmap.setDevicePixelRatio(ratio);
    pixmap.fill(Theme::instance().panel());
    QPainter painter(&pixmap);
    // One pixel between neighbours makes single frames distinguishable.
    const QRect rect(0, 0, size.width() - 1, size.height() - 1);
    // A faint ground under the hatch keeps the cell a cell.
    painter.setOpacity(groundOpacity);
    painter.fillRect(rect, Theme::instance().frame(cell.look));
    painter.setOpacity(1);
    painter.fillRect(rect, Theme::instance().frameBrush(cell.look));
    if (tableEighths(cell) != 0)
        drawTables(painter, rect, cell, cell.tint ? m_colours.tint(*cell.tint) : WriteTint());
    if (cell.finding && cell.plain)
        drawOutline(painter, rect, *cell.finding);
    else if (cell.finding)
        drawGlyph(painter, rect, *cell.finding);
    if (cell.changed)
        drawChanged(painter, rect);
    return pixmap;
}

void FramePainter::draw(QPainter& painter, const QRect& rect, const TintedCell& cell)
{
    painter.drawPixmap(rect.topLeft(), tile(rect.size(), cell, painter.device()->devicePixelRatioF()));
}

} // namespace pgtscope::views
