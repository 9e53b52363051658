// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/rules/finding.h"

#include <algorithm>
#include <numeric>

#include "core/base/numbers.h"
#include "core/rules/findingtext.h"
#include "core/rules/rule.h"

namespace pgtscope::core {

std::string_view findingStateName(FindingState state)
{
    constexpr std::array<std::string_view, findingStateCount> names{
        "violation", "pending", "transient", "stale", "note"};
    return names[static_cast<std::size_t>(state)];
}

std::string stateText(FindingState state, std::uint64_t count)
{
    const bool isNoun = state == FindingState::Violation || state == FindingState::Note;
    return isNoun ? nounText(count, findingStateName(state)) : std::string(findingStateName(state));
}

std::string stateCountText(FindingState state, std::uint64_t count)
{
    return groupedText(count) + ' ' + stateText(state, count);
}

std::string_view standingName(Standing standing)
{
    constexpr std::array<std::string_view, standingCount> names{"broken", "expected", "hypothetical"};
    return names[static_cast<std::size_t>(standing)];
}

std::string labelText(FindingState state, Standing standing)
{
    const std::string word = standing == Standing::Broken ? "" : std::string(standingName(standing)) + ' ';
    return word + std::string(findingStateName(state));
}

FindingState drawnAs(FindingState state, Standing standing)
{
    if (standing == Standing::Hypothetical)
        return FindingState::Note;
    const bool grave = state == FindingState::Violation || state == FindingState::Stale;
    return grave && standing == Standing::Expected ? FindingState::Note : state;
}

std::string_view answerName(RuleAnswer answer)
{
    constexpr std::array<std::string_view, 4> names{"findings", "clean", "not applicable", "gap"};
    return names[static_cast<std::size_t>(answer)];
}

void FindingTotals::add(FindingState state, Standing standing, std::uint64_t findings, std::uint64_t frames)
{
    Count& count = m_counts[static_cast<std::size_t>(state)][static_cast<std::size_t>(standing)];
    count.findings += findings;
    count.frames += frames;
}

FindingTotals::Count FindingTotals::sum(
    std::optional<FindingState> state, std::optional<Standing> standing) const
{
    Count sum;
    for (std::size_t i = 0; i < findingStateCount; ++i) {
        for (std::size_t j = 0; j < standingCount; ++j) {
            if ((state && static_cast<std::size_t>(*state) != i)
                || (standing && static_cast<std::size_t>(*standing) != j))
                continue;
            sum.findings += m_counts[i][j].findings;
            sum.frames += m_counts[i][j].frames;
        }
    }
    return sum;
}

std::string FindingKey::text() const
{
    return rule + '/' + hexText(frame.value) + '/' + hexText(entry.value);
}

void FindingTally::add(std::string_view rule, std::uint64_t count)
{
    const Rule* known = findRule(rule);
    const RuleQuestion question = known ? known->text().question : RuleQuestion::Own;
    if (question == RuleQuestion::Own)
        m_own += count;
    else
        m_shared[question] = std::max(m_shared[question], count);
}

std::uint64_t FindingTally::total() const
{
    return std::accumulate(m_shared.begin(), m_shared.end(), m_own,
        [](std::uint64_t sum, const auto& shared) { return sum + shared.second; });
}

RuleAnswer RuleReport::answer() const
{
    if (!coverage.notApplicable.empty())
        return RuleAnswer::NotApplicable;
    if (total() != 0)
        return RuleAnswer::Findings;
    return coverage.gaps.empty() ? RuleAnswer::Clean : RuleAnswer::Gap;
}

std::string RuleReport::notEvaluated() const
{
    if (coverage.evaluated)
        return {};
    return coverage.notApplicable.empty() ? joinedText(coverage.gaps) : coverage.notApplicable;
}

std::string RuleReport::incomplete() const
{
    return coverage.evaluated ? joinedText(coverage.gaps) : std::string();
}

std::uint64_t hypotheticalPages(std::span<const RuleReport> reports)
{
    std::vector<std::pair<FrameNumber, FrameNumber>> ranges;
    for (const RuleReport& report : reports) {
        for (const FindingMark& mark : report.marks)
            if (mark.standing == Standing::Hypothetical)
                ranges.emplace_back(mark.frame, mark.frame + 1);
        for (const Finding& finding : report.findings)
            if (finding.standing == Standing::Hypothetical)
                ranges.emplace_back(finding.frame, finding.frame + finding.frames);
    }
    std::sort(ranges.begin(), ranges.end());
    std::uint64_t pages = 0;
    FrameNumber counted;
    for (const auto& [begin, end] : ranges)
        if (end > counted) {
            pages += end - std::max(begin, counted);
            counted = end;
        }
    return pages;
}

} // namespace pgtscope::core
