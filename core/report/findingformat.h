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
/// All findings of a rule, with totals and whatever was left out.
std::string reportText(const RuleContext& context, const RuleReport& report);

/// Numbers that may pass 2^53 are hexadecimal strings. Keys: rule, state, hypothetical, frame, frames, key,
/// entry, clauses, mappings, mappingsTotal, summary, remedy.
nlohmann::json findingJson(const Finding& finding);
/// Keys: rule, totals, hypothetical, notEvaluated, incomplete, findings.
nlohmann::json reportJson(const RuleReport& report);

} // namespace pgtscope::core
