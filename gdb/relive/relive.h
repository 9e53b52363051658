// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <filesystem>
#include <functional>
#include <optional>

#include "core/base/cancel.h"
#include "core/report/recordingdiff.h"
#include "core/timeline/timeline.h"
#include "gdb/boot/bootstate.h"
#include "gdb/boot/bootstop.h"
#include "gdb/capture/guestsession.h"
#include "gdb/relive/storerun.h"

namespace pgtscope::gdb {

/// Where a guest was restored from a checkpoint.
struct ReliveStart {
    core::StepNumber step = 0; ///< Of the recording.
    BootState boot;
};

struct ReliveOptions {
    core::StepNumber step = 0; ///< Of the recording.
    EventSources sources; ///< Those of the recording.
    std::filesystem::path consoleLog; ///< Of the guest that boots again.
    std::chrono::milliseconds patience = std::chrono::seconds(120); ///< Longest time without a stop.
    std::optional<ReliveStart> start = {}; ///< nullopt: the guest is at its reset.
    /// Called at the step, if the guest is what was recorded, with the breakpoints that it was recorded with.
    /// Of a step that is a stop. May be empty.
    std::function<void(GuestSession&, BootStepper&)> then = {};
};

/// A guest at a step of a recording, against what was recorded.
struct Relived {
    core::StepNumber passed = 0; ///< Recorded stops before it that the guest met again, in order.
    core::SnapshotPtr snapshot; ///< Of the guest.
    core::StopDifference difference; ///< From the recording to the guest; empty: it is the same moment.
    std::optional<RecordedStore> store = {}; ///< The guest is right after it; nullopt: at a stop.
};

/// Whether a guest can be brought to that step: an Error says why not, and which steps are near. Stores that
/// changed nothing have no moment, and a stop that the user or the console made is at no fixed instruction.
core::Result<void> canRelive(const core::Timeline& recorded, const ReliveOptions& options);

/// The last stop at or before a step, from which the guest runs on to a store that a plugin reported.
core::StepNumber stopBefore(
    const core::Timeline& recorded, core::StepNumber step, const EventSources& sources);

/// Takes a guest from its reset, or from where it was restored, through the stops of a recording to one of
/// its steps, with the same breakpoints and pokes, and compares it there, and where it was restored. A step
/// that is a store is reached from the previous stop, by a watchpoint. An Error, beside a guest that is
/// lost: the boot meets another stop than the recording has next, or what was restored is not what was
/// recorded.
core::Result<Relived> relive(GuestSession& session, const core::Timeline& recorded,
    const ReliveOptions& options, const core::Progress& progress = {});

} // namespace pgtscope::gdb
