// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "core/base/address.h"
#include "core/rules/finding.h"
#include "views/base/theme.h"
#include "views/base/writecolours.h"

namespace pgtscope::views {

class StepState;

inline constexpr unsigned frameLookCount = static_cast<unsigned>(FrameLook::NotRam) + 1;

/// Neighbouring frames that are drawn alike.
struct LookRange {
    core::FrameNumber begin;
    core::FrameNumber end; ///< Exclusive.
    FrameLook look = FrameLook::NotRam;
    std::uint8_t levels = 0; ///< Tables: bit n set for level n.
};

/// Who last wrote to a table page, or when, as the code of a WriteColours.
struct FrameTint {
    core::FrameNumber frame;
    core::StepNumber step = 0;
    WriteColours::Code code = 0;
};

/// Everything that a map of frames draws of one step, sorted by frame.
struct FrameContent {
    std::vector<LookRange> ranges;
    std::vector<std::pair<core::FrameNumber, core::FindingState>> findings; ///< The gravest of each frame.
    std::vector<core::FrameNumber> changed; ///< Tables with an entry that changed, or that are new.
    core::FrameNumber end; ///< Behind the last frame that is known.
    std::vector<FrameTint> tints; ///< Of all table pages, if colours tell of writes.
};

/// What the frames of a step look like. Findings are those of the rule of that name, of all rules if it is
/// empty. Cost follows the number of ranges and findings, not the size of memory.
FrameContent frameContent(const StepState& state, const std::string& rule);
std::vector<FrameTint> frameTints(const FrameContent& content, const WriteColours& colours);

/// What the map shows of neighbouring frames in one cell.
struct FrameCell {
    FrameLook look = FrameLook::NotRam; ///< Of most of its frames, tables left out.
    FrameLook tableLook = FrameLook::Table; ///< DetachedTable if all its tables are.
    std::uint8_t levels = 0; ///< Of the tables in it; bit n set for level n.
    double tables = 0; ///< Share of frames that are tables, 0 to 1.
    bool outside = false; ///< Behind the end of memory.
    bool changed = false;
    std::optional<core::FindingState> finding; ///< The gravest.
    /// Colours tell of writes: that of its tables which was written last. What else lies in the cell is left
    /// plain then.
    std::optional<WriteColours::Code> tint;
    bool plain = false;
};

/// `count` cells of 2^order frames each from `first` on.
std::vector<FrameCell> frameCells(
    const FrameContent& content, core::FrameNumber first, unsigned order, std::size_t count);

} // namespace pgtscope::views
