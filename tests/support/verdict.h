// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include "core/rules/rule.h"
#include "tests/support/catch.h"

namespace pgtscope::test {

/// The rules that call something in the snapshot broken, or that could not see what they need, a line each;
/// empty for a healthy guest.
inline std::string brokenOrUnseen(const core::SnapshotPtr& snapshot)
{
    std::string text;
    const core::RuleReportsPtr reports = core::checkAllRules(core::RuleContext(snapshot));
    for (const core::RuleReport& report : *reports)
        if (report.broken() != 0 || !report.coverage.gaps.empty())
            text += report.rule + ": " + std::to_string(report.broken()) + ' ' + report.incomplete() + '\n';
    return text;
}

/// Fails the test where the verdict on the snapshot is anything but clean.
inline void checkHealthy(const core::SnapshotPtr& snapshot)
{
    const std::string broken = brokenOrUnseen(snapshot);
    CAPTURE(broken);
    CHECK(broken.empty());
}

} // namespace pgtscope::test
