// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/filter/framefilter.h"

#include <algorithm>

namespace pgtscope::core {

namespace {

/// Masks on frame numbers force a look at each single frame; so many are looked at.
constexpr std::uint64_t maxSingleFrames = 1ULL << 22;

class FrameSubject : public FilterSubject {
public:
    FrameSubject(const FrameFacts& facts, const FrameRole& role, FrameNumber frame)
        : m_facts(facts)
        , m_role(role)
        , m_frame(frame)
    {
    }

    std::optional<ValueSpan> number(Field field) const override
    {
        switch (field) {
        case Field::Pfn:
        case Field::Mfn:
            return frameNumber(field);
        case Field::Pa:
            return ValueSpan{addressOf(m_frame).value, addressOf(m_frame).value + frameBytes - 1};
        case Field::Changed:
            return ValueSpan::single(
                std::binary_search(m_facts.changed.begin(), m_facts.changed.end(), m_frame) ? 1 : 0);
        default:
            return std::nullopt;
        }
    }

    bool anyText(Field field, const TextPattern& pattern) const override
    {
        switch (field) {
        case Field::Role:
            return pattern.matches(m_role.name());
        case Field::Region:
            return std::any_of(m_facts.snapshot.namedRegions().begin(), m_facts.snapshot.namedRegions().end(),
                [&](const PhysicalRegion& region) {
                    return region.range.contains(addressOf(m_frame)) && pattern.matches(region.name);
                });
        case Field::Finding:
            return anyFinding(pattern);
        default:
            return false;
        }
    }

private:
    bool anyFinding(const TextPattern& pattern) const
    {
        const auto begin = std::lower_bound(m_facts.findings.begin(), m_facts.findings.end(), m_frame,
            [](const auto& finding, FrameNumber frame) { return finding.first < frame; });
        for (auto it = begin; it != m_facts.findings.end() && it->first == m_frame; ++it)
            if (pattern.matches(it->second))
                return true;
        return false;
    }

    /// As for a mapping: without Xen there are no machine frame numbers, and Xen's own frames have no other.
    std::optional<ValueSpan> frameNumber(Field field) const
    {
        const XenState* xen = m_facts.snapshot.xen();
        if (field == Field::Mfn)
            return xen ? std::optional(ValueSpan{m_frame.value, m_frame.value}) : std::nullopt;
        const auto guest = guestFrameOf(xen, m_frame);
        return guest ? std::optional(ValueSpan{guest->value, guest->value}) : std::nullopt;
    }

    const FrameFacts& m_facts;
    const FrameRole& m_role;
    FrameNumber m_frame;
};

/// Adds where borders in the guests' numbers lie in the machine, and where a guest's numbers jump.
void addGuestBorders(
    std::vector<FrameNumber>& borders, const XenState& xen, const std::vector<FrameNumber>& ofFilter)
{
    for (const XenExtent& extent : xen.extents) {
        borders.insert(borders.end(), {extent.machine, extent.machine + extent.frames});
        for (const FrameNumber value : ofFilter) {
            const GuestFrame guest(value.value);
            if (guest >= extent.guest && guest - extent.guest < extent.frames)
                borders.push_back(extent.machine + (guest - extent.guest));
        }
    }
}

/// Frames at which the answer may change, sorted: between two of them one frame speaks for all.
std::vector<FrameNumber> bordersOf(
    const FrameFacts& facts, const Filter& filter, const std::vector<FrameNumber>& ofFilter)
{
    std::vector<FrameNumber> borders = ofFilter;
    if (facts.snapshot.xen() && filter.uses(Field::Pfn))
        addGuestBorders(borders, *facts.snapshot.xen(), ofFilter);
    for (const PhysicalRegion& region : facts.snapshot.namedRegions())
        borders.insert(borders.end(), {frameOf(region.range.begin), frameOf(region.range.end)});
    for (const auto& [frame, rule] : facts.findings)
        borders.insert(borders.end(), {frame, frame + 1});
    for (const FrameNumber frame : facts.changed)
        borders.insert(borders.end(), {frame, frame + 1});
    std::sort(borders.begin(), borders.end());
    borders.erase(std::unique(borders.begin(), borders.end()), borders.end());
    return borders;
}

void addRange(std::vector<FrameRange>& ranges, FrameNumber begin, FrameNumber end)
{
    if (!ranges.empty() && ranges.back().end == begin)
        ranges.back().end = end;
    else
        ranges.push_back({begin, end});
}

std::vector<FrameRange> framesThemselves(const FrameFacts& facts, const Filter& filter)
{
    const auto ofFilter = filter.frameBorders();
    const std::vector<FrameNumber> borders
        = bordersOf(facts, filter, ofFilter.value_or(std::vector<FrameNumber>{}));
    std::vector<FrameRange> matched;
    std::uint64_t looked = 0;
    auto border = borders.begin();
    for (const FrameRole& role : facts.roles.ranges()) {
        FrameNumber begin = role.begin;
        while (begin < role.end && looked++ < maxSingleFrames) {
            while (border != borders.end() && *border <= begin)
                ++border;
            FrameNumber end = border == borders.end() ? role.end : std::min(*border, role.end);
            if (!ofFilter)
                end = begin + 1;
            if (filter.matches(FrameSubject(facts, role, begin)))
                addRange(matched, begin, end);
            begin = end;
        }
    }
    return matched;
}

void addMapped(std::vector<FrameRange>& ranges, const FrameFacts& facts, const Filter& filter,
    const FilterKnowledge& knowledge)
{
    forEachRun(facts.snapshot, {.detached = true}, filter, knowledge, [&](const Run& run) {
        if (run.kind == RunKind::Mapping)
            ranges.push_back({frameOf(run.physical), frameOf(run.physical) + (run.bytes >> frameShift)});
        return true;
    });
}

std::vector<FrameRange> joined(std::vector<FrameRange> ranges)
{
    std::sort(ranges.begin(), ranges.end(),
        [](const FrameRange& a, const FrameRange& b) { return a.begin < b.begin; });
    std::vector<FrameRange> result;
    for (const FrameRange& range : ranges) {
        if (result.empty() || result.back().end < range.begin)
            result.push_back(range);
        else
            result.back().end = std::max(result.back().end, range.end);
    }
    return result;
}

} // namespace

bool asksForMappings(const Filter& filter)
{
    return std::any_of(fields().begin(), fields().end(),
        [&](const FieldInfo& field) { return !field.isOf(SubjectKind::Frame) && filter.uses(field.field); });
}

std::vector<FrameRange> matchingFrames(
    const FrameFacts& facts, const Filter& filter, const FilterKnowledge& knowledge)
{
    if (!asksForMappings(filter))
        return framesThemselves(facts, filter);
    std::vector<FrameRange> ranges;
    addMapped(ranges, facts, filter, knowledge);
    return joined(std::move(ranges));
}

} // namespace pgtscope::core
