// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>

#include "gdb/boot/allocations.h"
#include "gdb/boot/bootslots.h"
#include "gdb/boot/bootstop.h"
#include "gdb/boot/callskip.h"
#include "gdb/boot/eventbreakpoints.h"
#include "gdb/boot/failurewatch.h"
#include "gdb/boot/guestrun.h"
#include "gdb/boot/pgtbufwatch.h"
#include "gdb/boot/rootswitches.h"
#include "gdb/boot/stopcapture.h"
#include "gdb/boot/writestepping.h"
#include "gdb/capture/guestsession.h"

namespace pgtscope::gdb {

/// The stops that a boot is followed by: what is put into the guest for them, and what each of them means for
/// pgt_buf, the allocator, the root and the phase. Whether a run ends there is for BootStepper to decide. For
/// one thread.
class BootWatch {
public:
    using MaybeSighting = core::Result<std::optional<Sighting>>;

    /// `kernelRoot` as CaptureRequest has it.
    BootWatch(GuestSession& session, const EventSources& sources, unsigned cpu, bool kernelRoot);

    /// Finds the boot's events among the kernel's symbols; before arm().
    void findEvents() { m_events = core::resolveEvents(m_session.symbols()); }
    const core::ResolvedEvents& events() const { return m_events; }
    core::Result<void> arm();

    /// Captures the guest where it is, and notes what its tables say of the boot.
    core::Result<BootStop> capture(
        core::StepCause cause, std::string text, std::optional<unsigned> cpu = std::nullopt);
    const StopCapture& captured() const { return m_capture; }
    /// See RootChanges::take().
    std::string takeRootChanges() { return m_root.take(); }

    /// Before the guest runs: breakpoints follow what is known by now.
    core::Result<void> follow();
    /// What the last single instruction led to, if the guest is still there: a breakpoint did not stop it.
    std::optional<MaybeSighting> ledTo();
    /// An event at the present instruction, where the guest was brought without it, is the next ledTo().
    core::Result<void> meetHere();
    /// The guest goes on by single instructions, since a call is being followed.
    bool inCall() const { return m_writes.inCall(); }
    /// Executes one instruction.
    MaybeSighting step();
    /// All that a stop means for what is known of the boot; nullopt: the stop is none of ours. `reached`: the
    /// place that the run was for is there, too.
    std::optional<MaybeSighting> onStop(const StopEvent& stop, bool reached);

    /// What a breakpoint or watchpoint of ours is for; see BootStepper::nameOf().
    std::string nameOf(unsigned number) const;

    /// How far the boot has come; see BootStepper::state().
    std::optional<BootState> state() const;
    /// Instead of arm(): goes on as that state had come.
    core::Result<void> resume(const BootState& state);

private:
    /// Where the guest is at a breakpoint that did not stop it, as after a single step.
    struct LedTo {
        unsigned breakpoint = 0;
        core::LinearAddress address;
    };

    core::Result<void> armEvents();
    void lookForAllocator();
    core::Result<void> armPgtBuf();
    std::optional<MaybeSighting> sightingAt(const StopEvent& stop, bool reached);
    MaybeSighting onEvent(unsigned number, const MetEvent& met);
    MaybeSighting onRootSwitch(unsigned number);
    MaybeSighting onAllocated();
    MaybeSighting onPgtBuf(const StopEvent& stop);
    MaybeSighting onSkip();
    MaybeSighting eventSighting(const core::BootEvent& event);
    core::Result<void> soften();
    core::Result<void> takeEffect(const core::BootEvent& event);

    GuestSession& m_session;
    EventSources m_sources;
    unsigned m_cpu;
    core::ResolvedEvents m_events;
    GuestRun m_run;
    StopCapture m_capture;
    EventBreakpoints m_breakpoints;
    RootSwitches m_rootSwitches;
    PgtBufWatch m_pgtBufWatch;
    Allocations m_allocations;
    BootSlots m_slots;
    CallSkip m_skip;
    WriteStepping m_writes;
    FailureWatch m_failures;
    bool m_hasAllocator = false; ///< The kernel has alloc_low_pages().
    bool m_followsAllocations = false; ///< It stops whenever it is called.
    bool m_allocatorSeen = false;
    std::optional<LedTo> m_ledTo;
    RootChanges m_root;
};

} // namespace pgtscope::gdb
