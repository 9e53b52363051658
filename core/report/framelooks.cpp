// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/report/framelooks.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "core/linux/layout.h"
#include "core/model/regionnames.h"

namespace pgtscope::core {

namespace {

FrameLook regionLook(std::string_view name)
{
    const auto part = imagePartOf(name);
    if (!part)
        return FrameLook::Free;
    switch (*part) {
    case ImagePart::Text:
        return FrameLook::KernelText;
    case ImagePart::Rodata:
        return FrameLook::KernelRodata;
    case ImagePart::Data:
        return FrameLook::KernelData;
    case ImagePart::Brk:
        return FrameLook::KernelBrk;
    case ImagePart::Initrd:
        return FrameLook::Initrd;
    }
    return FrameLook::Free;
}

FrameLook plainLook(const FrameRole& role)
{
    if (role.kind == FrameRoleKind::Named)
        return regionLook(role.region->name);
    return role.kind == FrameRoleKind::Ram ? FrameLook::Free : FrameLook::NotRam;
}

/// What the buffer makes of a frame that is no table of the snapshot.
FrameLook lookInBuffer(BufferPlace place, FrameLook plain)
{
    switch (place) {
    case BufferPlace::Outside:
        return plain;
    case BufferPlace::Used:
    case BufferPlace::Beyond:
        return FrameLook::DetachedTable;
    case BufferPlace::Reserved:
        return FrameLook::PgtBufReserved;
    case BufferPlace::HandedBack:
        return FrameLook::PgtBufHandedBack;
    }
    return plain;
}

/// Frames at which the buffer's answer may change, sorted.
std::vector<FrameNumber> bufferBorders(const Snapshot& snapshot)
{
    std::vector<FrameNumber> borders;
    const auto add = [&](GuestFrameRange guest) {
        for (const FramePiece& piece : snapshot.pieces(guest))
            borders.insert(borders.end(), {piece.frames.begin, piece.frames.end});
    };
    for (const PgtBufEpoch& epoch : snapshot.pgtBuf().epochs) {
        add(epoch.used());
        add(epoch.reserved());
    }
    for (const GuestFrameRange& range : snapshot.pgtBuf().beyond)
        add(range);
    std::sort(borders.begin(), borders.end());
    return borders;
}

std::vector<LookRange> lookRanges(const FrameRoles& roles, const Snapshot& snapshot)
{
    const std::vector<FrameNumber> borders = bufferBorders(snapshot);
    std::vector<LookRange> ranges;
    for (const FrameRole& role : roles.ranges()) {
        // A picture of RAM: firmware's ROM is far above it.
        if (role.kind == FrameRoleKind::Named && role.region->name == region::rom)
            continue;
        if (role.kind == FrameRoleKind::Table) {
            const FrameLook look = role.detached ? FrameLook::DetachedTable : FrameLook::Table;
            ranges.push_back({role.begin, role.end, look, role.levels});
            continue;
        }
        FrameNumber begin = role.begin;
        while (begin < role.end) {
            const auto border = std::upper_bound(borders.begin(), borders.end(), begin);
            const FrameNumber end = border == borders.end() ? role.end : std::min(*border, role.end);
            ranges.push_back({begin, end, lookInBuffer(snapshot.bufferPlace(begin), plainLook(role)), 0});
            begin = end;
        }
    }
    return ranges;
}

void addFindings(FrameContent& content, std::span<const RuleReport> reports)
{
    for (const RuleReport& report : reports)
        for (const FindingMark& mark : report.marks)
            content.findings.emplace_back(mark.frame, drawnAs(mark.state, mark.standing));
    // The states are in the order of their gravity: the first of each frame is the gravest.
    std::sort(content.findings.begin(), content.findings.end());
    const auto end = std::unique(content.findings.begin(), content.findings.end(),
        [](const auto& a, const auto& b) { return a.first == b.first; });
    content.findings.erase(end, content.findings.end());
}

void addChanged(FrameContent& content, const StepChanges& changes)
{
    for (const EntryChange& change : changes.entries)
        content.changed.push_back(frameOf(change.address));
    for (const TableChange& change : changes.tables)
        content.changed.push_back(frameOf(change.address));
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
    auto found = std::lower_bound(content.findings.begin(), content.findings.end(), first,
        [](const auto& finding, FrameNumber frame) { return finding.first < frame; });
    for (; found != content.findings.end() && found->first < end; ++found) {
        auto& gravest = cellOf(found->first).finding;
        if (!gravest || found->second < *gravest)
            gravest = found->second;
    }
}

} // namespace

FrameContent frameContent(
    const FrameRoles& roles, std::span<const RuleReport> reports, const StepChanges& changes)
{
    FrameContent content;
    content.ranges = lookRanges(roles, roles.snapshot());
    addFindings(content, reports);
    addChanged(content, changes);
    if (!content.ranges.empty())
        content.end = content.ranges.back().end;
    return content;
}

FrameContent bufferContent(const FrameContent& content, const Snapshot& snapshot, GuestFrameRange guest)
{
    FrameContent part;
    part.end = FrameNumber(guest.bytes());
    for (const FramePiece& piece : snapshot.pieces(guest)) {
        const auto placed = [&](FrameNumber frame) {
            return FrameNumber((piece.guest - guest.begin) + (frame - piece.frames.begin));
        };
        for (auto range = std::upper_bound(content.ranges.begin(), content.ranges.end(), piece.frames.begin,
                 [](FrameNumber frame, const LookRange&r) { return frame < r.end; });
             range != content.ranges.end() && range->begin < piece.frames.end; ++range)
            part.ranges.push_back({placed(std::max(range->begin, piece.frames.begin)),
                placed(std::min(range->end, piece.frames.end)), range->look, range->levels});
        for (auto found = std::lower_bound(content.findings.begin(), content.findings.end(),
                 piece.frames.begin, [](const auto&finding, FrameNumber f) { return finding.first < f; });
             found != content.findings.end() && found->first < piece.frames.end; ++found)
            part.findings.emplace_back(placed(found->first), found->second);
        for (auto at = std::lower_bound(content.changed.begin(), content.changed.end(), piece.frames.begin);
             at != content.changed.end() && *at < piece.frames.end; ++at)
            part.changed.push_back(placed(*at));
    }
    return part;
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

} // namespace pgtscope::core
