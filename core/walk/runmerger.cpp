// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/walk/runmerger.h"

#include <algorithm>
#include <limits>

namespace pgtscope::core {

RunMerger::RunMerger(
    const Snapshot& snapshot, const RunOptions& options, const std::function<bool(const Run&)>& sink)
    : m_snapshot(snapshot)
    , m_options(options)
    , m_sink(sink)
    , m_xen(snapshot.xen())
{
}

std::uint64_t RunMerger::guestFrameDistance(PhysicalAddress from, PhysicalAddress to) const
{
    const auto first = m_xen->guestFrame(frameOf(from));
    const auto last = m_xen->guestFrame(frameOf(to));
    // Frames of Xen's own have no other number.
    if (!first && !last)
        return frameOf(to) - frameOf(from);
    return first && last ? *last - *first : std::numeric_limits<std::uint64_t>::max();
}

bool RunMerger::add(const Run& run)
{
    m_detachedRoot = run.detachedRoot;
    bool joined = joins(run.kind, run.begin, run.first, run.rights);
    if (run.kind == RunKind::Mapping)
        joined = joined && (!m_options.physicallyContiguous || continues(run.physical));
    else if (run.kind == RunKind::SharedTable)
        // Of one level and one first address there is one table.
        joined = joined && run.sameAs == m_run.sameAs;
    else
        // Each broken entry is a run of its own: its address and value are what the user needs.
        joined = false;
    if (!joined)
        return begin(run);
    grow(run.bytes, run.entries);
    return true;
}

Run RunMerger::describe(RunKind kind, const WalkedEntry& walked) const
{
    Run run;
    describeIn(run, kind, walked);
    return run;
}

void RunMerger::describeIn(Run& run, RunKind kind, const WalkedEntry& walked) const
{
    const Paging& paging = m_snapshot.paging();
    run.kind = kind;
    run.begin = walked.linear;
    run.bytes = paging.span(walked.entry.level);
    run.entries = 1;
    run.physical = walked.entry.target;
    run.first = walked.entry;
    run.entryAddress = walked.address;
    run.rights = walked.rights;
    run.sameAs = {};
    run.gap = TableState::Read;
    run.detachedRoot = m_detachedRoot;
}

bool RunMerger::begin(const Run& run)
{
    const LinearRegion* before = m_run.region;
    if (!flush())
        return false;
    m_run = run;
    settle(before);
    return true;
}

bool RunMerger::beginPage(const WalkedEntry& walked)
{
    const LinearRegion* before = m_run.region;
    if (!flush())
        return false;
    // In place: a million pages that do not join come this way.
    describeIn(m_run, RunKind::Mapping, walked);
    settle(before);
    return true;
}

void RunMerger::settle(const LinearRegion* before)
{
    findRegion(before);
    m_flags = ~m_snapshot.paging().form(m_run.first).addressBits();
    if (!m_options.distinguishAccessed)
        m_flags &= ~setByProcessor;
}

void RunMerger::findRegion(const LinearRegion* before)
{
    if (m_run.detached()) {
        m_run.region = nullptr;
        return;
    }
    // Regions are long and runs come in order: mostly it is the region of the previous run.
    if (before && before->range.contains(m_run.begin)) {
        m_run.region = before;
        return;
    }
    m_run.region = nullptr;
    if (!before && m_run.begin < m_nextRegion)
        return;
    m_run.region = m_snapshot.regionAt(m_run.begin);
    if (m_run.region)
        return;
    const auto regions = m_snapshot.linearRegions();
    const auto next = std::upper_bound(regions.begin(), regions.end(), m_run.begin,
        [](LinearAddress a, const LinearRegion& r) { return a < r.range.begin; });
    m_nextRegion = next == regions.end() ? LinearAddress(std::numeric_limits<std::uint64_t>::max())
                                         : next->range.begin;
}

RunsEnd RunMerger::finish()
{
    flush();
    return m_end;
}

bool RunMerger::flush()
{
    if (m_end != RunsEnd::Complete)
        return false;
    if (m_run.entries == 0)
        return true;
    if (!m_sink(m_run))
        m_end = RunsEnd::SinkStopped;
    else if (++m_count == m_options.maxRuns)
        m_end = RunsEnd::Limit;
    m_run.entries = 0;
    return m_end == RunsEnd::Complete;
}

} // namespace pgtscope::core
