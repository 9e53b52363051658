// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/boot/singlestep.h"

namespace pgtscope::gdb {

core::Result<BootStop> stepInstruction(BootStepper& stepper)
{
    using namespace std::chrono_literals;
    ASSIGN_OR_RETURN(auto stop,
        stepper.run({.wanted = [](const Sighting&) { return true; },
            .console = {},
            .deadline = 1min,
            .instructions = 1}));
    if (stop)
        return std::move(*stop);
    return stepper.captureNow(core::StepCause::UserStop, "one instruction");
}

} // namespace pgtscope::gdb
