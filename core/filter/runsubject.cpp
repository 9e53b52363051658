// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/filter/runsubject.h"

#include "core/walk/runmerger.h"

namespace pgtscope::core {

std::optional<ValueSpan> RunSubject::number(Field field) const
{
    switch (field) {
    case Field::Va:
        if (m_run.detached())
            return std::nullopt;
        return ValueSpan{m_run.begin.value, m_run.begin.value + m_run.bytes - 1};
    case Field::Level:
        return ValueSpan::single(m_run.first.level);
    case Field::Size:
        return ValueSpan::single(m_snapshot.paging().span(m_run.first.level));
    case Field::Raw:
        return ValueSpan::single(m_run.first.raw);
    case Field::Entry:
        return ValueSpan::single(m_run.entryAddress.value);
    case Field::Table:
        return ValueSpan::single(m_run.entryAddress.value & ~(frameBytes - 1));
    case Field::Reserved:
        return ValueSpan::single(m_run.first.reserved);
    case Field::Changed:
        if (!m_knowledge.changed)
            return std::nullopt;
        return ValueSpan::single(m_knowledge.changed(m_run.entryAddress) ? 1 : 0);
    case Field::Pa:
    case Field::Pfn:
    case Field::Mfn:
    case Field::Pkey:
    case Field::Alias:
    case Field::Rw:
    case Field::User:
    case Field::Nx:
    case Field::A:
    case Field::D:
    case Field::G:
    case Field::Pat:
    case Field::Pcd:
    case Field::Pwt:
    case Field::EffRw:
    case Field::EffUser:
    case Field::EffNx:
        return m_run.kind == RunKind::Mapping ? pageNumber(field) : std::nullopt;
    default:
        return std::nullopt;
    }
}

/// A field of pages alone.
std::optional<ValueSpan> RunSubject::pageNumber(Field field) const
{
    if (field == Field::Pa)
        return ValueSpan{m_run.physical.value, m_run.physical.value + m_run.bytes - 1};
    if (field == Field::Pfn || field == Field::Mfn)
        return frameNumber(field);
    if (field == Field::Pkey)
        return ValueSpan::single(m_run.first.pkey);
    if (field == Field::Alias)
        return m_knowledge.aliases ? std::optional(
                   ValueSpan::single(m_knowledge.aliases(frameOf(m_run.physical), m_run.bytes >> frameShift)))
                                   : std::nullopt;
    const auto flag = flagOf(field, m_run.first, m_run.rights);
    return flag ? std::optional(ValueSpan::single(*flag)) : std::nullopt;
}

std::optional<ValueSpan> RunSubject::frameNumber(Field field) const
{
    const FrameNumber frame = frameOf(m_run.physical);
    const std::uint64_t further = (m_run.bytes >> frameShift) - 1;
    // Only a Xen guest has two kinds of frame numbers; elsewhere there are no machine frame numbers.
    if (!m_knowledge.guestFrame) {
        if (field == Field::Mfn)
            return std::nullopt;
        return ValueSpan{frame.value, frame.value + further};
    }
    if (field == Field::Mfn)
        return ValueSpan{frame.value, frame.value + further};
    const auto guest = m_knowledge.guestFrame(frame);
    if (!guest)
        return std::nullopt;
    return ValueSpan{guest->value, guest->value + further};
}

bool RunSubject::anyText(Field field, const TextPattern& pattern) const
{
    const bool isPage = m_run.kind == RunKind::Mapping;
    switch (field) {
    case Field::Kind:
        return pattern.matches(kindText(m_run.kind));
    case Field::Region:
        return anyRegion(pattern);
    case Field::Role:
        return isPage && m_knowledge.role
            && m_knowledge.role(frameOf(m_run.physical), m_run.bytes >> frameShift, pattern);
    case Field::Finding:
        return m_knowledge.finding && m_knowledge.finding(m_run.entryAddress, pattern);
    default:
        return false;
    }
}

bool RunSubject::anyRegion(const TextPattern& pattern) const
{
    if (m_run.region && pattern.matches(m_run.region->name))
        return true;
    if (m_run.kind != RunKind::Mapping)
        return false;
    const std::uint64_t first = m_run.physical.value;
    for (const PhysicalRegion& region : m_snapshot.namedRegions()) {
        const bool overlaps
            = first < region.range.end.value && region.range.begin.value < first + m_run.bytes;
        if (overlaps && pattern.matches(region.name))
            return true;
    }
    return false;
}

RunsEnd forEachRun(const Snapshot& snapshot, const RunOptions& options, const Filter& filter,
    const FilterKnowledge& knowledge, const std::function<bool(const Run&)>& sink)
{
    if (filter.empty())
        return forEachRun(snapshot, options, sink);
    RunMerger merger(snapshot, options, sink);
    RunOptions single = options;
    single.merge = false;
    single.maxRuns = 0;
    const RunsEnd walked = forEachRun(snapshot, single, [&](const Run& run) {
        return !filter.matches(RunSubject(snapshot, run, knowledge)) || merger.add(run);
    });
    if (walked == RunsEnd::Cancelled)
        merger.cancel();
    return merger.finish();
}

} // namespace pgtscope::core
