// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <vector>

#include "core/rules/finding.h"

namespace pgtscope::core {

/// Where two rules disagree about one snapshot: an entry counts as the same whatever state each rule gives
/// it. Sorted by frame, then by entry.
struct RuleDifference {
    std::vector<FindingMark> onlyFirst;
    std::vector<FindingMark> onlySecond;
    std::vector<FindingMark> both; ///< With the first rule's state.
    /// False if one of the reports had to leave out marks.
    bool complete = true;
};

RuleDifference ruleDifference(const RuleReport& first, const RuleReport& second);

} // namespace pgtscope::core
