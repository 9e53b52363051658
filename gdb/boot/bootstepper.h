// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "core/linux/events.h"
#include "core/timeline/step.h"
#include "gdb/boot/consoletail.h"
#include "gdb/boot/eventbreakpoints.h"
#include "gdb/session/guestsession.h"

namespace pgtscope::gdb {

/// What the guest is stopped for.
struct StepGrains {
    bool events = true; ///< Boot events of the catalogue.
    bool pgtBuf = true; ///< Every change of pgt_buf_end.
};

struct BootStepperOptions {
    StepGrains grains;
    unsigned cpu = 0;
    /// Where the guest's console goes; empty: nowhere that we can read.
    std::filesystem::path consoleLog;
};

/// A stop of the guest, captured.
struct BootStop {
    core::Step step;
    core::SnapshotPtr snapshot;
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
    /// Executes single instructions until one has changed an entry of a table page; nullopt if none of the
    /// next `most` has. The step's text names the entry.
    core::Result<std::optional<BootStop>> nextWrite(std::uint64_t most);
    /// Lets the guest run until its console has printed `text`, and stops it.
    core::Result<std::optional<BootStop>> runUntilConsole(
        std::string_view text, std::chrono::milliseconds deadline);

private:
    BootStepper(GuestSession& session, const BootStepperOptions& options);
    core::Result<void> arm();
    core::Result<std::optional<StopEvent>> resumeAndWait(std::chrono::milliseconds deadline);
    core::Result<void> stopNow();
    /// A stop that is worth a step, or nullopt to run on.
    core::Result<std::optional<BootStop>> handle(const StopEvent& stop);
    core::Result<std::optional<BootStop>> handleEvent(unsigned number, const MetEvent& met);
    core::Result<BootStop> handlePgtBuf(const StopEvent& stop);
    core::Result<core::LinearAddress> returnAddress();
    void tell(const core::BootEvent& event, bool returned);
    std::string rootText(const core::Snapshot& snapshot);

    GuestSession& m_session;
    BootStepperOptions m_options;
    core::ResolvedEvents m_events;
    EventBreakpoints m_breakpoints;
    std::optional<unsigned> m_pgtBufWatch;
    ConsoleTail m_console;
    std::string m_unreadConsole;
    core::SnapshotPtr m_previous;
    std::chrono::steady_clock::time_point m_began;
};

} // namespace pgtscope::gdb
