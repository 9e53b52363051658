// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/rules/reportbuilder.h"

namespace pgtscope::core {

ReportBuilder::ReportBuilder(const Rule& rule, const RuleContext& context)
    : m_context(context)
{
    m_report.rule = rule.name();
}

Standing ReportBuilder::standingOf(FindingState state) const
{
    const bool mayBeBroken = state == FindingState::Violation || state == FindingState::Stale;
    return m_report.standing == Standing::Broken && !mayBeBroken ? Standing::Expected : m_report.standing;
}

void ReportBuilder::setStanding(Standing standing, std::string reason, std::string stage)
{
    m_report.standing = standing;
    m_report.standingReason = std::move(reason);
    m_report.stage = std::move(stage);
}

Finding* ReportBuilder::add(
    FindingState state, FrameNumber frame, const FindingEntry& entry, std::uint64_t frames)
{
    const RuleLimits& limits = m_context.limits();
    const auto kind = static_cast<std::size_t>(state);
    const Standing standing = standingOf(state);
    m_report.totals.add(state, standing, 1, frames);
    if (m_report.marks.size() < limits.marks)
        m_report.marks.push_back({frame, entry.address, state, standing});
    if (m_explained[kind] == limits.findings)
        return nullptr;
    ++m_explained[kind];
    Finding& finding = m_report.findings.emplace_back();
    finding.rule = m_report.rule;
    finding.state = state;
    finding.frame = frame;
    finding.frames = frames;
    finding.entry = entry;
    finding.standing = standing;
    finding.standingReason = m_report.standingReason;
    return &finding;
}

void ReportBuilder::addUnlisted(FindingState state, std::uint64_t count)
{
    m_report.totals.add(state, standingOf(state), count, count);
}

void ReportBuilder::addGap(std::string gap) { m_report.coverage.gaps.push_back(std::move(gap)); }

void ReportBuilder::addUnjudged(FrameNumber frame) { m_report.coverage.unjudged.push_back(frame); }

RuleReport ReportBuilder::notApplicable(std::string why)
{
    // That paging is off may itself be what could not be seen.
    if (!m_context.paging().enabled() && !m_context.snapshot().gaps().empty()) {
        m_report.coverage.evaluated = false;
        return take();
    }
    m_report.coverage.notApplicable = std::move(why);
    m_report.coverage.evaluated = false;
    return std::move(m_report);
}

RuleReport ReportBuilder::notEvaluated(std::string why)
{
    addGap(std::move(why));
    m_report.coverage.evaluated = false;
    return std::move(m_report);
}

RuleReport ReportBuilder::take()
{
    const auto& gaps = m_context.tableGaps();
    m_report.coverage.gaps.insert(m_report.coverage.gaps.end(), gaps.begin(), gaps.end());
    return std::move(m_report);
}

} // namespace pgtscope::core
