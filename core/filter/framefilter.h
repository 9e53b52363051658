// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <vector>

#include "core/filter/runsubject.h"
#include "core/frames/frameroles.h"
#include "core/model/pagetablebuffer.h"
#include "core/rules/finding.h"

namespace pgtscope::core {

/// What a filter of frames may look at.
struct FrameFacts {
    const Snapshot& snapshot;
    const FrameRoles& roles;
    std::vector<std::pair<FrameNumber, std::string>> findings; ///< Rules' names by frame, sorted.
    std::vector<FrameNumber> changed; ///< Table frames with entries that changed, sorted.
};

/// The frames that a filter matches, as sorted, disjoint ranges. If it names a property of mappings: those
/// with a mapping that matches; else those that match by themselves, for their `pa`, `pfn`, `mfn`, `role`,
/// `region`, `finding` and `changed`. Cost follows the number of ranges of frames, and of pages for the
/// mappings.
std::vector<FrameRange> matchingFrames(
    const FrameFacts& facts, const Filter& filter, const FilterKnowledge& knowledge);

/// Whether the filter names a property that only mappings have, such as `va` or `eff.rw`.
bool asksForMappings(const Filter& filter);

} // namespace pgtscope::core
