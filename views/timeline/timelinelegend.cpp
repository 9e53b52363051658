// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/timeline/timelinelegend.h"

#include <QPainter>

#include "views/widgets/theme.h"

namespace pgtscope::views {

namespace {

/// In the order of the items.
enum class Sign : std::size_t { Changed, End, Top, Chapter, Note, Bookmark, Event };

} // namespace

TimelineLegend::TimelineLegend(QWidget* parent)
    : Legend(parent)
{
    setObjectName(QStringLiteral("timelineLegend"));
    setAccessibleName(tr("Legend"));
    const QStringList texts{tr("entries changed between two steps (logarithmic)"), tr("pgt_buf_end"),
        tr("pgt_buf_top"), tr("chapter"), tr("note"), tr("bookmark"), tr("boot event")};
    std::vector<Item> items;
    for (const QString& text : texts)
        items.push_back({text, true});
    setItems(std::move(items));
    connect(&Theme::instance(), &Theme::changedTheme, this, qOverload<>(&QWidget::update));
}

void TimelineLegend::drawSwatch(QPainter& painter, const QRect& place, std::size_t item)
{
    const Theme& theme = Theme::instance();
    const QPointF middle = QRectF(place).center();
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    painter.setBrush(palette().color(QPalette::Link));
    switch (static_cast<Sign>(item)) {
    case Sign::Changed:
        painter.fillRect(
            QRectF(middle.x() - 2, place.top(), 4, place.height()), theme.frame(FrameLook::PgtBufReserved));
        break;
    case Sign::End:
        painter.setPen(QPen(theme.changed(), 2));
        painter.drawLine(place.bottomLeft(), place.topRight());
        break;
    case Sign::Top:
        painter.setPen(QPen(theme.mutedText(), 1, Qt::DashLine));
        painter.drawLine(QPointF(place.left(), middle.y()), QPointF(place.right(), middle.y()));
        break;
    case Sign::Chapter: {
        const QPointF flag[] = {middle + QPointF(-4, -4), middle + QPointF(4, 0), middle + QPointF(-4, 4)};
        painter.drawPolygon(flag, 3);
        break;
    }
    case Sign::Note:
        painter.drawEllipse(middle, 2.5, 2.5);
        break;
    case Sign::Bookmark:
        painter.setPen(theme.text());
        painter.drawText(place, Qt::AlignCenter, QStringLiteral("\u2605"));
        break;
    case Sign::Event:
        painter.setPen(QPen(theme.grid(), 1, Qt::DotLine));
        painter.drawLine(QPointF(middle.x(), place.top()), QPointF(middle.x(), place.bottom()));
        break;
    }
    painter.restore();
}

} // namespace pgtscope::views
