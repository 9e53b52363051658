// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <ostream>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "core/timeline/timeline.h"

namespace pgtscope::core {

/// All that is reported of one step of a recording.
struct StoryStep {
    Step step;
    SnapshotPtr snapshot;
    StepChanges changes; ///< Empty for step 0.
};

Result<StoryStep> storyStep(const Timeline& timeline, StepNumber number);

/// Which guest was recorded, by what, and whether the recording is whole.
std::string recordingHeadText(const Timeline& timeline);
/// Chapters and notes of the step, then the step with its pgt_buf bar. Lines are not wrapped yet;
/// `width` is what they will be wrapped to.
std::string storyStepText(const StoryStep& story, const Annotations& annotations, std::size_t width);
/// stepJson() with changes, pgtBuf, paging, root, tableFrames, detachedTables and meaning.
nlohmann::json storyStepJson(const StoryStep& story);

/// `from` and `to`, here and below, are the first and the last step.
/// One object: format, version, guest, finished, annotations, steps; a step a line.
Result<void> writeStoryJson(std::ostream& out, const Timeline& timeline, const Annotations& annotations,
    StepNumber from, StepNumber to);
/// A header line, then a line a step: step, cause, event, text, time, rip, symbol, tables, entries_changed,
/// pgt_buf_start, pgt_buf_end, pgt_buf_top, findings.
Result<void> writeStoryCsv(std::ostream& out, const Timeline& timeline, StepNumber from, StepNumber to);
/// The steps as `pgt show` prints them, wrapped.
Result<void> writeStoryText(std::ostream& out, const Timeline& timeline, const Annotations& annotations,
    StepNumber from, StepNumber to, std::size_t width);

} // namespace pgtscope::core
