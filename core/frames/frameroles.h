// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/snapshot.h"

namespace pgtscope::core {

enum class FrameRoleKind : std::uint8_t {
    Table, ///< A page table; see levels.
    Named, ///< Inside one of the snapshot's physical regions.
    Ram, ///< RAM with no other role known.
    NotRam, ///< MMIO, or nothing at all.
};

/// What neighbouring frames are, all the same.
struct FrameRole {
    FrameNumber begin;
    FrameNumber end; ///< Exclusive.
    FrameRoleKind kind = FrameRoleKind::NotRam;
    std::uint8_t levels = 0; ///< Table: bit n set if it serves as a table of level n (1 to 5).
    bool detached = false; ///< Table: no root reaches it.
    const PhysicalRegion* region = nullptr; ///< Belongs to the snapshot; a table page may lie in one too.

    std::uint64_t frames() const { return end - begin; }
    /// As the filter language spells it: "table", a region's name ("rom" for ROM and flash), "ram" or "mmio".
    std::string name() const;
};

/// The role of every frame of a snapshot, as sorted, disjoint ranges; a table's role wins over the region
/// that it lies in. Where regions overlap, the later one counts.
class FrameRoles {
public:
    explicit FrameRoles(SnapshotPtr snapshot);

    const Snapshot& snapshot() const { return *m_snapshot; }

    const std::vector<FrameRole>& ranges() const { return m_ranges; }
    /// A range of kind NotRam that covers just `frame` if nothing is known of it.
    FrameRole at(FrameNumber frame) const;

private:
    SnapshotPtr m_snapshot;
    std::vector<FrameRole> m_ranges;
};

} // namespace pgtscope::core
