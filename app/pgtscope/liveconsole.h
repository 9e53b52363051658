// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <atomic>
#include <functional>
#include <string>

#include <QCoreApplication>
#include <QString>

#include "app/pgtscope/promptsymbols.h"
#include "gdb/boot/bootstepper.h"
#include "gdb/capture/guestsession.h"

namespace pgtscope::app {

/// gdb's own prompt on the guest's thread, and what its commands do to the guest.
class LiveConsole {
    Q_DECLARE_TR_FUNCTIONS(pgtscope::app::LiveConsole)
public:
    /// What the session does for the prompt.
    struct Host {
        std::function<void(const QString& text)> print;
        std::function<void()> running; ///< The guest runs, or gdb is busy.
        /// Records a stop; the number of its step.
        std::function<core::Result<core::StepNumber>(const gdb::BootStop& stop)> record;
    };

    /// `stopAsked` is set by the user's wish to stop the guest, from any thread.
    LiveConsole(Host host, std::atomic<bool>& stopAsked)
        : m_host(std::move(host))
        , m_stopAsked(stopAsked)
    {
    }

    /// Commands that read further lines from gdb's standard input, which belongs to its machine interface.
    static bool wantsMoreLines(const QString& command);
    /// Runs one command, and until the guest stops where the command lets it run. `before`: the tables of the
    /// latest step, to see whether the command changed anything.
    core::Result<void> run(gdb::GuestSession& session, gdb::BootStepper& stepper, const std::string& command,
        const core::SnapshotPtr& before);

private:
    /// True: it was a stop for a boot event, and the guest is to continue.
    core::Result<bool> recordStop(gdb::GuestSession& session, gdb::BootStepper& stepper,
        const gdb::StopEvent& stop, const std::string& command);
    core::Result<void> recordUsersStop(
        gdb::BootStepper& stepper, std::optional<gdb::BootStop> met, const std::string& command);
    core::Result<void> recordIfChanged(
        gdb::BootStepper& stepper, const std::string& command, const core::SnapshotPtr& before);

    Host m_host;
    std::atomic<bool>& m_stopAsked;
    PromptSymbols m_symbols;
};

} // namespace pgtscope::app
