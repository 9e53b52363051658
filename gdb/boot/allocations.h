// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "gdb/boot/eventbreakpoints.h"
#include "gdb/boot/guestrun.h"

namespace pgtscope::gdb {

/// Follows the allocator of early page tables once pgt_buf is full: alloc_low_pages() takes its pages from
/// memblock then (arch/x86/mm/init.c, v3.9 to v6.12), which changes none of the buffer's variables.
class Allocations {
public:
    /// `all`: each call is followed; else the first ones only.
    Allocations(GuestSession& session, GuestRun& run, EventBreakpoints& events, unsigned cpu, bool all);

    /// The guest is at the allocator's entry; `entry` is its event's breakpoint, which stays in until end().
    /// `previous` may be null.
    core::Result<void> entered(unsigned entry);
    /// Whether the breakpoint is that of a call's return.
    bool owns(unsigned number) const { return m_call && m_call->breakpoint == number; }
    /// The guest is at the return of a call. What was taken, for the user; nullopt if that is unknown.
    core::Result<std::optional<std::string>> returned(const core::SnapshotPtr& previous);
    /// The entry's breakpoint while nothing is to be learnt from it: the buffer has pages left, and each one
    /// that it hands out moves pgt_buf_end, which is watched.
    std::optional<unsigned> idleEntry() const;
    /// Before the guest runs: the entry's breakpoint is in it only while something is to be learnt there. A
    /// PV guest of Xen comes by hundreds of times.
    core::Result<void> followRoom();
    /// The allocator is used no more.
    core::Result<void> end();

    /// Enters what was counted into the state; false while a call is waited for.
    bool read(BootState& state) const;
    /// Goes on as that state had come; the events have their breakpoints.
    void resume(const BootState& state);

private:
    /// A call that goes to memblock.
    struct Call {
        unsigned breakpoint = 0;
        std::uint64_t pages = 0;
    };
    core::Result<void> awaitReturn(unsigned entry, std::uint64_t pages);
    core::Result<std::optional<core::PhysicalAddress>> placeOf(
        core::LinearAddress linear, const core::SnapshotPtr& previous);

    GuestSession& m_session;
    GuestRun& m_run;
    EventBreakpoints& m_events;
    unsigned m_cpu;
    bool m_all;
    std::optional<unsigned> m_entry;
    std::optional<Call> m_call;
    unsigned m_reported = 0;
    bool m_idle = false; ///< The entry's breakpoint is not in the guest.
};

} // namespace pgtscope::gdb
