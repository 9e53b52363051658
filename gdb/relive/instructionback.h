// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <memory>

#include "core/base/cancel.h"
#include "core/timeline/timeline.h"
#include "gdb/relive/instructionrun.h"
#include "gdb/relive/liveagain.h"

namespace pgtscope::gdb {

/// A guest one instruction before where another is.
struct InstructionBack {
    LiveAgain live; ///< At the stop from which the instructions were counted, as `live.relived` has it.
    core::LinearAddress rip; ///< Linear address of the next instruction, from which the other guest came.
    std::uint64_t instructions = 0; ///< Since the reset.
    /// Entries of tables that the other guest has otherwise than the recorded boot where that has the same
    /// registers, as after an edit by hand.
    std::size_t otherEntries = 0;
};

/// Makes a guest live one instruction before `present`, which was made live at `origin` and is stopped where
/// `now` was captured. The recorded boot is run twice: first to the instructions that `present` has executed,
/// where all registers must be the same, then to one less. The last recorded stop before is where they are
/// counted from; `options` has the file and the user's choices. No further guest is left after an Error.
core::Result<InstructionBack> makeLiveBefore(const std::shared_ptr<core::Timeline>& recorded,
    const LiveOrigin& origin, const RunningGuest& present, const core::Snapshot& now,
    const InstructionPlace& place, LiveAgainOptions options, const LiveAgainTalk& talk,
    core::CancelFlag& cancel);

/// Whether a guest can go back by an instruction: an Error says why not.
core::Result<void> canGoBackByInstruction(const LaunchSpec& spec);

} // namespace pgtscope::gdb
