// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <span>
#include <vector>

#include "core/rules/finding.h"
#include "core/steps/step.h"

namespace pgtscope::core {

/// What Step::findings keeps of reports, e.g. {"xen-ro.violation", 3}: in their order, then by state; what
/// counts 0 is left out.
std::vector<FindingCount> countFindings(std::span<const RuleReport> reports);

} // namespace pgtscope::core
