// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/frames/framelooks.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "core/rules/bufferstate.h"
#include "views/base/stepstate.h"

namespace pgtscope::views {

namespace {

using core::FrameNumber;

FrameLook regionLook(std::string_view name)
{
    constexpr std::array<std::pair<std::string_view, FrameLook>, 7> known{{
        {"kernel_text", FrameLook::KernelText},
        {"kernel_rodata", FrameLook::KernelRodata},
        {"kernel_data", FrameLook::KernelData},
        {"kernel_init", FrameLook::KernelData},
        {"kernel_bss", FrameLook::KernelData},
        {"kernel_brk", FrameLook::KernelBrk},
        {"initrd", FrameLook::Initrd},
    }};
    const auto* found
        = std::find_if(known.begin(), known.end(), [&](const auto& entry) { return entry.first == name; });
    return found == known.end() ? FrameLook::Free : found->second;
}

FrameLook plainLook(const core::FrameRole& role)
{
    if (role.kind == core::FrameRoleKind::Named)
        return regionLook(role.region->name);
    return role.kind == core::FrameRoleKind::Ram ? FrameLook::Free : FrameLook::NotRam;
}

/// What the buffer makes of a frame that is no table of the snapshot.
FrameLook lookInBuffer(core::BufferPlace place, FrameLook plain)
{
    switch (place) {
    case core::BufferPlace::Outside:
        return plain;
    case core::BufferPlace::Used:
    case core::BufferPlace::Beyond:
        return FrameLook::DetachedTable;
    case core::BufferPlace::Reserved:
        return FrameLook::PgtBufReserved;
    case core::BufferPlace::HandedBack:
        return FrameLook::PgtBufHandedBack;
    }
    return plain;
}

/// Frames at which the buffer's answer may change, sorted.
std::vector<FrameNumber> bufferBorders(const core::PageTableBuffer& buffer)
{
    std::vector<FrameNumber> borders;
    for (const core::PgtBufEpoch& epoch : buffer.epochs)
        borders.insert(borders.end(), {epoch.start, epoch.end, epoch.top});
    for (const core::FrameRange& range : buffer.beyond)
        borders.insert(borders.end(), {range.begin, range.end});
    std::sort(borders.begin(), borders.end());
    return borders;
}

std::vector<LookRange> lookRanges(const StepState& state)
{
    const core::PageTableBuffer& buffer = state.snapshot()->pgtBuf();
    const std::vector<FrameNumber> borders = bufferBorders(buffer);
    std::vector<LookRange> ranges;
    for (const core::FrameRole& role : state.roles().ranges()) {
        if (role.kind == core::FrameRoleKind::Table) {
            const FrameLook look = role.detached ? FrameLook::DetachedTable : FrameLook::Table;
            ranges.push_back({role.begin, role.end, look, role.levels});
            continue;
        }
        FrameNumber begin = role.begin;
        while (begin < role.end) {
            const auto border = std::upper_bound(borders.begin(), borders.end(), begin);
            const FrameNumber end = border == borders.end() ? role.end : std::min(*border, role.end);
            ranges.push_back(
                {begin, end, lookInBuffer(core::bufferPlace(buffer, begin), plainLook(role)), 0});
            begin = end;
        }
    }
    return ranges;
}

void addFindings(FrameContent& content, const StepState& state, const std::string& rule)
{
    for (const core::RuleReport& report : state.reports())
        if (rule.empty() || report.rule == rule)
            for (const core::FindingMark& mark : report.marks)
                content.findings.emplace_back(mark.frame, mark.state);
    // The states are in the order of their gravity: the first of each frame is the gravest.
    std::sort(content.findings.begin(), content.findings.end());
    const auto end = std::unique(content.findings.begin(), content.findings.end(),
        [](const auto& a, const auto& b) { return a.first == b.first; });
    content.findings.erase(end, content.findings.end());
}

void addChanged(FrameContent& content, const core::StepChanges& changes)
{
    for (const core::EntryChange& change : changes.entries)
        content.changed.push_back(core::frameOf(change.address));
    for (const core::TableChange& change : changes.tables)
        content.changed.push_back(core::frameOf(change.address));
    std::sort(content.changed.begin(), content.changed.end());
    content.changed.erase(std::unique(content.changed.begin(), content.changed.end()), content.changed.end());
}

/// Counts what lies in one cell.
class CellBuilder {
public:
    void add(const LookRange& range, std::uint64_t frames)
    {
        m_frames[static_cast<std::size_t>(range.look)] += frames;
        m_levels = static_cast<std::uint8_t>(m_levels | range.levels);
    }

    FrameCell take(std::uint64_t frames) const
    {
        const std::uint64_t hooked = m_frames[static_cast<std::size_t>(FrameLook::Table)];
        const std::uint64_t detached = m_frames[static_cast<std::size_t>(FrameLook::DetachedTable)];
        FrameCell cell;
        cell.levels = m_levels;
        cell.tables = static_cast<double>(hooked + detached) / static_cast<double>(frames);
        cell.tableLook = hooked == 0 && detached != 0 ? FrameLook::DetachedTable : FrameLook::Table;
        std::uint64_t most = 0;
        for (std::size_t i = 0; i < frameLookCount; ++i) {
            const auto look = static_cast<FrameLook>(i);
            if (look == FrameLook::Table || look == FrameLook::DetachedTable || m_frames[i] <= most)
                continue;
            most = m_frames[i];
            cell.look = look;
        }
        return cell;
    }

private:
    std::array<std::uint64_t, frameLookCount> m_frames{};
    std::uint8_t m_levels = 0;
};

void markCells(std::vector<FrameCell>& cells, const FrameContent& content, FrameNumber first, unsigned order)
{
    const FrameNumber end = first + (std::uint64_t{cells.size()} << order);
    const auto cellOf = [&](FrameNumber frame) -> FrameCell& { return cells[(frame - first) >> order]; };
    for (auto i = std::lower_bound(content.changed.begin(), content.changed.end(), first);
         i != content.changed.end() && *i < end; ++i)
        cellOf(*i).changed = true;
    core::StepNumber latest = 0;
    auto tint = std::lower_bound(content.tints.begin(), content.tints.end(), first,
        [](const FrameTint& t, FrameNumber frame) { return t.frame < frame; });
    const FrameTint* before = nullptr;
    for (; tint != content.tints.end() && tint->frame < end; before = &*tint++) {
        const bool sameCell = before && &cellOf(before->frame) == &cellOf(tint->frame);
        if (!sameCell)
            latest = 0;
        if (!sameCell || tint->step >= latest) {
            cellOf(tint->frame).tint = tint->code;
            latest = tint->step;
        }
    }
    auto found = std::lower_bound(content.findings.begin(), content.findings.end(), first,
        [](const auto& finding, FrameNumber frame) { return finding.first < frame; });
    for (; found != content.findings.end() && found->first < end; ++found) {
        auto& gravest = cellOf(found->first).finding;
        if (!gravest || found->second < *gravest)
            gravest = found->second;
    }
}

} // namespace

FrameContent frameContent(const StepState& state, const std::string& rule)
{
    FrameContent content;
    content.ranges = lookRanges(state);
    addFindings(content, state, rule);
    addChanged(content, state.changes());
    if (!content.ranges.empty())
        content.end = content.ranges.back().end;
    return content;
}

std::vector<FrameTint> frameTints(const FrameContent& content, const WriteColours& colours)
{
    std::vector<FrameTint> tints;
    if (!colours.active())
        return tints;
    for (const LookRange& range : content.ranges) {
        if (range.levels == 0)
            continue;
        for (FrameNumber frame = range.begin; frame < range.end; frame = frame + 1) {
            const auto write = colours.ofFrame(frame);
            tints.push_back({frame, write ? write->step : 0, colours.codeOf(write)});
        }
    }
    return tints;
}

std::vector<FrameCell> frameCells(
    const FrameContent& content, FrameNumber first, unsigned order, std::size_t count)
{
    std::vector<FrameCell> cells;
    cells.reserve(count);
    const std::uint64_t frames = 1ULL << order;
    auto range = std::upper_bound(content.ranges.begin(), content.ranges.end(), first,
        [](FrameNumber frame, const LookRange& r) { return frame < r.end; });
    FrameNumber begin = first;
    for (std::size_t i = 0; i < count; ++i) {
        const FrameNumber end = begin + frames;
        CellBuilder builder;
        while (range != content.ranges.end() && range->begin < end) {
            builder.add(*range, std::min(range->end, end) - std::max(range->begin, begin));
            if (range->end > end)
                break;
            ++range;
        }
        cells.push_back(builder.take(frames));
        cells.back().outside = begin >= content.end;
        begin = end;
    }
    markCells(cells, content, first, order);
    return cells;
}

} // namespace pgtscope::views
