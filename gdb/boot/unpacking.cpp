// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/boot/unpacking.h"

#include <algorithm>
#include <vector>

namespace pgtscope::gdb {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

namespace {

/// A guest under KVM unpacks a kernel in some tenths of a second: by then it has to have been looked at. No
/// breakpoint is in it until then, since QEMU executes code single instruction by single instruction where a
/// breakpoint is in the same page.
constexpr auto lookEvery = 20ms;

/// The wait for a kernel, with the breakpoints where it may begin.
class Unpacking {
public:
    Unpacking(GuestSession& session, unsigned cpu)
        : m_session(session)
        , m_run(session, cpu)
    {
    }

    core::Result<void> wait(Clock::time_point end)
    {
        while (Clock::now() < end) {
            const auto until = m_breakpoints.empty() ? std::min(end, Clock::now() + lookEvery) : end;
            ASSIGN_OR_RETURN(const auto stop, m_run.toNextStop(until, [] { return false; }));
            if (stop && !isOurs(*stop))
                return core::failure("wait for the kernel",
                    "the guest stopped before KASLR had placed it"
                        + (stop->detail.empty() ? std::string() : ": " + stop->detail),
                    "see what it printed, or boot it with nokaslr");
            if (stop && m_session.placeUnpacked(core::PhysicalAddress(stop->rip.value)))
                return {};
            if (stop || !m_breakpoints.empty())
                continue;
            ASSIGN_OR_RETURN(const auto runs, kernelRuns());
            if (runs)
                return {};
            RETURN_IF_ERROR(look());
        }
        return core::failure("wait for the kernel", "KASLR had not placed it in time",
            "--seconds waits longer; a guest that is booted with nokaslr needs no wait");
    }

    core::Result<void> removeBreakpoints()
    {
        for (const unsigned number : m_breakpoints)
            RETURN_IF_ERROR(m_session.target().removeBreakpoint(number));
        return {};
    }

private:
    bool isOurs(const StopEvent& stop) const
    {
        return stop.number
            && std::find(m_breakpoints.begin(), m_breakpoints.end(), *stop.number) != m_breakpoints.end();
    }

    /// It was not seen in time, or is another one than the user named.
    core::Result<bool> kernelRuns()
    {
        ASSIGN_OR_RETURN(const auto now, m_run.cpu());
        if (now.rip.value >> 63 == 0)
            return false;
        RETURN_IF_ERROR(m_session.capture({}));
        return m_session.placed() || m_session.kernel().slideState() == core::SlideState::NoMatch;
    }

    core::Result<void> look()
    {
        ASSIGN_OR_RETURN(const auto files, m_session.unpackingAt());
        for (const core::PhysicalAddress begin : files) {
            ASSIGN_OR_RETURN(const auto number,
                m_session.target().insertHardwareBreakpoint(core::LinearAddress(begin.value)));
            m_breakpoints.push_back(number);
        }
        return {};
    }

    GuestSession& m_session;
    GuestRun m_run;
    std::vector<unsigned> m_breakpoints;
};

} // namespace

core::Result<bool> runUntilUnpacked(GuestSession& session, unsigned cpu, Clock::time_point end)
{
    if (session.placed() || !session.kernel().canBeUnpacked())
        return false;
    ASSIGN_OR_RETURN(const auto now, GuestRun(session, cpu).cpu());
    if (session.placeAround(core::PhysicalAddress(now.rip.value)))
        return false;
    Unpacking unpacking(session, cpu);
    const auto waited = unpacking.wait(end);
    const auto removed = unpacking.removeBreakpoints();
    RETURN_IF_ERROR(waited);
    RETURN_IF_ERROR(removed);
    return true;
}

} // namespace pgtscope::gdb
