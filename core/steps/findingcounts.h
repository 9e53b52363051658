// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "core/rules/finding.h"
#include "core/steps/step.h"

namespace pgtscope::core {

/// What Step::findings keeps of reports, e.g. {"xen-ro.violation", 3}: in their order, then by state; what
/// counts 0 is left out.
std::vector<FindingCount> countFindings(std::span<const RuleReport> reports);

/// What a FindingCount's name is made of. The views are into the name.
struct CountedName {
    std::string_view rule;
    std::optional<FindingState> state; ///< Of a newer version's name it may be unknown.
};
CountedName countedName(std::string_view name);

} // namespace pgtscope::core
