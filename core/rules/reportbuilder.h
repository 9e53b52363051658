// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/rules/rule.h"

namespace pgtscope::core {

/// Collects a rule's findings within the context's limits: counts all, explains some.
class ReportBuilder {
public:
    ReportBuilder(const Rule& rule, const RuleContext& context);

    /// Counts a finding about `frames` frames. Returns the place for its explanation, valid until the next
    /// call; null once the limit for its state is reached.
    Finding* add(FindingState state, FrameNumber frame, const FindingEntry& entry, std::uint64_t frames = 1);
    /// Counts findings that could not be listed.
    void addUnlisted(FindingState state, std::uint64_t count);
    /// Of violations and of what is left over, from here on; nothing else is ever broken. `reason`, a
    /// clause, says why they are not broken.
    /// `stage`: see RuleReport.
    void setStanding(Standing standing, std::string reason = {}, std::string stage = {});
    /// Findings so far that the machine forbids.
    std::uint64_t broken() const { return m_report.broken(); }
    /// Something that the rule should have looked at, and why it could not: a phrase.
    void addGap(std::string gap);
    /// See RuleCoverage::unjudged; frames in ascending order.
    void addUnjudged(FrameNumber frame);
    /// The rule cannot be about this machine, paging mode or stage.
    RuleReport notApplicable(std::string why);
    /// The rule applies, but nothing could be looked at.
    RuleReport notEvaluated(std::string why);
    /// With what the snapshot as a whole lacks.
    RuleReport take();

private:
    Standing standingOf(FindingState state) const;

    const RuleContext& m_context;
    RuleReport m_report;
    std::array<std::size_t, findingStateCount> m_explained{};
};

} // namespace pgtscope::core
