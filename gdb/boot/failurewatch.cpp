// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/boot/failurewatch.h"

#include "core/rules/rule.h"

namespace pgtscope::gdb {

namespace {

constexpr unsigned maxWarnings = 64;

} // namespace

bool FailureWatch::mayFollow(const core::SnapshotPtr& snapshot)
{
    if (m_warnings == maxWarnings || !snapshot->pgtBuf().enforced)
        return false;
    core::RuleLimits limits;
    limits.findings = 0;
    const core::RuleContext context(snapshot, limits, m_digests);
    const bool broken
        = core::leadingRule().check(context).totals.of(core::FindingState::Violation, core::Standing::Broken)
        != 0;
    // While a second buffer is filled, tables that hold old mappings of its pages are pinned.
    const bool again = snapshot->pgtBuf().epochs.size() > 1 && core::liveEpoch(snapshot->pgtBuf()) != nullptr;
    m_warnings += broken || again ? 1U : 0U;
    return broken || again;
}

} // namespace pgtscope::gdb
