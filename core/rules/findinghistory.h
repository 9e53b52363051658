// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <vector>

#include "core/rules/finding.h"

namespace pgtscope::core {

/// One stay of a finding in a timeline.
struct FindingStay {
    struct Change {
        std::uint64_t step;
        FindingState state;
        bool operator==(const Change&) const = default;
    };
    std::uint64_t appeared = 0; ///< Step at which it was seen first.
    std::optional<std::uint64_t> went; ///< First step without it; nullopt while it lasts.
    std::vector<Change> states; ///< Its state when it appeared and at each change, e.g. pending to violation.

    bool operator==(const FindingStay&) const = default;
};

/// Follows findings over the steps of a timeline: at which step each appeared, changed its state and went.
class FindingHistory {
public:
    /// `maxFindings` bounds how many different findings are followed.
    explicit FindingHistory(std::size_t maxFindings = 1U << 20)
        : m_maxFindings(maxFindings)
    {
    }

    /// Steps have to come in ascending order. A rule that a step does not report on, or could not evaluate,
    /// keeps its findings as they are.
    void note(std::uint64_t step, std::span<const RuleReport> reports);

    /// All stays of a finding, oldest first; empty if it was never seen.
    std::span<const FindingStay> stays(const FindingKey& key) const;
    /// Every finding that was ever seen, by key.
    const std::map<FindingKey, std::vector<FindingStay>>& all() const { return m_findings; }
    /// True if findings had to be left out, here or in a report.
    bool incomplete() const { return m_incomplete; }

private:
    void noteRule(std::uint64_t step, const RuleReport& report);
    void noteMark(std::uint64_t step, FindingKey key, FindingState state);

    std::size_t m_maxFindings;
    std::map<FindingKey, std::vector<FindingStay>> m_findings;
    std::map<std::string, std::set<FindingKey>, std::less<>> m_open; ///< By rule.
    bool m_incomplete = false;
};

} // namespace pgtscope::core
