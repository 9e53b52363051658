// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include "core/base/cancel.h"
#include "core/timeline/timeline.h"

namespace pgtscope::gdb {

/// Makes a recording of its own for a guest that is live again at a step of another one: the steps up to that
/// one, and the name of the recording that they are from. What the guest does next is appended through
/// Recorder::reopen(). Refuses a file that exists. `recorder`: the program and its version.
core::Result<void> makeBranch(const core::Timeline& parent, core::StepNumber step, const std::string& path,
    const std::string& recorder, const core::Progress& progress = {});

} // namespace pgtscope::gdb
