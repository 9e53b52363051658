// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "core/rules/findinghistory.h"
#include "core/rules/ruledifference.h"
#include "core/timeline/timeline.h"

namespace pgtscope::core {

/// What a recording tells about where a finding came from.
struct FindingOrigin {
    /// Step at which the frame became a table page; nullopt if it was one from the beginning, or never.
    std::optional<StepNumber> allocated;
    /// Step that last changed the entry before or when the finding appeared.
    std::optional<StepNumber> written;
    std::optional<EntryWriter> writer; ///< Known at write grain.
};

/// Looks back from the step at which the finding appeared, over at most `most` steps.
Result<FindingOrigin> findOrigin(
    const Timeline& timeline, const FindingKey& key, StepNumber appeared, StepNumber most = 10'000);
/// "; table since step 12; entry written at step 14 by mask_rw_pte+0x12 (0x…)"; empty if nothing is known.
std::string originText(const FindingOrigin& origin);
/// Keys: allocated, written, writer.
nlohmann::json originJson(const FindingOrigin& origin);

/// "pending from step 3, violation from step 7, gone at step 9".
std::string stayText(const FindingStay& stay);
/// Keys: appeared, went, states (each: step, state).
nlohmann::json stayJson(const FindingStay& stay);

/// Two rules on one snapshot: what only one of them finds.
std::string differenceText(
    const RuleReport& first, const RuleReport& second, const RuleDifference& difference);
/// Keys: first, second, both, onlyFirst, onlySecond (lists of frame, entry, state), complete.
nlohmann::json differenceJson(
    const RuleReport& first, const RuleReport& second, const RuleDifference& difference);

} // namespace pgtscope::core
