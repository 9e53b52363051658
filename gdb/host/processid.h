// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>

#include <sys/types.h>

#include "core/base/error.h"
#include "gdb/host/waitlimit.h"

namespace pgtscope::gdb {

/// One particular process: its number and when it started, as numbers are used again.
struct ProcessId {
    pid_t pid = 0;
    std::uint64_t startTime = 0; ///< Clock ticks since boot; field 22 of /proc/PID/stat, proc(5).

    /// The process that has this number now; nullopt if there is none, or a dead one not yet waited for.
    static std::optional<ProcessId> of(pid_t pid);
    /// A child of ours that has not been waited for; known even if it has ended.
    static std::optional<ProcessId> ofChild(pid_t pid);
    bool alive() const { return of(pid) == *this; }
    bool operator==(const ProcessId&) const = default;
};

/// Asks the process to end (SIGTERM) and makes it end (SIGKILL) when it has not within 5 seconds. Success
/// means that it is gone; one that was gone already is a success.
core::Result<void> endProcess(const ProcessId& process, const WaitLimit& limit);

} // namespace pgtscope::gdb
