// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/walk/runs.h"

#include <vector>

namespace pgtscope::core {

namespace {

/// Remembers each (table, inherited rights) that was told, and where.
class ToldTables {
public:
    explicit ToldTables(std::size_t tables)
        : m_at(tables * rightsCount, notYet)
    {
    }
    /// The address it was told at before, or `notYet` after noting `linear`.
    LinearAddress note(TableId table, Rights rights, LinearAddress linear)
    {
        LinearAddress& at = m_at[std::size_t{table} * rightsCount + rights.index()];
        const LinearAddress before = at;
        if (before == notYet)
            at = linear;
        return before;
    }
    // No table begins at an odd address.
    static constexpr LinearAddress notYet{1};

private:
    std::vector<LinearAddress> m_at;
};

class RunSink {
public:
    RunSink(const Snapshot& snapshot, const RunOptions& options, const std::function<bool(const Run&)>& out)
        : m_snapshot(snapshot)
        , m_options(options)
        , m_out(out)
        , m_told(options.expandShared ? 0 : snapshot.tables().size())
    {
        m_ignored = options.distinguishAccessed ? 0 : bit::a | bit::d;
    }

    bool page(const WalkedEntry& walked)
    {
        const std::uint64_t span = m_snapshot.paging().span(walked.entry.level);
        if (extends(RunKind::Mapping, walked)
            && ((walked.entry.raw ^ m_run.first.raw) & ~m_ignored & flagMask(walked)) == 0
            && (!m_options.physicallyContiguous || walked.entry.target == m_run.physical + m_run.bytes)) {
            m_run.bytes += span;
            ++m_run.entries;
            return true;
        }
        return begin(RunKind::Mapping, walked);
    }

    bool enter(const WalkedEntry& walked, TableId child)
    {
        if (m_options.cancel && m_options.cancel->cancelled()) {
            m_end = RunsEnd::Cancelled;
            return false;
        }
        if (m_options.expandShared)
            return true;
        const LinearAddress before = m_told.note(child, walked.rights, walked.linear);
        if (before == ToldTables::notYet)
            return true;
        if (extends(RunKind::SharedTable, walked) && m_run.sameAs == before
            && m_run.physical == walked.entry.target)
            grow(walked);
        else if (begin(RunKind::SharedTable, walked))
            m_run.sameAs = before;
        return false;
    }

    bool gap(const WalkedEntry& walked, TableState state)
    {
        const RunKind kind = walked.entry.reserved != 0 ? RunKind::Reserved : RunKind::Gap;
        // Each broken entry stands alone: its own address and value are what the user needs.
        if (!begin(kind, walked))
            return false;
        m_run.gap = state;
        return true;
    }

    RunsEnd finish()
    {
        flush();
        return m_end;
    }

    bool stopped() const { return m_end != RunsEnd::Complete; }

private:
    bool extends(RunKind kind, const WalkedEntry& walked) const
    {
        return m_options.merge && m_run.entries != 0 && m_run.kind == kind
            && m_run.begin + m_run.bytes == walked.linear && walked.linear != m_regionBreak
            && m_run.first.level == walked.entry.level && m_run.rights == walked.rights;
    }

    /// Bits that are neither address nor ignored by the MMU.
    std::uint64_t flagMask(const WalkedEntry& walked) const
    {
        return ~m_snapshot.paging().at(walked.entry.level).pageAddress;
    }

    void grow(const WalkedEntry& walked)
    {
        m_run.bytes += m_snapshot.paging().span(walked.entry.level);
        ++m_run.entries;
    }

    bool begin(RunKind kind, const WalkedEntry& walked)
    {
        if (!flush())
            return false;
        m_run = Run{};
        m_run.kind = kind;
        m_run.begin = walked.linear;
        m_run.bytes = m_snapshot.paging().span(walked.entry.level);
        m_run.entries = 1;
        m_run.physical = walked.entry.target;
        m_run.first = walked.entry;
        m_run.rights = walked.rights;
        m_run.entryAddress = m_snapshot.table(walked.table).entryAddress(m_snapshot.paging(), walked.index);
        findRegion();
        return true;
    }

    void findRegion()
    {
        m_run.region = m_snapshot.regionAt(m_run.begin);
        // The next place where a run has to end: this region's end, or the next one's begin.
        m_regionBreak = ToldTables::notYet;
        if (m_run.region) {
            m_regionBreak = m_run.region->range.end;
            return;
        }
        for (const LinearRegion& region : m_snapshot.linearRegions()) {
            if (region.range.begin > m_run.begin) {
                m_regionBreak = region.range.begin;
                return;
            }
        }
    }

    bool flush()
    {
        if (stopped())
            return false;
        if (m_run.entries == 0)
            return true;
        if (!m_out(m_run)) {
            m_end = RunsEnd::SinkStopped;
        } else if (++m_count == m_options.maxRuns) {
            m_end = RunsEnd::Limit;
        }
        m_run.entries = 0;
        return !stopped();
    }

    const Snapshot& m_snapshot;
    const RunOptions& m_options;
    const std::function<bool(const Run&)>& m_out;
    ToldTables m_told;
    std::uint64_t m_ignored = 0;
    std::uint64_t m_count = 0;
    LinearAddress m_regionBreak = ToldTables::notYet;
    Run m_run;
    RunsEnd m_end = RunsEnd::Complete;
};

} // namespace

RunsEnd forEachRun(
    const Snapshot& snapshot, const RunOptions& options, const std::function<bool(const Run&)>& sink)
{
    RunSink runs(snapshot, options, sink);
    walk(snapshot, runs);
    return runs.finish();
}

} // namespace pgtscope::core
