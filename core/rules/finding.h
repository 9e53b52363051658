// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/walk/aliases.h"

namespace pgtscope::core {

enum class FindingState : std::uint8_t {
    Violation, ///< The rule is broken now.
    Pending, ///< Harmless now, a violation as soon as the frame becomes a page table.
    Transient, ///< Against the rule's letter, but the one exception that it allows.
    Stale, ///< Left over: a page handed back that is still mapped read-only.
    Note, ///< Worth knowing, with the reason why it is no violation.
};
inline constexpr std::size_t findingStateCount = 5;

/// "violation", "pending", "transient", "stale" or "note".
std::string_view findingStateName(FindingState state);
/// "1 violation", "2 violations", "2 pending".
std::string stateCountText(FindingState state, std::uint64_t count);
/// The state alone, as stateCountText() has it.
std::string stateText(FindingState state, std::uint64_t count);

/// What a finding means for the machine that it was found on. A violation may have any; what a rule allows,
/// or what does no harm yet, is never broken.
enum class Standing : std::uint8_t {
    Broken, ///< The machine forbids it.
    Expected, ///< Known, and right at this stage of this kernel.
    Hypothetical, ///< Nothing here forbids it; another machine, or another kernel, would.
};
inline constexpr std::size_t standingCount = 3;

/// "broken", "expected" or "hypothetical".
std::string_view standingName(Standing standing);
/// "violation", "expected note": how every list and picture names a finding. What is broken needs no word.
std::string labelText(FindingState state, Standing standing);

/// What pictures draw a finding as: only what the machine forbids looks like a violation, or like something
/// left over; what is expected is a note then, and what another machine would forbid always is.
FindingState drawnAs(FindingState state, Standing standing);

/// What a rule could look at.
struct RuleCoverage {
    /// Why the rule cannot be about this machine, paging mode or stage; empty if it can.
    std::string notApplicable;
    /// What the rule should have looked at and could not, and why: a phrase each.
    std::vector<std::string> gaps;
    /// Frames that findings may have been about and that the rule cannot judge any more, sorted: one of
    /// theirs that is not among the findings is not known to be resolved.
    std::vector<FrameNumber> unjudged;
    bool evaluated
        = true; ///< False if the gaps, or that the rule is not applicable, left nothing to look at.

    bool operator==(const RuleCoverage&) const = default;
};

/// What a rule says of a snapshot as a whole.
enum class RuleAnswer : std::uint8_t {
    Findings, ///< There are some; there may be gaps beside them.
    Clean, ///< Everything was looked at, and nothing was found.
    NotApplicable,
    Gap, ///< Nothing was found, but not everything could be looked at.
};

/// "findings", "clean", "not applicable" or "gap".
std::string_view answerName(RuleAnswer answer);

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
    PhysicalAddress entry; ///< Physical address of the offending entry.

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
    IsolationHalf half = IsolationHalf::None; ///< Of KPTI, those that give the entry these rights.
};

struct Finding {
    std::string rule;
    FindingState state = FindingState::Violation;
    FrameNumber frame; ///< The first, where several neighbours are reported as one.
    std::uint64_t frames = 1;
    FindingEntry entry; ///< The first entry, where several neighbours are reported as one.
    std::vector<Clause> clauses;
    std::vector<Alias> mappings; ///< Entries that map `frame`; filled in by checkRules().
    std::uint64_t mappingsTotal = 0; ///< Exact, where `mappings` had to be cut.
    std::string summary; ///< One sentence.
    std::string remedy; ///< What it would take to satisfy the rule.
    Standing standing = Standing::Broken;
    std::string standingReason; ///< Why it is not broken, a clause; empty if it is.

    FindingKey key() const { return {rule, frame, entry.address}; }
};

/// A finding without its explanation: kept for all of them, also those beyond the limit.
struct FindingMark {
    FrameNumber frame;
    PhysicalAddress entry;
    FindingState state = FindingState::Violation;
    Standing standing = Standing::Broken;

    auto operator<=>(const FindingMark&) const = default;
};

/// How many findings there are of each state and standing, and how many frames they are about.
class FindingTotals {
public:
    void add(FindingState state, Standing standing, std::uint64_t findings, std::uint64_t frames);
    std::uint64_t of(FindingState state) const { return sum(state, std::nullopt).findings; }
    std::uint64_t of(Standing standing) const { return sum(std::nullopt, standing).findings; }
    std::uint64_t of(FindingState state, Standing standing) const { return sum(state, standing).findings; }
    /// Frames of all findings of that state; one that two findings are about counts twice.
    std::uint64_t frames(FindingState state) const { return sum(state, std::nullopt).frames; }
    std::uint64_t frames(FindingState state, Standing standing) const { return sum(state, standing).frames; }
    std::uint64_t all() const { return sum(std::nullopt, std::nullopt).findings; }
    bool operator==(const FindingTotals&) const = default;

private:
    struct Count {
        std::uint64_t findings = 0;
        std::uint64_t frames = 0;
        bool operator==(const Count&) const = default;
    };
    /// nullopt: of every one.
    Count sum(std::optional<FindingState> state, std::optional<Standing> standing) const;

    std::array<std::array<Count, standingCount>, findingStateCount> m_counts{};
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
    FindingTotals totals; ///< Exact also where `findings` had to be cut.
    std::vector<FindingMark> marks; ///< All findings up to RuleLimits::marks.
    Standing standing = Standing::Broken; ///< Of a violation, had there been one.
    std::string standingReason; ///< Why that is not broken, a clause; empty if it is.
    /// What is expected at this stage, and until when, e.g. "early W+X until mark_rodata_ro"; may be empty.
    std::string stage;
    RuleCoverage coverage;

    std::uint64_t count(FindingState state) const { return totals.of(state); }
    std::uint64_t broken() const { return totals.of(Standing::Broken); }
    std::uint64_t total() const { return totals.all(); }
    bool marksComplete() const { return marks.size() == total(); }
    RuleAnswer answer() const;
    /// Why nothing could be looked at; empty if something was.
    std::string notEvaluated() const;
    /// What was left out of the evaluation; empty if nothing, or if there was none.
    std::string incomplete() const;
};

/// How many different page frames hypothetical findings are about, as far as reports list them.
std::uint64_t hypotheticalPages(std::span<const RuleReport> reports);

} // namespace pgtscope::core
