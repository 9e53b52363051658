// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "core/frames/frameroles.h"
#include "core/rules/finding.h"
#include "core/steps/step.h"

namespace pgtscope::core {

/// What a frame is drawn as, in the window and on pages. State is never shown by colour alone: each has a
/// hatch or a glyph too.
enum class FrameLook {
    Free, ///< RAM with no role known.
    Table,
    DetachedTable,
    PgtBufReserved,
    PgtBufHandedBack,
    KernelText,
    KernelRodata,
    KernelData,
    KernelBrk,
    Initrd,
    NotRam,
};
inline constexpr unsigned frameLookCount = static_cast<unsigned>(FrameLook::NotRam) + 1;

/// Neighbouring frames that are drawn alike.
struct LookRange {
    FrameNumber begin;
    FrameNumber end; ///< Exclusive.
    FrameLook look = FrameLook::NotRam;
    std::uint8_t levels = 0; ///< Tables: bit n set for level n.
};

/// Everything that a map of frames draws of one step, sorted by frame.
struct FrameContent {
    std::vector<LookRange> ranges;
    std::vector<std::pair<FrameNumber, FindingState>> findings; ///< The gravest of each frame; see drawnAs().
    std::vector<FrameNumber> changed; ///< Tables with an entry that changed, or that are new.
    FrameNumber end; ///< After the last frame that is known.
};

/// What the frames of a step look like, with what these reports found and where these changes are. Cost
/// follows the number of ranges and findings, not the size of memory.
FrameContent frameContent(
    const FrameRoles& roles, std::span<const RuleReport> reports, const StepChanges& changes);

/// The part of `content` that a range of the kernel's own frames shows, in the kernel's order: the range's
/// first frame is number 0. Frames without a place in the machine are left out.
FrameContent bufferContent(const FrameContent& content, const Snapshot& snapshot, GuestFrameRange guest);

/// What the map shows of neighbouring frames in one cell.
struct FrameCell {
    FrameLook look = FrameLook::NotRam; ///< Of most of its frames, tables left out.
    FrameLook tableLook = FrameLook::Table; ///< DetachedTable if all its tables are.
    std::uint8_t levels = 0; ///< Of the tables in it; bit n set for level n.
    double tables = 0; ///< Share of frames that are tables, 0 to 1.
    bool outside = false; ///< After the end of memory.
    bool changed = false;
    std::optional<FindingState> finding; ///< The gravest.
};

/// `count` cells of 2^order frames each from `first` on.
std::vector<FrameCell> frameCells(
    const FrameContent& content, FrameNumber first, unsigned order, std::size_t count);

} // namespace pgtscope::core
