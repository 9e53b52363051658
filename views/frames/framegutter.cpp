// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/frames/framegutter.h"

#include <algorithm>

#include <QPainter>

#include "views/frames/framepainter.h"
#include "views/widgets/theme.h"
#include "views/widgets/viewtext.h"

namespace pgtscope::views {

QFont frameGutterFont()
{
    QFont font = Theme::instance().fixedFont();
    font.setPixelSize(Theme::instance().scaled(10));
    return font;
}

void drawFrameGutter(QPainter& painter, const FrameScale& scale, std::uint64_t top)
{
    painter.setFont(frameGutterFont());
    painter.setPen(Theme::instance().mutedText());
    const int height = scale.cell().height();
    const std::uint64_t every = height >= 14 ? 2 : 4;
    for (int row = 0; row < scale.visibleRows(); ++row) {
        const std::uint64_t number = top + static_cast<std::uint64_t>(row);
        if (number % every != 0 || number >= scale.rows())
            continue;
        const QRect line(0, scale.area().top() + row * height, scale.area().left() - frameGutterGap, height);
        painter.drawText(
            line, Qt::AlignRight | Qt::AlignVCenter, hexOf(number * scale.framesInRow() << core::frameShift));
    }
}

void drawFrameMatches(QPainter& painter, const FrameMatches& matches, const TintedContent& content,
    const FrameScale& scale, std::uint64_t top)
{
    if (!matches.shown && matches.coloured.empty())
        return;
    QColor veil = Theme::instance().panel();
    veil.setAlphaF(0.78F);
    const auto columns = static_cast<std::size_t>(scale.columns());
    const std::size_t count = static_cast<std::size_t>(scale.visibleRows()) * columns;
    const std::uint64_t frames = 1ULL << scale.order();
    core::FrameNumber begin(top * scale.framesInRow());
    for (std::size_t i = 0; i < count && begin < scale.end(); ++i, begin = begin + frames) {
        const QRect cell = scale.cellRect(begin, top);
        if (matches.shown && !meets(*matches.shown, begin, begin + frames)) {
            painter.fillRect(cell, veil);
            continue;
        }
        // A finding is more than any rule of the user's: nothing covers its glyph.
        const auto finding = std::lower_bound(content.findings.begin(), content.findings.end(), begin,
            [](const auto& f, core::FrameNumber frame) { return f.first < frame; });
        if (finding != content.findings.end() && finding->first < begin + frames)
            continue;
        const auto rule = std::find_if(matches.coloured.begin(), matches.coloured.end(),
            [&](const FrameMatches::Coloured& c) { return meets(c.frames, begin, begin + frames); });
        if (rule != matches.coloured.end())
            drawRuleMark(painter, cell, rule->rule);
    }
}

} // namespace pgtscope::views
