// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/widgets/legend.h"

#include <algorithm>

#include <QPainter>

#include "views/widgets/theme.h"

namespace pgtscope::views {

namespace {

/// In large type a larger one.
QSize swatchSize() { return {Theme::instance().scaled(14), Theme::instance().scaled(12)}; }
constexpr int besideSwatch = 5;
constexpr int betweenItems = 14;

} // namespace

Legend::Legend(QWidget* parent)
    : QWidget(parent)
{
    QSizePolicy policy(QSizePolicy::Preferred, QSizePolicy::Minimum);
    policy.setHeightForWidth(true);
    setSizePolicy(policy);
}

void Legend::setItems(std::vector<Item> items, const QString& description)
{
    update();
    if (items == m_items && description == accessibleDescription())
        return;
    m_items = std::move(items);
    setAccessibleDescription(description);
    updateGeometry();
}

void Legend::setItems(std::vector<Item> items)
{
    QStringList texts;
    for (const Item& item : items)
        texts += item.text;
    setItems(std::move(items), texts.join(QStringLiteral(", ")));
}

std::vector<QRect> Legend::places(int width) const
{
    std::vector<QRect> rects;
    const QSize swatch = swatchSize();
    const int height = std::max(fontMetrics().height(), swatch.height()) + 3;
    int x = 0;
    int y = 2;
    for (const Item& item : m_items) {
        const int wide = fontMetrics().horizontalAdvance(item.text)
            + (item.hasSwatch ? swatch.width() + besideSwatch : 0);
        if (x != 0 && x + wide > width) {
            x = 0;
            y += height;
        }
        rects.emplace_back(x, y, wide, height);
        x += wide + betweenItems;
    }
    return rects;
}

int Legend::heightForWidth(int width) const
{
    const std::vector<QRect> rects = places(width);
    return rects.empty() ? 0 : rects.back().bottom() + 3;
}

void Legend::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    const QSize swatch = swatchSize();
    const std::vector<QRect> rects = places(width());
    for (std::size_t i = 0; i < rects.size(); ++i) {
        QRect text = rects[i];
        if (m_items[i].hasSwatch) {
            const QPoint corner(text.left(), text.center().y() - swatch.height() / 2);
            drawSwatch(painter, {corner, swatch}, i);
            text.adjust(swatch.width() + besideSwatch, 0, 0, 0);
        }
        painter.setFont(font());
        painter.setPen(Theme::instance().mutedText());
        painter.drawText(text, Qt::AlignVCenter, m_items[i].text);
    }
}

} // namespace pgtscope::views
