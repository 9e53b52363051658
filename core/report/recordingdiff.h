// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "core/base/cancel.h"
#include "core/steps/diff.h"
#include "core/timeline/timeline.h"

namespace pgtscope::core {

/// A fact of a step that another boot has otherwise, by the name that it has in JSON.
struct FactDifference {
    std::string name;
    std::string first;
    std::string second;
    bool operator==(const FactDifference&) const = default;
};

/// How a stop of one boot differs from the same stop of another. Its time is not compared.
struct StopDifference {
    StepNumber number = 0;
    std::vector<FactDifference> facts; ///< Registers among them.
    SnapshotDiff tables;
    bool stores = false; ///< What stored the entries, or stores that changed nothing, where both have them.

    bool empty() const;
};

StopDifference diffStops(const Step& first, const Snapshot& firstTables, const Step& second,
    const Snapshot& secondTables, const DiffOptions& options = {});

/// Two recordings, step for step.
struct RecordingDiff {
    StepNumber firstSize = 0;
    StepNumber secondSize = 0;
    std::vector<StepNumber> differing; ///< Of those that both have.
    std::optional<StopDifference> earliest; ///< Of the first of them.

    bool empty() const { return firstSize == secondSize && differing.empty(); }
};

/// Fails where either cannot be read, and if the user cancels.
Result<RecordingDiff> diffRecordings(const Timeline& first, const Timeline& second,
    const Progress& progress = {}, const CancelFlag* cancel = nullptr);

/// At most `most` lines of each kind.
std::string stopDifferenceText(const StopDifference& difference, std::size_t most);
std::string recordingDiffText(const RecordingDiff& diff, std::size_t most);
nlohmann::json stopDifferenceJson(const StopDifference& difference);
/// Keys: steps (of both), differing (step numbers), earliest (null, or the difference).
nlohmann::json recordingDiffJson(const RecordingDiff& diff);

} // namespace pgtscope::core
