// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <vector>

#include "gdb/boot/allocations.h"
#include "gdb/boot/breakpointorder.h"
#include "gdb/boot/eventbreakpoints.h"
#include "gdb/boot/rootswitches.h"

namespace pgtscope::gdb {

/// Moves the breakpoints of a guest that takes few of them along with its boot, and reports what is given up.
/// Does nothing where there are enough.
class BootSlots {
public:
    BootSlots(GuestSession& session, const EventBreakpoints& events, const RootSwitches& switches,
        const Allocations& allocations)
        : m_session(session)
        , m_events(events)
        , m_switches(switches)
        , m_allocations(allocations)
    {
    }

    /// The events have their breakpoints. `fromTheStart`: nothing of the kernel has run. `soft`: it is as
    /// EventSources::softBreakpoints.
    void begin(const core::ResolvedEvents& events, unsigned cpu, bool fromTheStart, bool soft);
    /// A stop: one under Xen is of a PV domain.
    void saw(const core::Snapshot& snapshot);
    /// The boot has come to this event.
    void met(const core::BootEvent& event);
    /// Decides which breakpoints get a slot when the guest runs next.
    void rank();

private:
    bool limited() const { return m_session.target().budget().limit().has_value(); }

    std::vector<WaitingBreakpoint> waiting() const;

    GuestSession& m_session;
    const EventBreakpoints& m_events;
    const RootSwitches& m_switches;
    const Allocations& m_allocations;
    BootPosition m_position;
};

} // namespace pgtscope::gdb
