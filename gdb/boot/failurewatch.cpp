// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/boot/failurewatch.h"

#include "core/rules/rule.h"

namespace pgtscope::gdb {

namespace {

constexpr unsigned mostWarnings = 64;

} // namespace

bool FailureWatch::mayFollow(const core::SnapshotPtr& snapshot)
{
    if (m_warnings == mostWarnings || !snapshot->pgtBuf().enforced)
        return false;
    core::RuleLimits limits;
    limits.findings = 0;
    const core::RuleContext context(snapshot, limits, m_digests);
    const bool broken
        = core::leadingRule().check(context).totals.of(core::FindingState::Violation, core::Standing::Broken)
        != 0;
    m_warnings += broken ? 1U : 0U;
    return broken;
}

} // namespace pgtscope::gdb
