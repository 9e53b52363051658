// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include <nlohmann/json_fwd.hpp>

#include "core/rules/findinghistory.h"
#include "core/rules/ruledifference.h"
#include "core/timeline/findingorigins.h"

namespace pgtscope::core {

/// "; a table since step 12; the entry was written at step 14 by mask_rw_pte+0x12 at 0x…"; empty if nothing
/// is known.
std::string originText(const FindingOrigin& origin);
/// Keys: allocated, written, writer.
nlohmann::json originJson(const FindingOrigin& origin);

/// Gaps of all steps, a line each; the first few of many.
std::string gapsText(const FindingHistory& history);
/// A list; keys of each: rule, gap, first, last, steps.
nlohmann::json gapsJson(const FindingHistory& history);
/// "expected pending from step 3, violation from step 7, resolved at step 9".
std::string stayText(const FindingStay& stay);
/// Keys: appeared, went, unseenSince, states (each: step, state, standing).
nlohmann::json stayJson(const FindingStay& stay);

/// Two rules on one snapshot: what only one of them finds.
std::string differenceText(
    const RuleReport& first, const RuleReport& second, const RuleDifference& difference);
/// Keys: first, second, both, onlyFirst, onlySecond (lists of frame, entry, state, standing), complete.
nlohmann::json differenceJson(
    const RuleReport& first, const RuleReport& second, const RuleDifference& difference);

} // namespace pgtscope::core
