// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "app/pgt/guestoptions.h"
#include "app/pgt/launchoptions.h"
#include "app/pgt/recordboot.h"

namespace pgtscope::pgt {

/// The options of commands that take a guest through its boot.
struct BootGuestOptions {
    LaunchOptions launch;
    std::string connect; ///< A guest that someone else runs: it is left as it was found.
    SlideOptions slide;
    std::vector<std::string> sources{"event", "pgt_buf"};
    std::string writesIn;
    bool softBreakpoints = false;
    std::string skip; ///< FUNCTION or FUNCTION:N
    std::string poke; ///< EVENT:ADDRESS:BITS
    std::string until;
    unsigned patienceSeconds = 120;
    bool checkpoints = false; ///< They are saved beside the recording, which says so.

    void addTo(CLI::App& command);
    core::Result<BootRequest> request() const;
};

/// A guest that is ready to be taken through its boot.
struct BootGuest {
    gdb::GuestSession& session;
    std::filesystem::path consoleLog; ///< Empty if we cannot read it.
    core::GuestDescription description;
    const gdb::RunningGuest* launched = nullptr; ///< Null for a guest that someone else runs.
    /// Of a guest whose QEMU has ended before its kernel was unpacked: what was captured of it. Else null.
    core::SnapshotPtr last = {};
};

using BootWork = std::function<core::Result<gdb::BootRunEnd>(const BootGuest&)>;

/// Launches the guest, paused, or attaches to the one that runs; afterwards it is ended, or left as found.
/// That it died is a finding.
ExitStatus withBootGuest(const BootGuestOptions& options, Console& console, const BootWork& work);

} // namespace pgtscope::pgt
