// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "core/base/cancel.h"
#include "core/timeline/timeline.h"
#include "gdb/host/startprocess.h"
#include "gdb/qemu/bootrecipe.h"
#include "gdb/qemu/runningguest.h"
#include "gdb/relive/relive.h"

namespace pgtscope::gdb {

/// Which step of which recording is to be live.
struct LiveAgainOptions {
    std::string file; ///< The recording.
    core::StepNumber step = 0;
    RecipeChoices choices;
    std::chrono::milliseconds patience = std::chrono::seconds(120); ///< Longest time without a stop.
    bool fromReset = false; ///< Even if the recording has checkpoints.
    Lifetime lifetime = Lifetime::Stays;
    /// Called once it is there and is what was recorded, with a plugin that counts instructions
    /// (CodeWatch::lookAtInstructions()). Of a step that is a stop. May be empty.
    std::function<void(GuestSession&, BootStepper&, const RunningGuest&)> then = {};
};

/// Where a start reports to; each may be empty.
struct LiveAgainTalk {
    core::Progress progress;
    std::function<void(const std::string&)> remark;
};

/// A live guest at the step of a recording, stopped.
struct LiveAgain {
    RunningGuest guest;
    Relived relived;
    std::optional<core::StepNumber> checkpoint; ///< Where it was restored; nullopt: it booted.
    bool deterministic = false; ///< As it was recorded.
};

/// The last step up to `step` that is a stop at which such a guest can be brought; an Error if there is none.
core::Result<core::StepNumber> lastRelivable(const core::Timeline& recorded, core::StepNumber step);

/// Boots a recording's guest again up to a step, from its nearest checkpoint if that can be used, else from
/// reset, and compares it there. No guest is left after an Error.
core::Result<LiveAgain> makeLive(const std::shared_ptr<core::Timeline>& recorded,
    const LiveAgainOptions& options, const LiveAgainTalk& talk, core::CancelFlag& cancel);

/// Which step of which recording a guest was made live at.
struct LiveOrigin {
    std::string file;
    core::StepNumber step = 0;
};

/// nullopt: it was not made live from a recording.
std::optional<LiveOrigin> liveOrigin(const RunningGuest& guest);

} // namespace pgtscope::gdb
