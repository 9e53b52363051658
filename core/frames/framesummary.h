// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "core/frames/frameroles.h"

namespace pgtscope::core {

/// How many frames have one role.
struct RoleCount {
    std::string role; ///< As FrameRole::name() spells it.
    std::string title; ///< For people.
    unsigned level = 0; ///< Tables: the level; 0 for other roles.
    bool detached = false;
    std::uint64_t frames = 0;
};

/// Frames by role, and how the table frames themselves are mapped.
struct FrameSummary {
    /// Tables first, from the top level down, then the others as they first appear in memory. A frame that
    /// serves on several levels counts on each.
    std::vector<RoleCount> roles;
    std::uint64_t tableFrames = 0; ///< Distinct.
    std::uint64_t tableMappings = 0; ///< Entries that map a table frame as a page.
    /// Those that the supervisor may write through: on some path, or all of them while CR0.WP is 0.
    std::uint64_t writableTableMappings = 0;
    bool writeProtect = true; ///< CR0.WP.
    std::vector<std::string> gaps; ///< See unreadTables(): what is in them is not counted.
};

/// What Xen's frame_table has as page tables of the domain; all 0 without Xen.
struct XenTypeCounts {
    std::array<std::uint64_t, 5> tables{}; ///< By level, 1 to 4.
    std::uint64_t pinned = 0;
    std::uint64_t notReached = 0; ///< No walk from the root meets them.
};
XenTypeCounts countXenTypes(const Snapshot& snapshot);

/// How many distinct table frames were read outside RAM: in ROM or flash.
std::size_t tableFramesInRom(const Snapshot& snapshot);

FrameSummary summariseFrames(const SnapshotPtr& snapshot);

} // namespace pgtscope::core
