// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "core/base/cancel.h"
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

/// Where the findings of a recording came from, learnt in one pass over its changes.
class FindingOrigins {
public:
    /// Follows the frames and entries of all findings in `history`.
    static Result<FindingOrigins> learn(
        const Timeline& timeline, const FindingHistory& history, const CancelFlag* cancel = nullptr);
    /// The latest that is known up to the step at which the finding appeared.
    FindingOrigin of(const FindingKey& key, StepNumber appeared) const;

private:
    struct Write {
        StepNumber step;
        std::optional<EntryWriter> writer;
    };
    void note(StepNumber step, const StepChanges& changes);

    std::unordered_map<PhysicalAddress, std::vector<Write>> m_writes; // steps ascending
    std::unordered_map<FrameNumber, std::vector<StepNumber>> m_tables;
};

/// "; a table since step 12; the entry was written at step 14 by mask_rw_pte+0x12 at 0x…"; empty if nothing
/// is known.
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
