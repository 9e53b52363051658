// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "core/base/cancel.h"
#include "core/base/wholefile.h"
#include "core/recording/recordingwriter.h"

namespace pgtscope::core {

struct StepInterval {
    StepNumber first = 0;
    StepNumber last = 0; ///< Included.
    bool operator==(const StepInterval&) const = default;
};

/// How much of a recording can be read.
struct RecordingCheck {
    std::uint32_t format = 0;
    bool finished = false; ///< By its recorder; false if that was killed, or still records.
    StepNumber steps = 0; ///< Up to the first damage of the list of steps.
    std::vector<StepInterval> unreadable; ///< Among them: the step, its tables or its changes.
    /// What is wrong besides, a sentence each: the list of steps, code, symbols, narration.
    std::vector<std::string> damage;

    bool whole() const { return unreadable.empty() && damage.empty(); }
};

/// Reads all of a recording. What is damaged is reported in the result; an Error is for a file that is no
/// recording, or one of a newer format, and for a check that was cancelled.
Result<RecordingCheck> checkRecording(
    const std::string& path, const Progress& progress = {}, const CancelFlag* cancel = nullptr);

/// Makes a new finished recording, of the newest format, of what can be read of another. Its steps are
/// numbered anew; narration of a step that is lost goes to the next one. Returns what was wrong with the
/// other. Fails, and leaves no file, if no step can be read.
Result<RecordingCheck> repairRecording(const std::string& from, const std::string& to, Existing existing,
    const Progress& progress = {}, const CancelFlag* cancel = nullptr);

} // namespace pgtscope::core
