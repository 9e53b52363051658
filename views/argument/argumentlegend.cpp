// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/argument/argumentlegend.h"

#include <algorithm>
#include <set>

#include <QPainter>

#include "views/argument/argumentmarks.h"
#include "views/widgets/theme.h"
#include "views/widgets/viewtext.h"

namespace pgtscope::views {

namespace {

/// What a cell looks like, tables before the rest of it.
FrameLook lookOf(const core::FrameCell& cell) { return cell.tables > 0 ? cell.tableLook : cell.look; }

} // namespace

ArgumentLegend::ArgumentLegend(QWidget* parent)
    : Legend(parent)
{
    setObjectName(QStringLiteral("argumentLegend"));
    setAccessibleName(tr("Legend of the argument"));
    connect(&Theme::instance(), &Theme::changedTheme, this, [this] {
        m_painter.clear();
        update();
    });
}

void ArgumentLegend::setPicture(const ArgumentPicture& picture)
{
    const core::Argument& argument = picture.argument();
    std::set<FrameLook> looks;
    std::set<core::FindingState> states;
    std::set<core::PageAccess> accesses;
    for (const core::ArgumentCell& cell : argument.cells) {
        looks.insert(lookOf(cell));
        accesses.insert(std::min(cell.access, core::PageAccess::Writable));
        if (cell.finding)
            states.insert(*cell.finding);
    }
    m_meanings.clear();
    if (argument.rulesApply() && !argument.cells.empty())
        m_meanings.push_back({Meaning::Kind::Protected, {}, {}, tr("the rule maps it read-only")});
    if (accesses.contains(core::PageAccess::Writable))
        m_meanings.push_back(
            {Meaning::Kind::Outline, {}, core::PageAccess::Writable, tr("a writable mapping exists")});
    if (accesses.contains(core::PageAccess::Allowed))
        m_meanings.push_back(
            {Meaning::Kind::Outline, {}, core::PageAccess::Allowed, tr("writable, as both rules allow")});
    for (const FrameLook look : looks)
        m_meanings.push_back({Meaning::Kind::Cell, swatchOf(look), {}, Theme::instance().frameText(look)});
    for (const core::FindingState state : states) {
        TintedCell cell = swatchOf(FrameLook::Free);
        cell.finding = state;
        m_meanings.push_back({Meaning::Kind::Cell, cell, {}, wordsOf(core::findingStateName(state))});
    }
    std::vector<Item> items;
    for (const Meaning& meaning : m_meanings)
        items.push_back({meaning.text});
    setItems(std::move(items));
}

void ArgumentLegend::drawSwatch(QPainter& painter, const QRect& place, std::size_t item)
{
    const Meaning& meaning = m_meanings[item];
    switch (meaning.kind) {
    case Meaning::Kind::Cell:
        m_painter.draw(painter, place, meaning.cell);
        break;
    case Meaning::Kind::Protected:
        drawProtected(painter, place.adjusted(0, 1, -1, -1));
        break;
    case Meaning::Kind::Outline:
        drawWritable(painter, place.adjusted(-2, -1, 1, 1), meaning.access, false);
        break;
    }
}

} // namespace pgtscope::views
