// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/rules/reportbuilder.h"

namespace pgtscope::core {

ReportBuilder::ReportBuilder(const Rule& rule, const RuleContext& context)
    : m_limits(context.limits())
{
    m_report.rule = rule.name();
}

Finding* ReportBuilder::add(FindingState state, FrameNumber frame, const FindingEntry& entry)
{
    const auto kind = static_cast<std::size_t>(state);
    ++m_report.totals[kind];
    if (m_report.marks.size() < m_limits.marks)
        m_report.marks.push_back({frame, entry.address, state});
    if (m_explained[kind] == m_limits.findings)
        return nullptr;
    ++m_explained[kind];
    Finding& finding = m_report.findings.emplace_back();
    finding.rule = m_report.rule;
    finding.state = state;
    finding.frame = frame;
    finding.entry = entry;
    finding.standing = m_report.standing;
    return &finding;
}

void ReportBuilder::addUnlisted(FindingState state, std::uint64_t count)
{
    m_report.totals[static_cast<std::size_t>(state)] += count;
}

RuleReport ReportBuilder::notEvaluated(std::string why)
{
    m_report.notEvaluated = std::move(why);
    return take();
}

} // namespace pgtscope::core
