// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/frames/frameroles.h"
#include "core/walk/aliases.h"
#include "core/walk/framemappings.h"
#include "core/walk/tabledigest.h"

namespace pgtscope::core {

/// Bounds for hostile guests; totals are exact whatever they are.
struct RuleLimits {
    std::size_t findings = 1000; ///< Explained findings of each rule and state.
    std::size_t marks = 1U << 20; ///< Marks of each rule.
    std::size_t mappings = 64; ///< Mappings listed with a finding.
    std::size_t bufferFrames = 1U << 20; ///< pgt_buf frames looked at: 4 GiB of tables.
    std::size_t listed
        = FrameMappings::defaultListed; ///< Mappings looked at one by one; the others are counted.
};

/// One frame that serves as a table, in all its parts.
struct TableFrame {
    FrameNumber frame;
    std::uint8_t levels = 0; ///< Bit n set if it is a table of level n (1 to 5).
    bool detached = false; ///< No root reaches it.
};

/// What rules need to know of a snapshot, computed once when the first rule asks. Not to be used by two
/// threads at a time.
class RuleContext {
public:
    explicit RuleContext(SnapshotPtr snapshot, const RuleLimits& limits = {});
    /// As above, with what is known of the tables of an earlier step. Code that follows a boot gives the same
    /// digests to each step: then the work of a step follows what changed. They must outlive the context, and
    /// serve one context at a time.
    RuleContext(SnapshotPtr snapshot, const RuleLimits& limits, TableDigests& digests);
    // What is computed once refers to other parts of it.
    RuleContext(const RuleContext&) = delete;
    RuleContext& operator=(const RuleContext&) = delete;

    const Snapshot& snapshot() const { return *m_snapshot; }
    const Paging& paging() const { return m_snapshot->paging(); }
    const PageTableBuffer& pgtBuf() const { return m_snapshot->pgtBuf(); }
    const RuleLimits& limits() const { return m_limits; }
    const FrameRoles& roles() const;
    /// Of a table of this snapshot.
    const TableDigest& digest(TableId table) const { return *digests()[table]; }

    const std::vector<Reach>& reached() const;
    /// All ways to reach a table; empty if it could not be read.
    std::span<const Reach> reachesOf(TableId table) const;
    /// Sorted by frame.
    const std::vector<TableFrame>& tableFrames() const;
    /// Null if the frame is no table of this snapshot.
    const TableFrame* tableFrame(FrameNumber frame) const;

    /// True if some entry of a table leads to the frame as a table, or CR3 does. A table is filled first and
    /// hooked in last; from then on a hypervisor takes it for one.
    bool isHooked(FrameNumber frame) const;

    /// Mappings of all table frames, of the pgt_buf frames of every epoch, and of what the early_ioremap
    /// slots map.
    const FrameMappings& bufferMappings() const;
    /// True if pgt_buf was too large to look at all its frames.
    bool bufferCut() const;
    /// Tables that a walk should have read and could not, a phrase each; the first few of many.
    const std::vector<std::string>& tableGaps() const;
    /// Frames of pgt_buf that could not be looked at, because nothing says where in the machine they are.
    std::uint64_t bufferUnplaced() const;
    /// One pass over all tables.
    FrameMappings mappingsOf(std::vector<FrameNumber> frames) const;

private:
    const std::vector<const TableDigest*>& digests() const;
    std::vector<FrameNumber> bufferFrames() const;
    void addSlotFrames(std::vector<FrameNumber>& frames) const;

    SnapshotPtr m_snapshot;
    RuleLimits m_limits;
    TableDigests* m_sharedDigests = nullptr;
    mutable TableDigests m_ownDigests;
    mutable std::optional<std::vector<const TableDigest*>> m_digests;
    mutable std::optional<FrameRoles> m_roles;
    mutable std::optional<std::vector<Reach>> m_reached;
    mutable std::vector<std::uint32_t> m_reachBegin; ///< By table; one more than there are tables.
    mutable std::optional<std::vector<TableFrame>> m_tableFrames;
    mutable std::optional<std::vector<FrameNumber>> m_hooked; ///< Sorted.
    mutable std::optional<FrameMappings> m_bufferMappings;
    mutable std::optional<std::vector<std::string>> m_tableGaps;
    mutable bool m_bufferCut = false;
    mutable std::uint64_t m_bufferUnplaced = 0;
};

} // namespace pgtscope::core
