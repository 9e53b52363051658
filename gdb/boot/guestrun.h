// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <functional>
#include <optional>

#include "core/linux/events.h"
#include "gdb/capture/guestsession.h"

namespace pgtscope::gdb {

/// What is left until then; 0 once it has passed.
std::chrono::milliseconds leftUntil(std::chrono::steady_clock::time_point end);

/// A guest between two stops, and the registers of its CPU at a stop. For one thread.
class GuestRun {
public:
    GuestRun(GuestSession& session, unsigned cpu)
        : m_session(session)
        , m_cpu(cpu)
    {
    }

    /// Lets the guest run to its next stop. nullopt: there was none before `until`, or before `enough`, which
    /// is asked ten times a second, was true; the guest has been stopped where it was.
    core::Result<std::optional<StopEvent>> toNextStop(
        std::chrono::steady_clock::time_point until, const std::function<bool()>& enough);

    core::Result<core::CpuState> cpu();
    /// Whether nothing of the kernel has run: a PC before paging, or a kernel at its entry point, as a domain
    /// of Xen's is when it begins, and a kernel that has just been unpacked.
    core::Result<bool> beforeKernel(const core::ResolvedEvents& events);
    /// What is on top of the stack, which at a function's first instruction is where it returns to.
    core::Result<core::LinearAddress> returnAddress();

private:
    core::Result<std::optional<StopEvent>> stopNow();

    GuestSession& m_session;
    unsigned m_cpu;
};

} // namespace pgtscope::gdb
