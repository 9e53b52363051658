// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/rules/findinghistory.h"

#include <algorithm>

namespace pgtscope::core {

void FindingHistory::note(std::uint64_t step, std::span<const RuleReport> reports)
{
    for (const RuleReport& report : reports) {
        noteGaps(step, report);
        if (report.coverage.evaluated)
            noteRule(step, report);
        else
            leaveUnseen(step, report.rule);
    }
}

void FindingHistory::noteGaps(std::uint64_t step, const RuleReport& report)
{
    // A guest can make gaps that differ at every step.
    constexpr std::size_t mostGaps = 1000;
    for (const std::string& gap : report.coverage.gaps) {
        auto known = m_gaps.find({report.rule, gap});
        if (known == m_gaps.end() && m_gaps.size() == mostGaps) {
            m_incomplete = true;
            continue;
        }
        if (known == m_gaps.end())
            known = m_gaps.emplace(std::pair(report.rule, gap), GapStay{step, step, 0}).first;
        known->second.last = step;
        ++known->second.steps;
    }
}

void FindingHistory::leaveUnseen(std::uint64_t step, const std::string& rule)
{
    const auto open = m_open.find(rule);
    if (open == m_open.end())
        return;
    for (const FindingKey& key : open->second) {
        const auto known = m_findings.find(key);
        if (known != m_findings.end() && !known->second.back().unseenSince)
            known->second.back().unseenSince = step;
    }
}

void FindingHistory::noteRule(std::uint64_t step, const RuleReport& report)
{
    std::set<FindingKey> present;
    for (const FindingMark& mark : report.marks) {
        noteMark(step, report, mark);
        present.insert({report.rule, mark.frame, mark.entry});
    }
    std::set<FindingKey>& open = m_open[report.rule];
    if (!report.marksComplete()) {
        // Who is missing among the marks may only have been left out: nothing can be said to have gone.
        m_incomplete = true;
        open.merge(present);
        return;
    }
    for (const FindingKey& key : open) {
        const auto known = m_findings.find(key);
        if (present.contains(key) || known == m_findings.end())
            continue;
        known->second.back().went = step;
        known->second.back().unseenSince.reset();
    }
    open = std::move(present);
}

void FindingHistory::noteMark(std::uint64_t step, const RuleReport& report, const FindingMark& mark)
{
    FindingKey key{report.rule, mark.frame, mark.entry};
    auto known = m_findings.find(key);
    if (known == m_findings.end()) {
        if (m_findings.size() == m_maxFindings) {
            m_incomplete = true;
            return;
        }
        known = m_findings.emplace(std::move(key), std::vector<FindingStay>{}).first;
    }
    std::vector<FindingStay>& stays = known->second;
    const FindingStay::Change now{step, mark.state, mark.standing};
    if (stays.empty() || stays.back().went) {
        stays.push_back({step, std::nullopt, {now}});
        return;
    }
    stays.back().unseenSince.reset();
    const FindingStay::Change& last = stays.back().states.back();
    if (last.state != now.state || last.standing != now.standing)
        stays.back().states.push_back(now);
}

bool FindingStay::broken() const
{
    return std::any_of(states.begin(), states.end(),
        [](const Change& change) { return change.standing == Standing::Broken; });
}

std::span<const FindingStay> FindingHistory::stays(const FindingKey& key) const
{
    const auto known = m_findings.find(key);
    return known == m_findings.end() ? std::span<const FindingStay>{} : known->second;
}

} // namespace pgtscope::core
