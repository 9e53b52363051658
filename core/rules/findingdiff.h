// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <span>
#include <vector>

#include "core/rules/finding.h"

namespace pgtscope::core {

/// Findings of two states of one guest, rule by rule.
struct FindingDiff {
    std::vector<FindingKey> appeared;
    std::vector<FindingKey> resolved;
    std::vector<FindingKey> changed; ///< Their state did: pending to violation, for example.
    bool complete = true; ///< False if some rule had to leave out findings.
    bool empty() const { return appeared.empty() && resolved.empty() && changed.empty(); }
};

/// From what the rules reported of each state.
FindingDiff diffFindings(std::span<const RuleReport> before, std::span<const RuleReport> after);

} // namespace pgtscope::core
