// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/walk/aliases.h"

namespace pgtscope::core {

enum class FindingState : std::uint8_t {
    Violation, ///< The rule is broken now.
    Pending, ///< Harmless now, a violation as soon as the frame becomes a page table.
    Transient, ///< Against the rule's letter, but the one exception that it allows.
    Stale, ///< Left behind: a page handed back that is still mapped read-only.
    Note, ///< Worth knowing, with the reason why it is no violation.
};
inline constexpr std::size_t findingStateCount = 5;

/// "violation", "pending", "transient", "stale" or "note".
std::string_view findingStateName(FindingState state);

/// What a finding means for the machine that it was found on.
enum class Standing : std::uint8_t {
    Broken, ///< The machine forbids it.
    Expected, ///< Known, and right at this stage of this kernel.
    Hypothetical, ///< Another machine would forbid it: no hypervisor enforces the rule here.
};

/// What of the machine a rule could judge.
struct RuleCoverage {
    bool applicable = true; ///< False: the rule cannot be about this machine, paging mode or stage.
    std::vector<std::string> gaps; ///< What it should have looked at and could not, a sentence each.
};

/// One condition that decided a finding.
struct Clause {
    std::string text; ///< The condition, e.g. "pgt_buf_end <= pfn".
    std::string values; ///< The same with its values, e.g. "0x4405 <= 0x4407".
    bool holds = false;

    bool operator==(const Clause&) const = default;
};

/// What stays the same while a finding lives, so that steps can be compared.
struct FindingKey {
    std::string rule;
    FrameNumber frame;
    PhysicalAddress entry; ///< Where the offending entry stands.

    auto operator<=>(const FindingKey&) const = default;
    /// "xen-ro/0x4407/0x1fe2038": rule, frame number, the entry's physical address.
    std::string text() const;
};

/// The entry that a finding is about. Where `detached` is true no root reaches its table, so that it has
/// no linear address.
struct FindingEntry {
    TableId table = noTable;
    PhysicalAddress tableAddress;
    PhysicalAddress address; ///< The entry's own physical address.
    unsigned level = 0; ///< 1 (PTE) to 5.
    unsigned index = 0;
    std::uint64_t raw = 0;
    Rights rights; ///< Of the whole path.
    bool detached = false;
    LinearAddress linear; ///< Lowest linear address that reaches the frame through it; see `detached`.
    std::uint64_t paths = 0; ///< Number of linear addresses that do so with these rights.
};

struct Finding {
    std::string rule;
    FindingState state = FindingState::Violation;
    FrameNumber frame; ///< The first, where several neighbours are told as one.
    std::uint64_t frames = 1;
    FindingEntry entry; ///< The first entry, where several neighbours are told as one.
    std::vector<Clause> clauses;
    std::vector<Alias> mappings; ///< Entries that map `frame`; filled in by checkRules().
    std::uint64_t mappingsTotal = 0; ///< Exact, where `mappings` had to be cut.
    std::string summary; ///< One sentence.
    std::string remedy; ///< What it would take to satisfy the rule.
    Standing standing = Standing::Broken;

    FindingKey key() const { return {rule, frame, entry.address}; }
};

/// A finding without its explanation: kept for all of them, also those beyond the limit.
struct FindingMark {
    FrameNumber frame;
    PhysicalAddress entry;
    FindingState state = FindingState::Violation;

    auto operator<=>(const FindingMark&) const = default;
};

/// What a rule asks. Rules with the same question answer it each in its own way: where findings are added up,
/// only the highest of their counts is taken.
enum class RuleQuestion : std::uint8_t {
    Own, ///< One that no other rule asks.
    TablesReadOnly, ///< Are page tables mapped read-only?
};

/// Findings of one state, added up over the rules; see RuleQuestion.
class FindingTally {
public:
    /// A rule that this program does not know asks a question of its own.
    void add(std::string_view rule, std::uint64_t count);
    std::uint64_t total() const;

private:
    std::uint64_t m_own = 0;
    std::map<RuleQuestion, std::uint64_t> m_shared; ///< The highest count of each question.
};

/// What one rule says about one snapshot.
struct RuleReport {
    std::string rule;
    /// Explained findings; at most RuleLimits::findings of each state.
    std::vector<Finding> findings;
    /// All findings by state, exact also where `findings` had to be cut.
    std::array<std::uint64_t, findingStateCount> totals{};
    std::vector<FindingMark> marks; ///< All findings up to RuleLimits::marks.
    Standing standing = Standing::Broken;
    RuleCoverage coverage;
    std::string notEvaluated; ///< Why the rule could not be applied; empty if it was.
    std::string incomplete; ///< What was left out of the evaluation; empty if nothing.

    std::uint64_t count(FindingState state) const { return totals[static_cast<std::size_t>(state)]; }
    std::uint64_t total() const;
    bool marksComplete() const { return marks.size() == total(); }
};

} // namespace pgtscope::core
