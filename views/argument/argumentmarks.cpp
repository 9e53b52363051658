// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/argument/argumentmarks.h"

#include <QPainter>

#include "views/widgets/theme.h"
#include "views/widgets/viewtext.h"

namespace pgtscope::views {

namespace {

QColor protectedColour() { return Theme::instance().frame(FrameLook::Table); }

} // namespace

void drawProtected(QPainter& painter, const QRect& rect) { painter.fillRect(rect, protectedColour()); }

void drawWritable(QPainter& painter, const QRect& rect, core::PageAccess access, bool onProtected)
{
    QPen pen(onProtected ? inkOn(protectedColour()) : Theme::instance().text(), 2);
    pen.setJoinStyle(Qt::MiterJoin);
    if (access == core::PageAccess::Allowed)
        pen.setDashPattern({1.5, 1.5});
    painter.setPen(pen);
    painter.setBrush(Qt::NoBrush);
    // Inside, so that a filled ground is seen all around it.
    painter.drawRect(QRectF(rect).adjusted(3, 3, -3, -3));
}

QPen linePen(core::PageAccess access)
{
    const Theme& theme = Theme::instance();
    if (access == core::PageAccess::Writable || access == core::PageAccess::FromDetached)
        return {theme.text(), 2};
    return {theme.mutedText(), 1.2, access == core::PageAccess::Allowed ? Qt::DashLine : Qt::DotLine};
}

} // namespace pgtscope::views
