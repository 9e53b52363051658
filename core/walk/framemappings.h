// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/walk/aliases.h"
#include "core/walk/tabledigest.h"

namespace pgtscope::core {

/// Number of entries that map a frame; exact.
struct MappingTally {
    std::uint64_t entries = 0;
    std::uint64_t writable = 0; ///< Of these, entries that some path makes writable.
};

/// Which of the ways to reach a table count.
enum class ReachChoice : std::uint8_t {
    /// One, so that an entry counts once: writable first, then reachable, then of the walked half of KPTI,
    /// then
    /// the lowest linear address.
    MostPermissive,
    Every, ///< Each set of inherited rights makes an entry a mapping of its own.
};

/// The reverse map of a chosen set of frames: which entries map each of them, large pages included. It keeps
/// eight bytes a mapping and stops listing at a bound, after which only the tallies go on: a hostile guest
/// can map one frame 2^27 times.
class FrameMappings {
public:
    static constexpr std::size_t defaultListed = 1U << 22;

    /// `reached` as reachedTables() gives it. Both arguments are kept by reference.
    FrameMappings(const Snapshot& snapshot, std::span<const Reach> reached, std::vector<FrameNumber> frames,
        std::size_t maxListed = defaultListed, ReachChoice choice = ReachChoice::MostPermissive);
    /// The same by the digests of the snapshot's tables, by TableId: no entry is decoded but those that map a
    /// frame.
    FrameMappings(const Snapshot& snapshot, std::span<const Reach> reached, std::vector<FrameNumber> frames,
        std::span<const TableDigest* const> digests, std::size_t maxListed = defaultListed);

    /// Sorted, without duplicates.
    const std::vector<FrameNumber>& frames() const { return m_frames; }
    /// False if some mappings are only counted.
    bool complete() const { return m_complete; }

    /// By position in frames().
    MappingTally tally(std::size_t position) const { return m_tallies[position]; }
    std::size_t listed(std::size_t position) const { return m_begin[position + 1] - m_begin[position]; }
    /// `which` is below listed(position).
    Alias alias(std::size_t position, std::size_t which) const;

    /// Position of a frame in frames(), or frames().size().
    std::size_t positionOf(FrameNumber frame) const;
    /// Mappings of a frame, `max` at most.
    std::vector<Alias> aliases(FrameNumber frame, std::size_t max) const;

private:
    struct Place {
        std::uint32_t reach;
        std::uint16_t index;
    };
    struct Found {
        std::uint32_t position;
        Place place;
    };
    class Search;

    bool prepare();
    template <class SearchIn>
    void find(ReachChoice choice, std::size_t maxListed, SearchIn searchIn);
    void list(const std::vector<Found>& found);

    const Snapshot* m_snapshot;
    std::span<const Reach> m_reached;
    std::vector<FrameNumber> m_frames;
    std::vector<MappingTally> m_tallies;
    std::vector<std::uint32_t> m_begin; ///< Into m_places, by position; one more than there are frames.
    std::vector<Place> m_places;
    bool m_complete = true;
};

} // namespace pgtscope::core
