// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/widgets/outlinedstyle.h"

#include <QPainter>
#include <QStyleFactory>
#include <QStyleOption>

#include "views/widgets/theme.h"

namespace pgtscope::views {

namespace {

void drawOutline(QPainter& painter, const QStyleOption& option, QRect rect, double radius)
{
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    painter.translate(0.5, 0.5);
    const bool focused = option.state.testFlag(QStyle::State_HasFocus);
    painter.setPen(focused ? option.palette.color(QPalette::Link) : Theme::instance().grid());
    painter.setBrush(Qt::NoBrush);
    painter.drawRoundedRect(rect.adjusted(0, 0, -1, -1), radius, radius);
    painter.restore();
}

} // namespace

OutlinedStyle::OutlinedStyle()
    : QProxyStyle(QStyleFactory::create(QStringLiteral("Fusion")))
{
}

void OutlinedStyle::drawPrimitive(
    PrimitiveElement element, const QStyleOption* option, QPainter* painter, const QWidget* widget) const
{
    QProxyStyle::drawPrimitive(element, option, painter, widget);
    if (element == PE_FrameLineEdit)
        drawOutline(*painter, *option, option->rect, 2);
    else if (element == PE_IndicatorCheckBox)
        drawOutline(*painter, *option, option->rect, 0);
}

void OutlinedStyle::drawComplexControl(
    ComplexControl control, const QStyleOptionComplex* option, QPainter* painter, const QWidget* widget) const
{
    QProxyStyle::drawComplexControl(control, option, painter, widget);
    if (control == CC_ComboBox || control == CC_SpinBox)
        drawOutline(*painter, *option, option->rect, 2);
}

} // namespace pgtscope::views
