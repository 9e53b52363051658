// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/walk/framemappings.h"

#include <algorithm>
#include <bitset>
#include <limits>
#include <numeric>
#include <tuple>

namespace pgtscope::core {

namespace {

constexpr std::uint32_t noReach = std::numeric_limits<std::uint32_t>::max();

/// Indices of the ways to reach tables that count.
std::vector<std::uint32_t> chosenReaches(
    const Snapshot& snapshot, std::span<const Reach> reached, ReachChoice choice)
{
    if (choice == ReachChoice::Every) {
        std::vector<std::uint32_t> all(reached.size());
        std::iota(all.begin(), all.end(), std::uint32_t{0});
        return all;
    }
    const auto rank = [](const Reach& r) {
        return std::tuple(!r.rights.write, r.detached, r.otherHalf, r.first, r.rights.index());
    };
    std::vector<std::uint32_t> best(snapshot.tables().size(), noReach);
    for (std::uint32_t i = 0; i < reached.size(); ++i) {
        std::uint32_t& known = best[reached[i].table];
        if (known == noReach || rank(reached[i]) < rank(reached[known]))
            known = i;
    }
    std::erase(best, noReach);
    return best;
}

} // namespace

class FrameMappings::Search {
public:
    Search(FrameMappings& mappings, std::size_t maxListed)
        : m_mappings(mappings)
        , m_snapshot(*mappings.m_snapshot)
        , m_frames(mappings.m_frames)
        , m_maxListed(maxListed)
        , m_entries(m_frames.size() + 1)
        , m_writable(m_frames.size() + 1)
    {
        for (const FrameNumber frame : m_frames)
            m_mayBeWanted.set(frame.value % filterBits);
    }

    void searchTable(std::uint32_t reach)
    {
        const Paging& paging = m_snapshot.paging();
        const Table& table = m_snapshot.table(m_mappings.m_reached[reach].table);
        const auto entries = table.entries(paging);
        for (auto next = entries.begin(); next != entries.end(); ++next) {
            // Most PTEs map frames that were not asked for: refuse them before anything is decoded.
            if (table.level == 1 && !m_mayBeWanted.test(frameOf(next.target()).value % filterBits))
                continue;
            const EntryAt at = *next;
            if (at.entry.mapsPage())
                match(reach,
                    {frameOf(at.entry.target), static_cast<std::uint16_t>(at.index), 1, 0, at.entry.rights});
        }
    }

    void searchDigest(std::uint32_t reach, const TableDigest& digest)
    {
        for (const LeafExtent& extent : digest.leaves)
            match(reach, extent);
    }

    std::vector<Found> finish()
    {
        std::uint64_t entries = 0;
        std::uint64_t writable = 0;
        for (std::size_t i = 0; i < m_frames.size(); ++i) {
            // The differences wrap where a range ends, and so do the sums: modulo 2^64 all is exact.
            entries += m_entries[i];
            writable += m_writable[i];
            m_mappings.m_tallies[i] = {entries, writable};
        }
        return std::move(m_found);
    }

private:
    static constexpr std::size_t filterBits = 1U << 16;

    void match(std::uint32_t reach, const LeafExtent& extent)
    {
        const unsigned level = m_snapshot.table(m_mappings.m_reached[reach].table).level;
        const std::uint64_t pages = m_snapshot.paging().span(level) >> frameShift;
        const FrameNumber end = extent.frame + extent.entries * pages;
        const auto first = std::lower_bound(m_frames.begin(), m_frames.end(), extent.frame);
        const auto last = std::lower_bound(first, m_frames.end(), end);
        if (first == last)
            return;
        const auto from = static_cast<std::size_t>(first - m_frames.begin());
        const auto to = static_cast<std::size_t>(last - m_frames.begin());
        ++m_entries[from];
        --m_entries[to];
        if (m_mappings.m_reached[reach].rights.write && extent.rights.write) {
            ++m_writable[from];
            --m_writable[to];
        }
        const std::size_t room = m_maxListed - m_found.size();
        if (to - from > room)
            m_mappings.m_complete = false;
        for (std::size_t at = from; at < from + std::min(to - from, room); ++at) {
            const std::uint64_t index = extent.index + (m_frames[at] - extent.frame) / pages;
            m_found.push_back({static_cast<std::uint32_t>(at), {reach, static_cast<std::uint16_t>(index)}});
        }
    }

    FrameMappings& m_mappings;
    const Snapshot& m_snapshot;
    const std::vector<FrameNumber>& m_frames;
    std::size_t m_maxListed;
    std::bitset<filterBits> m_mayBeWanted;
    std::vector<std::uint64_t> m_entries; // differences from one position to the next
    std::vector<std::uint64_t> m_writable;
    std::vector<Found> m_found;
};

template <class SearchIn>
void FrameMappings::find(ReachChoice choice, std::size_t maxListed, SearchIn searchIn)
{
    if (!prepare())
        return;
    Search search(*this, maxListed);
    for (const std::uint32_t reach : chosenReaches(*m_snapshot, m_reached, choice))
        searchIn(search, reach);
    list(search.finish());
}

FrameMappings::FrameMappings(const Snapshot& snapshot, std::span<const Reach> reached,
    std::vector<FrameNumber> frames, std::size_t maxListed, ReachChoice choice)
    : m_snapshot(&snapshot)
    , m_reached(reached)
    , m_frames(std::move(frames))
{
    find(choice, maxListed, [](Search& search, std::uint32_t reach) { search.searchTable(reach); });
}

FrameMappings::FrameMappings(const Snapshot& snapshot, std::span<const Reach> reached,
    std::vector<FrameNumber> frames, std::span<const TableDigest* const> digests, std::size_t maxListed)
    : m_snapshot(&snapshot)
    , m_reached(reached)
    , m_frames(std::move(frames))
{
    find(ReachChoice::MostPermissive, maxListed, [&](Search& search, std::uint32_t reach) {
        search.searchDigest(reach, *digests[reached[reach].table]);
    });
}

/// False if no frame is asked for.
bool FrameMappings::prepare()
{
    std::sort(m_frames.begin(), m_frames.end());
    m_frames.erase(std::unique(m_frames.begin(), m_frames.end()), m_frames.end());
    m_tallies.resize(m_frames.size());
    m_begin.resize(m_frames.size() + 1);
    return !m_frames.empty();
}

void FrameMappings::list(const std::vector<Found>& found)
{
    for (const Found& mapping : found)
        ++m_begin[mapping.position + 1];
    for (std::size_t i = 1; i < m_begin.size(); ++i)
        m_begin[i] += m_begin[i - 1];
    std::vector<std::uint32_t> next(m_begin.begin(), m_begin.end() - 1);
    m_places.resize(found.size());
    for (const Found& mapping : found)
        m_places[next[mapping.position]++] = mapping.place;
}

Alias FrameMappings::alias(std::size_t position, std::size_t which) const
{
    const Place place = m_places[m_begin[position] + which];
    const Paging& paging = m_snapshot->paging();
    const Reach& reach = m_reached[place.reach];
    Alias alias = aliasAt(paging, reach, m_snapshot->table(reach.table).entryAt(paging, place.index));
    alias.linear = paging.canonicalised(
        alias.linear + ((m_frames[position] - frameOf(alias.entry.target)) << frameShift));
    return alias;
}

std::size_t FrameMappings::positionOf(FrameNumber frame) const
{
    const auto found = std::lower_bound(m_frames.begin(), m_frames.end(), frame);
    return found == m_frames.end() || *found != frame ? m_frames.size()
                                                      : static_cast<std::size_t>(found - m_frames.begin());
}

std::vector<Alias> FrameMappings::aliases(FrameNumber frame, std::size_t max) const
{
    std::vector<Alias> result;
    const std::size_t position = positionOf(frame);
    if (position == m_frames.size())
        return result;
    for (std::size_t i = 0; i < std::min(max, listed(position)); ++i)
        result.push_back(alias(position, i));
    return result;
}

} // namespace pgtscope::core
