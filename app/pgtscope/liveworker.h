// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <QObject>
#include <QTimer>

#include "app/pgtscope/liveconsole.h"
#include "app/pgtscope/liveguest.h"
#include "app/pgtscope/liveshare.h"
#include "gdb/boot/bootstepper.h"
#include "gdb/capture/guestsession.h"
#include "gdb/qemu/runningguest.h"
#include "gdb/recorder/bootcheckpoints.h"
#include "gdb/recorder/recorder.h"

namespace pgtscope::app {

/// The thread's side of a LiveGuest: owns the session, the stepper and the recording. Every function but the
/// two that ask it to stop runs on its own thread.
class LiveWorker : public QObject {
    Q_OBJECT
public:
    using State = views::GuestController::State;
    using Granularity = views::GuestController::Granularity;

    explicit LiveWorker(LiveSource source);
    ~LiveWorker() override;

    void open();
    /// Records every stop until the guest is interrupted, or until `wanted` says that this one is the last.
    void runUntil(const std::function<bool(const core::Step&)>& wanted);
    void step(Granularity granularity);
    void runTo(const QString& place);
    void recordTo(const QString& path);
    /// Until askToStop().
    void share();
    void useSymbols(const QString& kernelFile);
    void edit(const core::EntryEdit& edit);
    void detach();
    void attachAgain();
    void gdbCommand(const QString& command);
    void completeGdbCommand(const QString& begin);

    /// From any thread: the run at hand ends at its next slice.
    void askToStop() { m_stopAsked = true; }
    /// From any thread: cancels what is waited for, and ends the session.
    void giveUp() { m_cancel.cancel(); }

signals:
    void stateChanged(pgtscope::views::GuestController::State state);
    void progress(const QString& what, quint64 done, quint64 total);
    void failed(const QString& message);
    void notice(const QString& text);
    void symbolsMissing(const QString& text);
    void symbolsUsed(const QString& kernelFile);
    void shared(const QString& text);
    /// The file has all steps so far, and gets those that come.
    void saved(const QString& path);
    /// The guest is lost or detached: why attachAgain() would be in vain, empty if it may succeed.
    void ended(const QString& whyNotAgain);
    void consoleOutput(const QString& text);
    void completions(const QString& begin, const QStringList& whole);
    /// The guest's memory holds the edit, and a step records it.
    void edited(const pgtscope::core::EntryEdit& edit);
    void timelineReady(const std::shared_ptr<pgtscope::core::Timeline>& timeline);
    /// What the connection is, the boot events there are, and what is not available.
    void described(
        const QString& connection, const QStringList& events, const pgtscope::app::LiveLimits& limits);

private:
    core::Result<void> openSession();
    core::Result<void> connectGdb(bool again);
    core::Result<void> shareSession(const Sharing& sharing);
    core::Result<void> createRecording();
    core::Result<void> leaveGuest();
    core::Result<void> continueRecording();
    core::Result<void> saveCopy(const std::string& path);
    core::Result<void> record(const gdb::BootStop& stop);
    core::Result<void> recordNow(core::StepCause cause, std::string text);
    /// The guest's next stop; nullopt: none yet.
    using NextStop = std::function<core::Result<std::optional<gdb::BootStop>>()>;
    /// Records every stop that `next` gives until `last` accepts one, or until the user stops the guest.
    core::Result<void> recordUntil(const NextStop& next, const std::function<bool(const core::Step&)>& last);
    /// The same, and reports the resulting state of the guest to the window.
    void run(const NextStop& next, const std::function<bool(const core::Step&)>& last);
    void watch();
    void lose(const core::Error& error);
    void stepWrite();
    void stepInstruction();
    void settle(const core::Result<void>& done);
    void endSession();
    LiveTalk talk();
    void become(State state);
    void describe();
    void announceSymbols();

    LiveSource m_source;
    gdb::SessionOptions m_options; ///< By which the guest is reached, again if need be.
    core::CancelFlag m_cancel;
    std::atomic<bool> m_stopAsked = false;
    std::optional<gdb::RunningGuest> m_launched;
    std::unique_ptr<gdb::GuestSession> m_session;
    std::unique_ptr<gdb::BootStepper> m_stepper;
    QTimer* m_watch = nullptr; ///< Checks whether a stopped guest is still there.
    bool m_stopped = false; ///< The guest is stopped, as last reported to the window.
    unsigned m_watched = 0; ///< Number of checks so far.
    bool m_lost = false; ///< The guest is gone; detaching from it cannot succeed.
    LiveConsole m_console;
    QString m_notice; ///< For when the first step is shown.
    std::string m_whyNoBoot; ///< Why events do not stop the guest; empty: they do.
    core::SnapshotPtr m_previous;
    std::string m_recipe; ///< What it takes to boot the guest again; empty: nobody knows.
    std::chrono::nanoseconds m_ran{}; ///< How long the guest has run between stops.
    std::unique_ptr<gdb::Recorder> m_recorder;
    std::shared_ptr<core::Timeline> m_timeline;
    std::unique_ptr<gdb::BootCheckpoints> m_checkpoints; ///< Null: none are saved.
};

} // namespace pgtscope::app
