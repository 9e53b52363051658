// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <vector>

#include "core/model/pagetablebuffer.h"
#include "views/filters/colourrules.h"

namespace pgtscope::views {

/// Sorted, disjoint.
using FrameRanges = std::vector<core::FrameRange>;

/// What a filter leaves of the frames, and what colour rules make of them.
struct FrameMatches {
    struct Coloured {
        ColourRule rule;
        FrameRanges frames;
    };

    std::optional<FrameRanges> shown; ///< nullopt: no filter is in force.
    std::vector<Coloured> coloured; ///< In the order of the rules: the first counts.
};

FrameMatches frameMatches(
    const StepStatePtr& state, const core::Filter& filter, const core::SymbolTable& symbols);

/// Whether any frame of [begin, end) is among them.
bool meets(const FrameRanges& ranges, core::FrameNumber begin, core::FrameNumber end);

} // namespace pgtscope::views
