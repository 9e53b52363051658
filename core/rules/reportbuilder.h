// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/rules/rule.h"

namespace pgtscope::core {

/// Collects a rule's findings within the context's limits: counts all, explains some.
class ReportBuilder {
public:
    ReportBuilder(const Rule& rule, const RuleContext& context);

    /// Counts a finding. Returns the place for its explanation, valid until the next call; null once the
    /// limit for its state is reached.
    Finding* add(FindingState state, FrameNumber frame, const FindingEntry& entry);
    /// Counts findings that nobody could list.
    void addUnlisted(FindingState state, std::uint64_t count);
    /// Of this report and of the findings that are added from here on.
    void setStanding(Standing standing) { m_report.standing = standing; }
    void setIncomplete(std::string what) { m_report.incomplete = std::move(what); }
    RuleReport notEvaluated(std::string why);
    RuleReport take() { return std::move(m_report); }

private:
    const RuleLimits& m_limits;
    RuleReport m_report;
    std::array<std::size_t, findingStateCount> m_explained{};
};

} // namespace pgtscope::core
