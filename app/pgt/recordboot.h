// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "app/pgt/console.h"
#include "app/pgt/entrypoke.h"
#include "gdb/boot/bootrun.h"
#include "gdb/recorder/bootcheckpoints.h"
#include "gdb/recorder/recorder.h"

namespace pgtscope::pgt {

/// An experiment: at this event an entry is changed from outside the guest, as a step of its own.
struct BootPoke {
    std::string event;
    EntryWish wish;
};

/// Which guest is taken through its boot, and which stops are recorded.
struct BootRequest {
    gdb::EventSources sources;
    std::optional<BootPoke> poke;
    /// Event at which to end; empty: the guest's first process, or the last event.
    std::string untilEvent;
    /// Our own initramfs runs at last, and says so; else a silent console ends the boot.
    bool oursAtTheEnd = true;
    /// Its first process is ours and says userspaceMessage; another system ends its boot with a login prompt.
    bool ourInitramfs = true;
    unsigned patienceSeconds = 120; ///< Longest time without a stop.
    /// The last step too is where the guest's own instructions put it: the console, which is seen at no fixed
    /// instruction, ends nothing.
    bool deterministic = false;
    bool hearOut = false; ///< As gdb::BootRunOptions has it.
    std::string sourcesText; ///< As the recording names it.
};

/// Where a boot is recorded.
struct BootRecord {
    gdb::Recorder& recorder;
    gdb::BootCheckpoints* checkpoints = nullptr; ///< Null: none are saved.
    gdb::StepListener listener = {};
    core::SnapshotPtr last = {}; ///< As BootGuest has it.
};

/// Takes the guest of an open session through its boot into a new recording. Ctrl-C ends it, and the
/// recording is finished all the same.
core::Result<gdb::BootRunEnd> recordBoot(gdb::GuestSession& session, const BootRequest& request,
    const std::filesystem::path& consoleLog, const BootRecord& record, Console& console);

/// What a recording says about a guest that this program records.
core::GuestDescription describeGuest(const gdb::RunningGuest& guest, const std::string& granularity);

} // namespace pgtscope::pgt
