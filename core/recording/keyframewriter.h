// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>

#include "core/recording/database.h"
#include "core/recording/stepcodec.h"
#include "core/steps/step.h"

namespace pgtscope::core {

/// Writes keyframes, the whole state after a step, from which a reader replays, and decides when one is due.
/// It must end before its database does.
class KeyframeWriter {
public:
    /// Goes on after the `size` steps of a recording.
    static Result<KeyframeWriter> open(Database& database, StepNumber size);

    /// Whether there is one to be after step `number`. `written` is what the writers of pages and records
    /// have written so far, in bytes.
    bool dueAfter(StepNumber number, std::uint64_t written) const;
    /// Writes one in the transaction that is open. `written` as above, the pages of `whole` included.
    Result<void> add(StepNumber number, const StepRecord& whole, std::uint64_t written);

private:
    Statement m_insert;
    StepNumber m_next = 0; ///< After the latest keyframe.
    std::uint64_t m_written = 0; ///< At the latest keyframe.
};

} // namespace pgtscope::core
