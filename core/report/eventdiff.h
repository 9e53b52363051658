// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "core/base/cancel.h"
#include "core/report/recordingdiff.h"
#include "core/timeline/timeline.h"

namespace pgtscope::core {

/// A boot event that two recordings have, at different steps maybe.
struct EventPair {
    std::string event;
    StepNumber first = 0; ///< Step of the one recording.
    StepNumber second = 0; ///< Of the other.
    bool operator==(const EventPair&) const = default;
};

/// The events of two recordings in the order of the first, the Nth of a name with the Nth of that name.
struct PairedEvents {
    std::vector<EventPair> pairs;
    std::vector<EventPair> onlyFirst; ///< `second` means nothing.
    std::vector<EventPair> onlySecond; ///< `first` means nothing.
};

Result<PairedEvents> pairEvents(const Timeline& first, const Timeline& second);

/// Two recordings of one boot that went different ways, or with different stops, event for event: a branch
/// and the recording that it left.
struct EventDiff {
    PairedEvents events;
    std::vector<EventPair> differing; ///< In registers or tables; the console and texts are not compared.
    std::optional<StopDifference> earliest; ///< Of the first of them.

    bool empty() const { return differing.empty() && events.onlyFirst.empty() && events.onlySecond.empty(); }
};

/// Fails where either cannot be read, and if the user cancels.
Result<EventDiff> diffByEvent(const Timeline& first, const Timeline& second, const Progress& progress = {},
    const CancelFlag* cancel = nullptr);

/// At most `most` lines of each kind.
std::string eventDiffText(const EventDiff& diff, std::size_t most);
/// Keys: compared (how many events), differing, onlyFirst, onlySecond (lists of events with their steps),
/// earliest (null, or the difference).
nlohmann::json eventDiffJson(const EventDiff& diff);

} // namespace pgtscope::core
