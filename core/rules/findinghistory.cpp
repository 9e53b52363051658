// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/rules/findinghistory.h"

namespace pgtscope::core {

void FindingHistory::note(std::uint64_t step, std::span<const RuleReport> reports)
{
    for (const RuleReport& report : reports)
        if (report.notEvaluated.empty())
            noteRule(step, report);
}

void FindingHistory::noteRule(std::uint64_t step, const RuleReport& report)
{
    std::set<FindingKey> present;
    for (const FindingMark& mark : report.marks) {
        FindingKey key{report.rule, mark.frame, mark.entry};
        noteMark(step, key, mark.state);
        present.insert(std::move(key));
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
        if (!present.contains(key) && known != m_findings.end())
            known->second.back().went = step;
    }
    open = std::move(present);
}

void FindingHistory::noteMark(std::uint64_t step, FindingKey key, FindingState state)
{
    auto known = m_findings.find(key);
    if (known == m_findings.end()) {
        if (m_findings.size() == m_maxFindings) {
            m_incomplete = true;
            return;
        }
        known = m_findings.emplace(std::move(key), std::vector<FindingStay>{}).first;
    }
    std::vector<FindingStay>& stays = known->second;
    if (stays.empty() || stays.back().went)
        stays.push_back({step, std::nullopt, {{step, state}}});
    else if (stays.back().states.back().state != state)
        stays.back().states.push_back({step, state});
}

std::span<const FindingStay> FindingHistory::stays(const FindingKey& key) const
{
    const auto known = m_findings.find(key);
    return known == m_findings.end() ? std::span<const FindingStay>{} : known->second;
}

} // namespace pgtscope::core
