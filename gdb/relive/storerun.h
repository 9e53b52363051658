// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <vector>

#include "core/report/recordingdiff.h"
#include "core/timeline/timeline.h"
#include "gdb/boot/bootstepper.h"
#include "gdb/capture/guestsession.h"

namespace pgtscope::gdb {

/// A store that a plugin reported, of which the recording has no stop.
struct RecordedStore {
    core::StepNumber step = 0;
    core::EntryChange change;
    /// What this store and the recorded ones since the previous stop made of the entry, in their order.
    std::vector<std::uint64_t> values;
    /// The instructions that made them, each once.
    std::vector<core::LinearAddress> writers;
};

/// The store at a step of the recording; `stop` is the last stop before it. An Error says why no guest can be
/// stopped there.
core::Result<RecordedStore> recordedStore(
    const core::Timeline& recorded, core::StepNumber step, core::StepNumber stop);

/// How a guest differs from what was recorded at a store after which it is. The accessed and dirty flags that
/// the processor sets meanwhile, detached tables that were filled since the previous stop, the kernel's
/// regions, Xen's types of frames and the registers were not recorded; that the instruction is the recorded
/// one is compared.
core::StopDifference differenceAfter(
    const RecordedStore& store, const core::Step& step, const core::Snapshot& recorded, const BootStop& here);

/// Lets the plugin inside QEMU wait for a store; to be called before the guest has run. False: there is none
/// that can.
bool awaitByPlugin(GuestSession& session, const RecordedStore& store);

/// Runs a guest on from the last stop before a store, and stops it right after the store: by a plugin that
/// waits for it, else by watchpoints on the entry wherever the recording's tables map it. An Error: another
/// stop came first.
core::Result<BootStop> runToStore(GuestSession& session, BootStepper& stepper, const core::Timeline& recorded,
    const RecordedStore& store, bool byPlugin, std::chrono::milliseconds patience);

} // namespace pgtscope::gdb
