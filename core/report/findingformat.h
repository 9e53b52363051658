// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <span>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "core/rules/rule.h"

namespace pgtscope::core {

/// A finding as a paragraph that explains itself: summary, entry, each clause with its values, all mappings
/// of the frame, what to do. Clauses are marked "[x]" (holds) or "[ ]" (does not): no colour is needed.
std::string findingText(const RuleContext& context, const Finding& finding);
/// Which findings a text lists one by one; all are counted.
enum class ListedFindings : std::uint8_t { Broken, All };

/// A rule's findings, with totals and whatever was left out.
std::string reportText(
    const RuleContext& context, const RuleReport& report, ListedFindings listed = ListedFindings::All);
/// What all rules together say of a snapshot, a line: "3 broken findings", "no findings", "no findings in
/// what could be read: …", with a count of those that are not broken.
std::string verdictText(std::span<const RuleReport> reports);
/// "both halves of KPTI were checked"; empty where there are none, or where one of them was not captured.
std::string checkedHalvesText(const Snapshot& snapshot);

/// Numbers that may pass 2^53 are hexadecimal strings. Keys: rule, state, standing, hypothetical, frame,
/// frames, key, entry, clauses, mappings, mappingsTotal, summary, remedy.
nlohmann::json findingJson(const Finding& finding);
/// Keys: rule, answer, totals, frames, standing, hypothetical, notEvaluated, incomplete, gaps, findings.
nlohmann::json reportJson(const RuleReport& report);
/// What of a snapshot was looked at. Keys: tables, tableFrames, roots (each: address, of; of KPTI's other
/// half also: checked), gaps.
nlohmann::json coverageJson(const Snapshot& snapshot, std::span<const RuleReport> reports);

} // namespace pgtscope::core
