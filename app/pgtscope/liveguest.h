// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <atomic>
#include <future>
#include <memory>

#include "core/base/task.h"
#include "core/timeline/timeline.h"
#include "views/model/guestcontroller.h"

namespace pgtscope::app {

class LiveWorker;

/// Which guest a LiveGuest takes: one that it launches by name, one of a recording that it makes live again,
/// or one that someone else runs.
struct LiveSource {
    QString recipe; ///< Empty: attach.
    QString append; ///< Launching: further words for the kernel's command line.
    QString endpoint; ///< unix:PATH or HOST:PORT.
    QString kernelFile; ///< Attaching: symbols. May be empty.
    /// Launching: every store into a page table is a step too, reported by a plugin that QEMU has to be
    /// started with.
    bool everyStore = false;
    bool checkpoints = false; ///< Launching: they are saved beside the session, if the disk has room.
    QString recording = {}; ///< Launching: the guest of this recording, up to `step` of it; empty: another.
    quint64 step = 0;

    /// The guest ends with the session.
    bool launches() const { return !recipe.isEmpty() || !recording.isEmpty(); }
    QString name() const;
};

/// Why a guest cannot be asked for something, each empty if it can.
struct LiveLimits {
    QString boot; ///< Be followed from event to event.
    QString pgtBuf; ///< Be stopped when pgt_buf_end changes.
    QString stop; ///< Be stopped while it runs.
    QString share; ///< Be shared with another debugger.
    QString edit; ///< Have an entry of its tables written.
};

/// A guest under control, on a thread of its own: everything that takes time happens there, and each stop
/// becomes a step of the session's recording, whose timeline the window shows. A guest that was launched ends
/// with this object; another is left as it was found.
class LiveGuest : public views::GuestController {
    Q_OBJECT
public:
    explicit LiveGuest(LiveSource source, QObject* parent = nullptr);
    ~LiveGuest() override;

    /// Launches or attaches, and captures the first step.
    void start();

    State state() const override { return m_state; }
    QString guestName() const override { return m_source.name(); }
    QString connectionText() const override { return m_connection; }
    QStringList events() const override { return m_events; }
    QString whyNot(Granularity granularity) const override;
    QString whyNoStores() const override;
    QString whyNotShare() const override;
    QString whyNotStop() const override { return m_limits.stop; }
    QString whyNotEdit() const override { return m_limits.edit; }
    QString whyNotAttachAgain() const override { return m_whyNotAgain; }
    bool isLaunched() const override { return m_source.launches(); }
    QString savedAs() const override { return m_savedAs; }
    std::optional<core::EntryEdit> lastEdit() const override { return m_lastEdit; }

public slots:
    void run() override;
    void interrupt() override;
    void step(pgtscope::views::GuestController::Granularity granularity) override;
    void runTo(const QString& place) override;
    void recordTo(const QString& path) override;
    void share() override;
    void useSymbols(const QString& kernelFile) override;
    void edit(const pgtscope::core::EntryEdit& edit) override;
    void detach() override;
    void attachAgain() override;
    void cancel() override;
    void gdbCommand(const QString& command) override;
    void completeGdbCommand(const QString& begin) override;
    /// Ends the session with the guest in the background; left() reports when it is done.
    void leave();

signals:
    /// The first step is there.
    void timelineReady(const std::shared_ptr<pgtscope::core::Timeline>& timeline);
    /// A message for the user that is not a failure.
    void notice(const QString& text);
    /// The symbols of that file name the guest's kernel from here on.
    void symbolsUsed(const QString& kernelFile);
    /// Nothing is left of the session but its recording.
    void left();

private:
    void serve(std::promise<LiveWorker*>& made);
    template <class Work>
    void post(Work work);
    void become(State state);

    LiveSource m_source;
    LiveWorker* m_worker = nullptr; ///< Lives on the thread of m_task.
    std::atomic<bool> m_leaving = false; ///< The worker ends with its thread: it may be gone already.
    State m_state = State::Detached;
    QString m_connection;
    QStringList m_events;
    LiveLimits m_limits;
    QString m_whyNotAgain;
    QString m_savedAs;
    std::optional<core::EntryEdit> m_lastEdit;
    /// One piece of work: an event loop, in which requests wait while the guest runs.
    core::Task m_task;
};

} // namespace pgtscope::app
