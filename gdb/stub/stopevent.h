// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/base/address.h"
#include "gdb/mi/mivalue.h"

namespace pgtscope::gdb {

/// Why and where the guest stopped.
struct StopEvent {
    enum class Reason {
        Breakpoint,
        Watchpoint, ///< Whichever access it watches for.
        Step,
        Stores, ///< The last of those that were waited for, see Target::countStores().
        Instructions, ///< So many have begun, see CodeWatch::countInstructions().
        Interrupted, ///< On our request.
        Signal, ///< Anything else that the stub reports, see `detail`.
    };
    Reason reason = Reason::Signal;
    std::optional<unsigned> number; ///< Of the breakpoint or watchpoint, as inserted.
    std::optional<std::uint64_t> oldValue; ///< Watchpoints that saw a change.
    std::optional<std::uint64_t> newValue; ///< Watchpoints; the value read, if nothing changed.
    unsigned cpu = 0; ///< Number of the vCPU from 0.
    core::LinearAddress rip;
    std::string detail; ///< gdb's own word for the reason.
};

/// Reads a `*stopped` record. The vCPU is not filled in: threadOfStop() gives gdb's thread.
StopEvent stopEventOf(const MiRecord& stopped);
/// gdb's number of the thread that stopped; nullopt if the record has none.
std::optional<unsigned> threadOfStop(const MiRecord& stopped);

} // namespace pgtscope::gdb
