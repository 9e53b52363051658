// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/rules/findinghistory.h"

#include <algorithm>
#include <tuple>

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
    constexpr std::size_t maxGaps = 1000;
    for (const std::string& gap : report.coverage.gaps) {
        auto known = m_gaps.find({report.rule, gap});
        if (known == m_gaps.end() && m_gaps.size() == maxGaps) {
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
    open->second.unseen = true;
    for (const FindingMark& mark : open->second.marks) {
        const auto known = m_findings.find({rule, mark.frame, mark.entry});
        if (known != m_findings.end() && !known->second.back().unseenSince)
            known->second.back().unseenSince = step;
    }
}

namespace {

bool sameKey(const FindingMark& a, const FindingMark& b) { return a.frame == b.frame && a.entry == b.entry; }

bool keyLess(const FindingMark& a, const FindingMark& b)
{
    return std::tie(a.frame, a.entry) < std::tie(b.frame, b.entry);
}

} // namespace

/// Most findings last from one step to the next as they are: only what differs is looked up.
void FindingHistory::noteRule(std::uint64_t step, const RuleReport& report)
{
    std::vector<FindingMark> present = report.marks;
    // Findings of one entry keep their order.
    std::stable_sort(present.begin(), present.end(), keyLess);
    Open& open = m_open[report.rule];
    auto before = open.marks.begin();
    std::vector<FindingMark> left;
    for (const FindingMark& mark : present) {
        for (; before != open.marks.end() && keyLess(*before, mark); ++before)
            left.push_back(*before);
        const bool lasts = before != open.marks.end() && *before == mark;
        if (before != open.marks.end() && sameKey(*before, mark))
            ++before;
        if (!lasts || open.unseen)
            noteMark(step, report, mark);
    }
    left.insert(left.end(), before, open.marks.end());
    open.unseen = false;
    if (!report.marksComplete()) {
        // A finding without a mark may only have been cut off: no finding is known to be resolved.
        m_incomplete = true;
        const auto middle = present.insert(present.end(), left.begin(), left.end());
        std::inplace_merge(present.begin(), middle, present.end(), keyLess);
    } else {
        leave(step, report, present, left);
    }
    open.marks = std::move(present);
}

/// What the rule does not find any more.
void FindingHistory::leave(std::uint64_t step, const RuleReport& report,
    const std::vector<FindingMark>& present, const std::vector<FindingMark>& left)
{
    const auto& unjudged = report.coverage.unjudged;
    for (const FindingMark& mark : left) {
        const auto known = m_findings.find({report.rule, mark.frame, mark.entry});
        if (known == m_findings.end() || std::binary_search(present.begin(), present.end(), mark, keyLess))
            continue;
        FindingStay& stay = known->second.back();
        if (std::binary_search(unjudged.begin(), unjudged.end(), mark.frame)) {
            stay.unseenSince = stay.unseenSince.value_or(step);
            continue;
        }
        stay.resolved = step;
        stay.unseenSince.reset();
    }
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
    if (stays.empty() || stays.back().resolved) {
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
