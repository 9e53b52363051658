// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/frames/framelooks.h"

#include <algorithm>
#include <span>

#include "views/model/hypotheticals.h"
#include "views/model/stepstate.h"

namespace pgtscope::views {

namespace {

/// Each cell gets the tint of that table in it which was written last.
void tintCells(std::vector<TintedCell>& cells, const std::vector<FrameTint>& tints, core::FrameNumber first,
    unsigned order)
{
    const core::FrameNumber end = first + (std::uint64_t{cells.size()} << order);
    TintedCell* before = nullptr;
    core::StepNumber latest = 0;
    for (auto tint = std::lower_bound(tints.begin(), tints.end(), first,
             [](const FrameTint&t, core::FrameNumber frame) { return t.frame < frame; });
         tint != tints.end() && tint->frame < end; ++tint) {
        TintedCell* cell = &cells[(tint->frame - first) >> order];
        if (cell != before || tint->step >= latest) {
            cell->tint = tint->code;
            latest = tint->step;
        }
        before = cell;
    }
}

} // namespace

TintedCell swatchOf(core::FrameLook look)
{
    TintedCell cell;
    cell.look = look;
    if (look == core::FrameLook::Table || look == core::FrameLook::DetachedTable) {
        cell.tableLook = look;
        cell.tables = 1;
        cell.levels = 1U << 1;
    }
    return cell;
}

TintedContent frameContent(const StepState& state, const std::string& rule)
{
    std::span<const core::RuleReport> reports = state.reports();
    if (!rule.empty()) {
        const auto wanted = std::ranges::find(reports, rule, &core::RuleReport::rule);
        reports = {wanted, wanted == reports.end() ? 0U : 1U};
    }
    TintedContent content{core::frameContent(state.roles(), {}, state.marks()), {}};
    content.findings = signsByFrame(reports);
    return content;
}

TintedContent bufferContent(
    const TintedContent& content, const core::Snapshot& snapshot, core::GuestFrameRange guest)
{
    TintedContent part{core::bufferContent(content, snapshot, guest), {}};
    for (const core::FramePiece& piece : snapshot.pieces(guest))
        for (auto tint = std::ranges::lower_bound(content.tints, piece.frames.begin, {}, &FrameTint::frame);
             tint != content.tints.end() && tint->frame < piece.frames.end; ++tint) {
            part.tints.push_back(*tint);
            part.tints.back().frame
                = core::FrameNumber((piece.guest - guest.begin) + (tint->frame - piece.frames.begin));
        }
    return part;
}

std::vector<FrameTint> frameTints(const TintedContent& content, const WriteColours& colours)
{
    std::vector<FrameTint> tints;
    if (!colours.active())
        return tints;
    for (const core::LookRange& range : content.ranges) {
        if (range.levels == 0)
            continue;
        for (core::FrameNumber frame = range.begin; frame < range.end; frame = frame + 1) {
            const auto write = colours.ofFrame(frame);
            tints.push_back({frame, write ? write->step : 0, colours.codeOf(write)});
        }
    }
    return tints;
}

std::vector<TintedCell> frameCells(
    const TintedContent& content, core::FrameNumber first, unsigned order, std::size_t count)
{
    std::vector<TintedCell> cells;
    cells.reserve(count);
    for (const core::FrameCell& cell : core::frameCells(content, first, order, count))
        cells.push_back({cell, {}, false});
    tintCells(cells, content.tints, first, order);
    return cells;
}

} // namespace pgtscope::views
