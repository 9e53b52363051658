// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>

#include "gdb/boot/bootstate.h"
#include "gdb/boot/guestrun.h"

namespace pgtscope::gdb {

/// An experiment: one call of a function of the guest returns without running.
class CallSkip {
public:
    /// The `call`th call, from 1.
    CallSkip(GuestSession& session, GuestRun& run, unsigned cpu, std::string function, unsigned call);

    /// Does nothing if the function's name is empty.
    core::Result<void> arm();
    bool owns(unsigned number) const { return m_breakpoint == number; }
    /// The guest is at the function's entry. True: this is the call to skip; skip() has to follow.
    core::Result<bool> entered();
    core::Result<void> skip();
    std::string text() const;

    /// Enters what was counted into the state.
    void read(BootState& state) const;
    /// As arm(), and as far as that state had come.
    core::Result<void> resume(const BootState& state);

private:
    GuestSession& m_session;
    GuestRun& m_run;
    unsigned m_cpu;
    std::string m_function;
    unsigned m_call;
    unsigned m_calls = 0;
    std::optional<unsigned> m_breakpoint;
};

} // namespace pgtscope::gdb
