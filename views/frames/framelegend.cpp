// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/frames/framelegend.h"

#include <algorithm>
#include <array>

#include <QPainter>

#include "views/model/hypotheticals.h"
#include "views/widgets/theme.h"
#include "views/widgets/viewtext.h"

namespace pgtscope::views {

FrameLegend::FrameLegend(QWidget* parent)
    : Legend(parent)
{
    setObjectName(QStringLiteral("frameLegend"));
    setAccessibleName(tr("Legend"));
    connect(&Theme::instance(), &Theme::changedTheme, this, [this] {
        m_painter.clear();
        update();
    });
}

void FrameLegend::setContent(const TintedContent& content, const StepState* step)
{
    const Theme& theme = Theme::instance();
    std::array<bool, core::frameLookCount> seen{};
    for (const core::LookRange& range : content.ranges)
        seen[static_cast<std::size_t>(range.look)] = true;
    m_meanings.clear();
    for (std::size_t i = 0; i < core::frameLookCount; ++i) {
        if (!seen[i])
            continue;
        const auto look = static_cast<FrameLook>(i);
        m_meanings.push_back({swatchOf(look), theme.frameText(look), {}});
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
        const bool hypothetical
            = cell.finding == core::FindingState::Note && Hypotheticals::instance().shown();
        m_meanings.push_back({cell,
            hypothetical ? tr("what Xen would say, or a note")
                         : wordsOf(core::findingStateName(*cell.finding)),
            {}});
    }
    TintedCell cell;
    cell.look = FrameLook::Free;
    cell.changed = true;
    m_meanings.push_back({cell, step ? step->markText() : tr("changed at this step"), {}});
    describe();
}

void FrameLegend::setRules(const FrameMatches& matches)
{
    std::erase_if(m_meanings, [](const Meaning& meaning) { return meaning.rule.has_value(); });
    TintedCell cell;
    cell.look = FrameLook::Free;
    for (const FrameMatches::Coloured& coloured : matches.coloured)
        m_meanings.push_back({cell, coloured.rule.name, coloured.rule});
    describe();
}

void FrameLegend::describe()
{
    std::vector<Item> items;
    for (const Meaning& meaning : m_meanings)
        items.push_back({meaning.text});
    setItems(std::move(items));
}

void FrameLegend::drawSwatch(QPainter& painter, const QRect& place, std::size_t item)
{
    m_painter.draw(painter, place, m_meanings[item].cell);
    if (m_meanings[item].rule)
        drawRuleMark(painter, place, *m_meanings[item].rule);
}

} // namespace pgtscope::views
