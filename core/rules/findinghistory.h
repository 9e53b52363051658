// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/rules/finding.h"

namespace pgtscope::core {

/// One stay of a finding in a timeline.
struct FindingStay {
    struct Change {
        std::uint64_t step;
        FindingState state;
        Standing standing = Standing::Broken;
        bool operator==(const Change&) const = default;
    };
    std::uint64_t appeared = 0; ///< Step at which it was seen first.
    std::optional<std::uint64_t> resolved; ///< First step without it; nullopt while it lasts.
    /// Its state and standing when it appeared and at each change, e.g. from pending to violation.
    std::vector<Change> states;
    /// Set where the rule was not applied to this step and to none after it, or could not judge the frame any
    /// more: it is unknown whether the finding lasts.
    std::optional<std::uint64_t> unseenSince = std::nullopt;

    /// At any step.
    bool broken() const;

    bool operator==(const FindingStay&) const = default;
};

/// What a rule could not look at.
struct GapStay {
    std::uint64_t first = 0; ///< Step.
    std::uint64_t last = 0;
    std::uint64_t steps = 0; ///< How many from first to last had it.
};

/// Follows findings over the steps of a timeline: when each appeared, changed its state and was resolved.
class FindingHistory {
public:
    /// `maxFindings` bounds how many different findings are followed.
    explicit FindingHistory(std::size_t maxFindings = 1U << 20)
        : m_maxFindings(maxFindings)
    {
    }

    /// Steps have to come in ascending order. A rule that a step does not report on keeps its findings as
    /// they are; one that was not evaluated leaves them unseen until it is.
    void note(std::uint64_t step, std::span<const RuleReport> reports);

    /// All stays of a finding, oldest first; empty if it was never seen.
    std::span<const FindingStay> stays(const FindingKey& key) const;
    /// Every finding that was ever seen, by key.
    const std::map<FindingKey, std::vector<FindingStay>>& all() const { return m_findings; }
    /// By rule and phrase.
    const std::map<std::pair<std::string, std::string>, GapStay>& gaps() const { return m_gaps; }
    /// True if findings or gaps had to be left out, here or in a report.
    bool incomplete() const { return m_incomplete; }

private:
    /// The findings of one rule that last.
    struct Open {
        std::vector<FindingMark> marks; ///< Sorted; as the last evaluated step had them.
        bool unseen = false; ///< A step since was not evaluated.
    };

    void noteRule(std::uint64_t step, const RuleReport& report);
    void noteMark(std::uint64_t step, const RuleReport& report, const FindingMark& mark);
    void noteGaps(std::uint64_t step, const RuleReport& report);
    void leave(std::uint64_t step, const RuleReport& report, const std::vector<FindingMark>& present,
        const std::vector<FindingMark>& left);
    void leaveUnseen(std::uint64_t step, const std::string& rule);

    std::size_t m_maxFindings;
    std::map<FindingKey, std::vector<FindingStay>> m_findings;
    std::map<std::string, Open, std::less<>> m_open; ///< By rule.
    std::map<std::pair<std::string, std::string>, GapStay> m_gaps;
    bool m_incomplete = false;
};

} // namespace pgtscope::core
