// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <filesystem>
#include <optional>
#include <string_view>
#include <vector>

#include "core/base/cancel.h"
#include "core/base/error.h"
#include "gdb/host/filelock.h"
#include "gdb/host/waitlimit.h"
#include "gdb/qemu/runningguest.h"

namespace pgtscope::gdb {

/// $XDG_RUNTIME_DIR/pgtscope, by default /tmp/pgtscope-UID.
std::filesystem::path defaultRunDirectory();

/// Starts guests in QEMU, in the background, and finds and ends them again, in this program or another of
/// the same user. The record of a guest is its run directory. Whenever guests are launched or listed,
/// directories of guests that have ended are removed, and guests are ended that should have ended with a
/// program that is gone. No process is ended that is not proven to be such a guest, and what a newer
/// pgtscope has made is left alone. Guests use sockets in that directory, no port.
class QemuLauncher {
public:
    explicit QemuLauncher(std::filesystem::path runDirectory = defaultRunDirectory());

    /// Starts QEMU and returns when its sockets can be connected to.
    core::Result<RunningGuest> launch(
        const LaunchSpec& spec, Lifetime lifetime, const core::CancelFlag* cancel = nullptr) const;
    /// The user's guests, oldest first.
    core::Result<std::vector<RunningGuest>> listRunning() const;
    /// The guest of that id, else the newest of that name, or the newest of all for an empty text.
    core::Result<RunningGuest> find(std::string_view nameOrId) const;
    /// Ends QEMU (SIGTERM, then SIGKILL) and removes the run directory.
    core::Result<void> stop(const RunningGuest& guest, const WaitLimit& limit) const;

private:
    core::Result<FileLock> lockRunDirectory(const core::CancelFlag* cancel) const;
    void sweep() const;
    core::Result<RunningGuest> reserve(const std::string& name) const;
    core::Result<void> start(RunningGuest& guest, Lifetime lifetime, const core::CancelFlag* cancel) const;

    std::filesystem::path m_runDirectory;
};

/// Whether the guest runs, by its monitor; nullopt if that does not answer.
std::optional<bool> isRunning(const RunningGuest& guest, const WaitLimit& limit);

/// Lets a paused guest run up to where the guest of interest begins, and stops it there; nothing to do for
/// one that begins with the machine. No debugger may be attached.
core::Result<void> runToBeginning(const RunningGuest& guest, const WaitLimit& limit);

/// Waits until the guest's console has printed `text`. The guest has to run for that.
core::Result<void> waitForConsole(const RunningGuest& guest, std::string_view text, const WaitLimit& limit);

} // namespace pgtscope::gdb
