// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/base/error.h"
#include "core/base/packing.h"
#include "gdb/host/waitlimit.h"
#include "gdb/qemu/runningguest.h"

namespace pgtscope::gdb {

/// All of a stopped guest but its RAM, which is in a file that is shared: what QEMU's migration writes with
/// x-ignore-shared. Once at a stop; the guest may run on afterwards, by its stub. The state says that the
/// guest is paused.
core::Result<core::Bytes> saveDeviceState(const RunningGuest& guest, const WaitLimit& limit);
/// Gives it to a guest that was launched with LaunchSpec::incoming; its RAM must be in place.
core::Result<void> restoreDeviceState(
    const RunningGuest& guest, core::ByteView state, const WaitLimit& limit);

/// Lets a state that was saved at a debugger's stop be one of a paused guest, in place: QEMU ends at the
/// attempt to begin with "debug" (runstate.c, 7.2: invalid transition). False if it names no run state, or
/// another one that no stopped guest has.
bool pauseState(std::span<std::byte> state);

} // namespace pgtscope::gdb
