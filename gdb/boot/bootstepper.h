// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "gdb/boot/bootstop.h"
#include "gdb/boot/bootwatch.h"
#include "gdb/boot/consoletail.h"
#include "gdb/boot/guestdeath.h"
#include "gdb/boot/guestrun.h"
#include "gdb/capture/guestsession.h"

namespace pgtscope::gdb {

struct BootStepperOptions {
    EventSources sources;
    unsigned cpu = 0;
    /// Where the guest's console goes; empty: nowhere that we can read.
    std::filesystem::path consoleLog;
    bool consoleKnown = false; ///< What it holds already has been reported.
    bool kernelRoot = false; ///< As CaptureRequest::kernelRoot.
    /// Asked every so often while the guest runs; true stops it, and a run returns nullopt then. May be
    /// empty.
    std::function<bool()> stopAsked = {};
};

/// What ends a run of the guest, besides what ends every run (Sighting::ends()).
struct RunUntil {
    std::function<bool(const Sighting&)> wanted; ///< This stop does; asked of each one that is captured.
    std::string console; ///< This text on the console does; empty: none.
    std::chrono::milliseconds deadline{}; ///< The time does.
    /// Asked every so often, with how long the console has been silent; true does. May be empty.
    std::function<bool(std::chrono::milliseconds silent)> enough = {};
    /// Set: the guest executes single instructions, at most so many.
    std::optional<std::uint64_t> instructions = std::nullopt;
};

/// Takes a guest from stop to stop: the ways to run on, and what ends each. Whatever ends a run, the events
/// of the boot that it passes are taken notice of, see BootWatch, and so is what the console says. For one
/// thread.
class BootStepper {
public:
    using MaybeStop = core::Result<std::optional<BootStop>>;

    /// An Error says why the boot events have no address in this guest: there are no symbols, or KASLR has
    /// not placed the kernel yet. Runs still work, with neither events nor pgt_buf as event sources.
    static core::Result<void> canFollowEvents(const GuestReader& guest);

    static core::Result<std::unique_ptr<BootStepper>> create(
        GuestSession& session, const BootStepperOptions& options);
    /// For a guest that was restored at the stop where this state was read.
    static core::Result<std::unique_ptr<BootStepper>> resume(
        GuestSession& session, const BootStepperOptions& options, const BootState& state);

    /// Which events this kernel has, and which it lacks and why.
    const core::ResolvedEvents& events() const { return m_watch.events(); }
    /// nullopt: the boot is amid something that has to end first: a call that is waited for or stepped
    /// through, or a page was just taken from pgt_buf and is not cleared.
    std::optional<BootState> state() const { return m_watch.state(); }

    /// Captures the guest where it is.
    core::Result<BootStop> captureNow(core::StepCause cause, std::string text);
    /// Lets the guest run until a stop, the console or the time ends that. nullopt: the time or the number of
    /// instructions has passed, or the user asked; the guest is stopped then, wherever it was.
    MaybeStop run(const RunUntil& until);
    /// Whether it was the console that ended the last run.
    bool endedByConsole() const { return m_endedByConsole; }

    /// An event at the present instruction, where the guest was brought without it, is the next stop.
    core::Result<void> meetHere() { return m_watch.meetHere(); }
    /// To the next stop of the chosen event sources.
    MaybeStop next(std::chrono::milliseconds deadline);
    /// To an address.
    MaybeStop runTo(core::LinearAddress address, std::chrono::milliseconds deadline);
    /// By single instructions, `most` at most, until one has changed an entry of a table page or pgt_buf_end.
    /// The step's text names the entry.
    MaybeStop nextWrite(std::uint64_t most, std::chrono::milliseconds deadline);
    /// Until the guest's console has printed `text`.
    MaybeStop runUntilConsole(std::string_view text, std::chrono::milliseconds deadline);
    /// Fails if the guest cannot run on from where it is: death() has the reason, if that is it.
    core::Result<void> checkAlive();
    const GuestDeath& death() const { return m_death; }
    /// Takes notice of a stop that another function let the guest run to; nullopt if next() would have run
    /// on.
    MaybeStop met(const StopEvent& stop);
    /// What a breakpoint or watchpoint of ours is for, e.g. "boot event paging_init"; "its own work" if it is
    /// for none that has a name.
    std::string nameOf(unsigned number) const { return m_watch.nameOf(number); }

private:
    using MaybeSighting = BootWatch::MaybeSighting;

    BootStepper(GuestSession& session, const BootStepperOptions& options);
    BootStop finished(BootStop stop);
    MaybeStop endedByItself();
    bool hadEnough(const RunUntil& until) const;
    MaybeSighting advance(const RunUntil& until, std::chrono::steady_clock::time_point end);
    MaybeSighting onStop(const StopEvent& stop);
    MaybeSighting onOtherStop(const StopEvent& stop, bool reached);

    GuestSession& m_session;
    BootStepperOptions m_options;
    GuestRun m_run;
    BootWatch m_watch;
    ConsoleTail m_console;
    GuestDeath m_death;
    std::optional<core::LinearAddress> m_place; ///< Where runTo() goes.
    bool m_endedByConsole = false;
};

} // namespace pgtscope::gdb
