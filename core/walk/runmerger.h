// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>

#include "core/walk/runs.h"

namespace pgtscope::core {

/// Joins neighbouring entries that say the same into runs: the one place that knows what "the same" means.
/// Entries come in the order of their linear addresses.
class RunMerger {
public:
    /// All three must outlive the merger.
    RunMerger(
        const Snapshot& snapshot, const RunOptions& options, const std::function<bool(const Run&)>& sink);

    /// An entry that maps a page. False to stop.
    bool addPage(const WalkedEntry& walked)
    {
        if (joins(RunKind::Mapping, walked.linear, walked.entry, walked.rights)
            && (!m_options.physicallyContiguous || continues(walked.entry.target))) {
            grow(m_snapshot.paging().span(walked.entry.level), 1);
            return true;
        }
        return beginPage(walked);
    }
    /// Any run, of one entry or of several. Its region is found anew. False to stop.
    bool add(const Run& run);
    /// A run of this entry alone.
    Run describe(RunKind kind, const WalkedEntry& walked) const;

    /// Entries described from here on are of this detached table, and of those that it references.
    void enterDetached(TableId root) { m_detachedRoot = root; }
    void cancel() { m_end = RunsEnd::Cancelled; }
    /// Passes on the last run.
    RunsEnd finish();

private:
    bool joins(RunKind kind, LinearAddress linear, const Entry& entry, Rights rights) const
    {
        return m_options.merge && m_run.entries != 0 && m_run.kind == kind
            && m_run.detachedRoot == m_detachedRoot && m_run.begin + m_run.bytes == linear
            && m_run.first.level == entry.level && m_run.rights == rights && sameFlags(kind, entry)
            && inRegion(linear);
    }
    bool sameFlags(RunKind kind, const Entry& entry) const
    {
        return kind != RunKind::Mapping || ((entry.raw ^ m_run.first.raw) & m_flags) == 0;
    }
    /// True if the run goes on at `target` in physical memory; under Xen also in its owner's.
    bool continues(PhysicalAddress target) const
    {
        return target == m_run.physical + m_run.bytes
            && (!m_xen || guestFrameDistance(m_run.physical, target) == m_run.bytes >> frameShift);
    }
    std::uint64_t guestFrameDistance(PhysicalAddress from, PhysicalAddress to) const;
    /// True while `linear` lies in the region, or in the space between regions, of the run at hand.
    bool inRegion(LinearAddress linear) const
    {
        return m_run.region ? m_run.region->range.contains(linear)
                            : m_run.detached() || linear < m_nextRegion;
    }
    void grow(std::uint64_t bytes, std::uint64_t entries)
    {
        m_run.bytes += bytes;
        m_run.entries += entries;
    }
    void describeIn(Run& run, RunKind kind, const WalkedEntry& walked) const;
    bool begin(const Run& run);
    bool beginPage(const WalkedEntry& walked);
    /// Finds what belongs to the run at hand: its region and its flags.
    void settle(const LinearRegion* before);
    void findRegion(const LinearRegion* before);
    bool flush();

    const Snapshot& m_snapshot;
    const RunOptions& m_options;
    const std::function<bool(const Run&)>& m_sink;
    const XenState* m_xen;
    Run m_run; ///< At hand while it has entries.
    std::uint64_t m_flags = 0; ///< Bits of the run's entries that must be equal.
    LinearAddress m_nextRegion; ///< Where the space without a region ends.
    TableId m_detachedRoot = noTable; ///< Of the entries that come.
    std::uint64_t m_count = 0;
    RunsEnd m_end = RunsEnd::Complete;
};

} // namespace pgtscope::core
