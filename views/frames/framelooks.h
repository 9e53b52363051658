// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/report/framelooks.h"
#include "views/writes/writecolours.h"

namespace pgtscope::views {

class StepState;

/// Who last wrote to a table page, or when, as the code of a WriteColours.
struct FrameTint {
    core::FrameNumber frame;
    core::StepNumber step = 0;
    WriteColours::Code code = 0;
};

/// What the map draws of one step: core's content, coloured by writes if the user wants that.
struct TintedContent : core::FrameContent {
    std::vector<FrameTint> tints; ///< Of all table pages, sorted by frame, if colours show writes.
};

/// What the frames of a step look like. Findings are those of the rule of that name, of all rules if it is
/// empty. Cost follows the number of ranges and findings, not the size of memory.
TintedContent frameContent(const StepState& state, const std::string& rule);
/// As core::bufferContent().
TintedContent bufferContent(
    const TintedContent& content, const core::Snapshot& snapshot, core::GuestFrameRange guest);
std::vector<FrameTint> frameTints(const TintedContent& content, const WriteColours& colours);

struct TintedCell : core::FrameCell {
    /// If colours show writes: that of its tables which was written last. What else lies in the cell is left
    /// plain then.
    std::optional<WriteColours::Code> tint;
    bool plain = false;
};

/// A cell that a legend shows for a look: a table is one of level 1.
TintedCell swatchOf(core::FrameLook look);

/// `count` cells of 2^order frames each from `first` on.
std::vector<TintedCell> frameCells(
    const TintedContent& content, core::FrameNumber first, unsigned order, std::size_t count);

} // namespace pgtscope::views
