// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstdint>

#include "core/rules/finding.h"
#include "core/steps/step.h"

namespace pgtscope::views {

/// How many findings of a step are drawn as what; see signOf() and core::FindingTally.
class StepCounts {
public:
    StepCounts() = default;
    /// `enforced`: something enforces the rule on page tables in this timeline, see Document::enforced(). A
    /// step keeps what is broken, and of all else only how much it is.
    StepCounts(const core::Step& step, bool enforced);

    std::uint64_t of(core::FindingState state) const { return m_drawn[static_cast<std::size_t>(state)]; }
    /// What Xen would say, be it shown now or not.
    std::uint64_t hypothetical() const { return m_hypothetical; }

private:
    std::array<std::uint64_t, core::findingStateCount> m_drawn{};
    std::uint64_t m_hypothetical = 0;
};

} // namespace pgtscope::views
