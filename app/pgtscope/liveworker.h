// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>

#include <QObject>
#include <QTimer>

#include "app/pgtscope/liveconsole.h"
#include "app/pgtscope/liveguest.h"
#include "app/pgtscope/livesession.h"

namespace pgtscope::app {

/// The thread's side of a LiveGuest: carries out what the user asks of a session and reports what became of
/// it. Every function but the two that ask it to stop runs on its own thread.
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
    void giveUp() { m_live.cancel(); }

signals:
    /// Its event loop is to end.
    void endAsked();
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
    /// The guest's next stop; nullopt: none yet.
    using NextStop = LiveSession::NextStop;
    /// Records every stop that `next` gives until `last` accepts one, or until the user stops the guest.
    core::Result<void> recordUntil(const NextStop& next, const std::function<bool(const core::Step&)>& last);
    /// The same, and reports the resulting state of the guest to the window.
    void run(const NextStop& next, const std::function<bool(const core::Step&)>& last);
    core::Result<void> saveCopy(const std::string& path);
    void watch();
    void lose(const core::Error& error);
    void stepWrite();
    void stepInstruction();
    void settle(const core::Result<void>& done);
    void report(const core::Error& error);
    void end(LiveSession::Guest guest = LiveSession::Guest::There);
    void become(State state);
    void showSession();
    void describe();
    void announceSymbols();

    std::atomic<bool> m_stopAsked = false;
    LiveSession m_live;
    State m_state = State::Detached; ///< As last reported to the window.
    QTimer* m_watch = nullptr; ///< Checks whether a stopped guest is still there.
    unsigned m_watched = 0; ///< Number of checks so far.
    LiveConsole m_console;
};

} // namespace pgtscope::app
