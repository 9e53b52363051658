// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "core/base/physicalmemory.h"
#include "core/model/capture.h"

namespace pgtscope::core {

/// The level of a table page from another source: the allocator's caller, Xen's frame type.
struct LevelHint {
    FrameNumber frame;
    unsigned level = 0; ///< 1 to 5.
};

enum class LevelEvidence : std::uint8_t {
    Hint,
    PointsAtTables, ///< Each entry references a table whose level is known.
    MapsPages, ///< Entries can only be leaves.
    Empty, ///< All zero: allocated and not filled yet, or never to be. The level is unknown.
    Referenced, ///< Empty, but a detached table references it.
    Unreadable,
    NotCleared, ///< Handed out just now: its content is not the kernel's yet.
};
std::string_view evidenceText(LevelEvidence evidence);

/// A page that the allocator handed out and that no root reaches.
struct DetachedTable {
    FrameNumber frame;
    unsigned level = 0; ///< 0 where it is unknown.
    LevelEvidence evidence = LevelEvidence::Empty;
};

struct DetachedTables {
    std::vector<DetachedTable> tables; ///< By frame.
    /// True if the buffer was too large to look at every frame.
    bool cut = false;

    /// What a capture needs, parents before children.
    std::vector<DetachedRoot> roots() const;
};

/// Finds the detached tables among the frames that pgt_buf handed out: [start, end) of each epoch and
/// `beyond`. `reachable` is a capture from the root. After free_initmem() there is nothing to find: the
/// values say nothing about the present any more. The content of `notCleared` pages is not believed.
Result<DetachedTables> findDetachedTables(const Snapshot& reachable, PhysicalMemory& memory,
    const PageTableBuffer& buffer, std::span<const LevelHint> hints = {},
    std::span<const FrameNumber> notCleared = {});

} // namespace pgtscope::core
