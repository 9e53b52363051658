// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/walk/aliascounts.h"

#include <algorithm>
#include <limits>

namespace pgtscope::core {

namespace {

/// A mapping of so many paths begins or ends at a frame.
struct Event {
    FrameNumber frame;
    std::uint64_t paths;
    bool begins;
};

/// A sum of up to 2^64 counts of 64 bits each, as two words: a count may pass 2^64 for a while, and what has
/// been added can always be taken away again exactly.
struct WideSum {
    std::uint64_t low = 0;
    std::uint64_t high = 0;

    void add(std::uint64_t n)
    {
        low += n;
        high += low < n ? 1 : 0;
    }
    void subtract(std::uint64_t n)
    {
        high -= low < n ? 1 : 0;
        low -= n;
    }
    std::uint64_t saturated() const { return high == 0 ? low : std::numeric_limits<std::uint64_t>::max(); }
};

void addEvents(std::vector<Event>& events, const Snapshot& snapshot, const Reach& reach)
{
    const Paging& paging = snapshot.paging();
    const Table& table = snapshot.table(reach.table);
    const std::uint64_t frames = paging.span(table.level) >> frameShift;
    for (const EntryAt& at : table.entries(paging)) {
        if (!at.entry.mapsPage())
            continue;
        const FrameNumber begin = frameOf(at.entry.target);
        events.push_back({begin, reach.paths, true});
        events.push_back({begin + frames, reach.paths, false});
    }
}

} // namespace

AliasCounts::AliasCounts(const Snapshot& snapshot, std::span<const Reach> reached)
{
    std::vector<Event> events;
    for (const Reach& reach : reached)
        if (!reach.detached)
            addEvents(events, snapshot, reach);
    std::sort(events.begin(), events.end(), [](const Event& a, const Event& b) { return a.frame < b.frame; });
    WideSum sum;
    for (std::size_t i = 0; i < events.size();) {
        const FrameNumber frame = events[i].frame;
        for (; i < events.size() && events[i].frame == frame; ++i)
            events[i].begins ? sum.add(events[i].paths) : sum.subtract(events[i].paths);
        m_stretches.push_back({frame, sum.saturated()});
    }
}

std::uint64_t AliasCounts::most(FrameNumber first, std::uint64_t frames) const
{
    auto at = std::upper_bound(m_stretches.begin(), m_stretches.end(), first,
        [](FrameNumber f, const Stretch& s) { return f < s.begin; });
    if (at != m_stretches.begin())
        --at;
    std::uint64_t most = 0;
    for (; at != m_stretches.end() && at->begin < first + frames; ++at)
        if (at->begin >= first || std::next(at) == m_stretches.end() || std::next(at)->begin > first)
            most = std::max(most, at->count);
    return most;
}

} // namespace pgtscope::core
