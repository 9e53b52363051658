// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>

#include "gdb/boot/guestrun.h"
#include "gdb/boot/stopcapture.h"

namespace pgtscope::gdb {

/// Executes single instructions and sees which of them write to a table page. Needs no symbols, but for the
/// names of what is found.
class WriteStepping {
public:
    /// `function`: while it runs, what it calls included, the guest is single-stepped; empty: see step().
    WriteStepping(
        GuestSession& session, GuestRun& run, StopCapture& capture, unsigned cpu, std::string function);

    /// Does nothing if there is no function.
    core::Result<void> arm();
    /// Whether a call of the function begins at that stop.
    bool beginsAt(const StopEvent& stop) const;
    core::Result<void> begin();
    bool owns(unsigned number) const { return m_breakpoint == number; }
    bool inCall() const { return m_call.has_value(); }

    /// One instruction, and where it has led.
    core::Result<StopEvent> step();
    /// After step(): the stop, if it has changed an entry of a table page in more than the accessed and dirty
    /// flags that the processor sets.
    core::Result<std::optional<BootStop>> written();

private:
    /// A call ends where control is at `back` with the stack above `stack`.
    struct Call {
        core::LinearAddress back;
        core::LinearAddress stack;
    };

    GuestSession& m_session;
    GuestRun& m_run;
    StopCapture& m_capture;
    unsigned m_cpu;
    std::string m_function;
    std::optional<core::LinearAddress> m_entry; ///< Of the function.
    std::optional<unsigned> m_breakpoint;
    std::optional<Call> m_call;
    core::CpuState m_before; ///< The last instruction that was executed.
    core::CpuState m_now;
};

} // namespace pgtscope::gdb
