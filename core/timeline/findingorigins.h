// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <unordered_map>
#include <vector>

#include "core/base/cancel.h"
#include "core/rules/findinghistory.h"
#include "core/timeline/timeline.h"

namespace pgtscope::core {

/// What a recording holds about where a finding came from.
struct FindingOrigin {
    /// Step at which the frame became a table page; nullopt if it was one from the start, or never.
    std::optional<StepNumber> allocated;
    /// Step that last changed the entry before or when the finding appeared.
    std::optional<StepNumber> written;
    std::optional<EntryWriter> writer; ///< Known where single writes are recorded.
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

} // namespace pgtscope::core
