// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "core/linux/events.h"
#include "core/steps/step.h"
#include "gdb/boot/consoletail.h"
#include "gdb/boot/eventbreakpoints.h"
#include "gdb/boot/rootswitches.h"
#include "gdb/capture/guestsession.h"

namespace pgtscope::gdb {

/// What the guest is stopped for.
struct StepGrains {
    bool events = true; ///< Boot events of the catalogue, and switches of CR3.
    bool pgtBuf = true; ///< Every change of pgt_buf_end, and every page taken from memblock once it is full.
    /// Every write to a table page while this function runs, what it calls included; empty: none.
    std::string writesIn = {};
    /// An experiment: the `skipCall`th call (from 1) of this function returns without running; empty: none.
    std::string skips = {};
    unsigned skipCall = 1;
    /// Every store into a table page, told by a plugin in QEMU (gdb/writes) while the guest runs: no stops.
    bool everyWrite = false;
};

struct BootStepperOptions {
    StepGrains grains;
    unsigned cpu = 0;
    /// Where the guest's console goes; empty: nowhere that we can read.
    std::filesystem::path consoleLog;
    bool consoleKnown = false; ///< What stands there already has been told.
    bool kernelRoot = false; ///< As CaptureRequest::kernelRoot.
    /// Asked every so often while the guest runs; true stops it, and next() and runTo() return nullopt then.
    /// May be empty.
    std::function<bool()> stopAsked = {};
};

/// A stop of the guest, captured.
struct BootStop {
    core::Step step;
    core::SnapshotPtr snapshot;
    /// Who wrote what changed since the stop before; set at the grain of single writes.
    std::optional<core::EntryWriter> writer = {};
};

/// Takes a guest through its boot, from stop to stop. For one thread.
class BootStepper {
public:
    /// Needs symbols that stand where the kernel runs or will run.
    static core::Result<std::unique_ptr<BootStepper>> create(
        GuestSession& session, const BootStepperOptions& options);

    /// Which events this kernel has, and which it lacks and why.
    const core::ResolvedEvents& events() const { return m_events; }

    /// Captures the guest where it stands.
    core::Result<BootStop> here(core::StepCause cause, std::string text);
    /// Lets the guest run to the next event or change; nullopt if there was none before the time passed: the
    /// guest is stopped then, wherever it was.
    core::Result<std::optional<BootStop>> next(std::chrono::milliseconds deadline);
    /// Lets the guest run to an address, past everything else.
    core::Result<std::optional<BootStop>> runTo(
        core::LinearAddress address, std::chrono::milliseconds deadline);
    /// Executes single instructions until one has changed an entry of a table page, the accessed and dirty
    /// flags that the processor sets aside; nullopt if none of the next `most` has. The step's text names the
    /// entry.
    core::Result<std::optional<BootStop>> nextWrite(std::uint64_t most);
    /// Takes notice of a stop that somebody else let the guest run to; nullopt if next() would have run on.
    core::Result<std::optional<BootStop>> met(const StopEvent& stop) { return handle(stop); }
    /// Lets the guest run until its console has printed `text`, and stops it.
    core::Result<std::optional<BootStop>> runUntilConsole(
        std::string_view text, std::chrono::milliseconds deadline);

private:
    using MaybeStop = core::Result<std::optional<BootStop>>;
    /// A call that is single-stepped: it ends where control is back at `back` with the stack above `stack`.
    struct Call {
        core::LinearAddress back;
        core::LinearAddress stack;
    };
    /// A call of alloc_low_pages() that goes to memblock.
    struct Allocation {
        unsigned breakpoint = 0;
        std::uint64_t pages = 0;
    };

    BootStepper(GuestSession& session, const BootStepperOptions& options);
    core::Result<void> arm();
    core::Result<bool> atTheStart();
    core::Result<void> armWrites();
    core::Result<void> armSkip();
    core::Result<std::optional<StopEvent>> resumeAndWait(std::chrono::milliseconds deadline);
    core::Result<void> stopNow();
    /// A stop that is worth a step, or nullopt to run on.
    MaybeStop handle(const StopEvent& stop);
    MaybeStop handleEvent(unsigned number, const MetEvent& met);
    MaybeStop handleRootSwitch(unsigned number);
    MaybeStop handleAllocation(unsigned number, bool first);
    MaybeStop handleAllocated();
    MaybeStop handlePgtBuf(const StopEvent& stop);
    MaybeStop step(const core::BootEvent& event);
    MaybeStop handleSkip();
    /// One instruction; a stop if it wrote to a table or met something.
    MaybeStop stepOnce();
    MaybeStop written(core::LinearAddress writer);
    core::Result<void> beginCall();
    core::Result<core::LinearAddress> returnAddress();
    core::Result<core::CpuState> cpu();
    core::Result<void> watchRootSwitches(const core::BootEvent& event, const core::Snapshot& snapshot);
    core::Result<void> watchRootSwitches(
        core::LinearAddress begin, std::uint64_t bytes, const core::Snapshot& snapshot);
    void tell(const core::BootEvent& event);
    const core::BootEvent* rootEvent(const core::Snapshot& snapshot) const;
    std::string rootText(const core::Snapshot& snapshot) const;

    GuestSession& m_session;
    BootStepperOptions m_options;
    core::ResolvedEvents m_events;
    EventBreakpoints m_breakpoints;
    RootSwitches m_rootSwitches;
    std::optional<unsigned> m_pgtBufWatch;
    std::optional<unsigned> m_writesBreakpoint;
    std::optional<unsigned> m_skipBreakpoint; ///< Of the function whose call is skipped.
    unsigned m_skipCalls = 0;
    std::optional<Call> m_call;
    std::optional<unsigned> m_skippedBreakpoint; ///< An event where a single step ended.
    std::optional<unsigned> m_allocBreakpoint;
    std::optional<Allocation> m_allocation;
    unsigned m_allocations = 0; ///< That went to memblock and were told.
    bool m_followsAllocations = false; ///< alloc_low_pages() stops whenever it is called.
    bool m_xenReserves = false; ///< xen_mapping_pagetable_reserve() runs.
    bool m_watchedWriters = false; ///< The functions that are nothing but a write of CR3 are watched.
    bool m_handedOut = false; ///< For the next capture.
    ConsoleTail m_console;
    std::string m_unreadConsole;
    core::SnapshotPtr m_previous;
    std::chrono::steady_clock::time_point m_began;
};

} // namespace pgtscope::gdb
