// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/walk/aliascounts.h"

#include <algorithm>

namespace pgtscope::core {

namespace {

/// A mapping of so many paths begins or ends at a frame.
struct Event {
    FrameNumber frame;
    std::uint64_t paths;
    bool begins;
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
        if (!reach.detached && !reach.otherHalf)
            addEvents(events, snapshot, reach);
    std::sort(events.begin(), events.end(), [](const Event& a, const Event& b) { return a.frame < b.frame; });
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < events.size();) {
        const FrameNumber frame = events[i].frame;
        for (; i < events.size() && events[i].frame == frame; ++i)
            sum += events[i].begins ? events[i].paths : std::uint64_t{0} - events[i].paths;
        m_stretches.push_back({frame, sum});
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
        most = std::max(most, at->count);
    return most;
}

} // namespace pgtscope::core
