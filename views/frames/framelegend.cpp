// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/frames/framelegend.h"

#include <algorithm>
#include <array>

#include <QPainter>

#include "views/base/theme.h"
#include "views/base/viewtext.h"

namespace pgtscope::views {

namespace {

constexpr QSize swatch(14, 12);
constexpr int itemSpacing = 14;

} // namespace

FrameLegend::FrameLegend(QWidget* parent)
    : QWidget(parent)
{
    setObjectName(QStringLiteral("frameLegend"));
    setAccessibleName(tr("Legend"));
    QSizePolicy policy(QSizePolicy::Preferred, QSizePolicy::Minimum);
    policy.setHeightForWidth(true);
    setSizePolicy(policy);
    connect(&Theme::instance(), &Theme::changedTheme, this, [this] {
        m_painter.clear();
        update();
    });
}

void FrameLegend::setContent(const TintedContent& content)
{
    const Theme& theme = Theme::instance();
    std::array<bool, core::frameLookCount> seen{};
    for (const core::LookRange& range : content.ranges)
        seen[static_cast<std::size_t>(range.look)] = true;
    m_items.clear();
    for (std::size_t i = 0; i < core::frameLookCount; ++i) {
        if (!seen[i])
            continue;
        TintedCell cell;
        cell.look = static_cast<FrameLook>(i);
        if (cell.look == FrameLook::Table || cell.look == FrameLook::DetachedTable) {
            cell.tableLook = cell.look;
            cell.tables = 1;
            cell.levels = 1 << 1;
        }
        m_items.push_back({cell, theme.frameText(static_cast<FrameLook>(i)), {}});
    }
    std::array<bool, core::findingStateCount> states{};
    for (const auto& [frame, state] : content.findings)
        states[static_cast<std::size_t>(state)] = true;
    for (std::size_t i = 0; i < core::findingStateCount; ++i) {
        if (!states[i])
            continue;
        TintedCell cell;
        cell.look = FrameLook::Free;
        cell.finding = static_cast<core::FindingState>(i);
        m_items.push_back({cell, toText(core::findingStateName(*cell.finding)), {}});
    }
    TintedCell cell;
    cell.look = FrameLook::Free;
    cell.changed = true;
    m_items.push_back({cell, tr("changed at this step"), {}});
    describe();
}

void FrameLegend::setRules(const FrameMatches& matches)
{
    std::erase_if(m_items, [](const Item& item) { return item.rule.has_value(); });
    TintedCell cell;
    cell.look = FrameLook::Free;
    for (const FrameMatches::Coloured& coloured : matches.coloured)
        m_items.push_back({cell, coloured.rule.name, coloured.rule});
    describe();
}

void FrameLegend::describe()
{
    QStringList texts;
    for (const Item& item : m_items)
        texts += item.text;
    const QString description = texts.join(QStringLiteral(", "));
    if (description != accessibleDescription()) {
        setAccessibleDescription(description);
        updateGeometry();
    }
    update();
}

std::vector<QRect> FrameLegend::layoutItems(int width) const
{
    std::vector<QRect> rects;
    const int height = std::max(fontMetrics().height(), swatch.height()) + 3;
    int x = 0;
    int y = 2;
    for (const Item& item : m_items) {
        const int wide = swatch.width() + 5 + fontMetrics().horizontalAdvance(item.text);
        if (x != 0 && x + wide > width) {
            x = 0;
            y += height;
        }
        rects.emplace_back(x, y, wide, height);
        x += wide + itemSpacing;
    }
    return rects;
}

int FrameLegend::heightForWidth(int width) const
{
    const std::vector<QRect> rects = layoutItems(width);
    return rects.empty() ? 0 : rects.back().bottom() + 3;
}

void FrameLegend::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.setPen(Theme::instance().mutedText());
    const std::vector<QRect> rects = layoutItems(width());
    for (std::size_t i = 0; i < rects.size(); ++i) {
        const QPoint corner(rects[i].left(), rects[i].center().y() - swatch.height() / 2);
        m_painter.draw(painter, {corner, swatch}, m_items[i].cell);
        if (m_items[i].rule)
            drawRuleMark(painter, {corner, swatch}, *m_items[i].rule);
        painter.setFont(font());
        painter.setPen(Theme::instance().mutedText());
        painter.drawText(rects[i].adjusted(swatch.width() + 5, 0, 0, 0), Qt::AlignVCenter, m_items[i].text);
    }
}

} // namespace pgtscope::views
