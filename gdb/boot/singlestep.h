// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "gdb/boot/bootstepper.h"

namespace pgtscope::gdb {

/// One instruction. What it means for the boot is noticed as at any other stop: a store into a table or
/// pgt_buf is the stop's cause, and so is an event that the previous instruction led to, which is reported
/// before its own first instruction is executed.
core::Result<BootStop> stepInstruction(BootStepper& stepper);

} // namespace pgtscope::gdb
