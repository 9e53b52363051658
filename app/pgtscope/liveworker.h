// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <QObject>

#include "app/pgtscope/liveguest.h"
#include "core/recording/recordingwriter.h"
#include "gdb/boot/bootstepper.h"
#include "gdb/launch/runningguest.h"
#include "gdb/session/guestsession.h"

namespace pgtscope::app {

/// The thread's side of a LiveGuest: owns the session, the stepper and the recording. Every function but the
/// two that ask it to stop runs on its own thread.
class LiveWorker : public QObject {
    Q_OBJECT
public:
    using State = views::GuestController::State;
    using Grain = views::GuestController::Grain;

    explicit LiveWorker(LiveSource source);
    ~LiveWorker() override;

    void open();
    /// Keeps every stop until the guest is interrupted, or until `wanted` says that this one is the last.
    void runUntil(const std::function<bool(const core::Step&)>& wanted);
    void step(Grain grain);
    void runTo(const QString& place);
    void recordTo(const QString& path);
    void detach();
    void gdbCommand(const QString& command);

    /// From any thread: the run at hand ends at its next slice.
    void askToStop() { m_stopAsked = true; }
    /// From any thread: whatever waits ends, and the session with it.
    void giveUp() { m_cancel.cancel(); }

signals:
    void stateChanged(pgtscope::views::GuestController::State state);
    void progress(const QString& what, quint64 done, quint64 total);
    void failed(const QString& message);
    void notice(const QString& text);
    void consoleOutput(const QString& text);
    void timelineReady(const std::shared_ptr<pgtscope::core::Timeline>& timeline);
    /// What the connection is, the boot events there are, and why there are none (or empty).
    void described(const QString& connection, const QStringList& events, const QString& whyNoBoot);

private:
    core::Result<gdb::SessionOptions> launch();
    core::Result<gdb::SessionOptions> sessionOptions();
    core::Result<void> openSession();
    core::Result<void> createRecording();
    core::Result<void> keep(gdb::BootStop stop);
    core::Result<void> keepIn(
        core::RecordingWriter& writer, const core::Step& step, const core::SnapshotPtr& snapshot);
    core::Result<gdb::BootStop> here(core::StepCause cause, std::string text);
    core::Result<std::optional<gdb::BootStop>> nextSlice();
    void stepWrite();
    void stepInstruction();
    void runToAddress(core::LinearAddress address);
    void settle(const core::Result<void>& done);
    void endSession();
    core::Progress teller();
    void describe();

    LiveSource m_source;
    core::CancelFlag m_cancel;
    std::atomic<bool> m_stopAsked = false;
    std::optional<gdb::RunningGuest> m_launched;
    std::unique_ptr<gdb::GuestSession> m_session;
    std::unique_ptr<gdb::BootStepper> m_stepper;
    std::string m_whyNoBoot; ///< Why there is no stepper.
    core::SnapshotPtr m_previous;
    std::shared_ptr<core::RecordingWriter> m_writer;
    std::unique_ptr<core::RecordingWriter> m_copy; ///< Where the user wanted the session to be kept.
    std::shared_ptr<core::Timeline> m_timeline;
};

} // namespace pgtscope::app
