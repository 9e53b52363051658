// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "app/pgtscope/liveshare.h"
#include "app/pgtscope/livestart.h"
#include "gdb/boot/bootstepper.h"
#include "gdb/capture/guestsession.h"
#include "gdb/qemu/runningguest.h"
#include "gdb/recorder/bootcheckpoints.h"
#include "gdb/recorder/recorder.h"

namespace pgtscope::app {

/// A guest, the connection to it and the recording of both: opened, left, attached again, shared, ended. For
/// one thread, but for cancel().
class LiveSession {
public:
    using Report = std::function<void(const core::Error&)>;
    enum class Guest { There, Lost };

    /// `stopAsked` is asked every so often while the guest runs.
    LiveSession(LiveSource source, LiveTalk talk, std::function<bool()> stopAsked);

    /// Launches or attaches, and records the first step. What is shown to the user then; may be empty.
    core::Result<QString> open();
    /// The recording continues with the guest as it is now.
    core::Result<void> attachAgain();
    /// Our gdb detaches, and the guest is the other debugger's until the user ends that; see shareGuest().
    core::Result<void> share(const Sharing& sharing);
    /// Afterwards, whatever the result.
    core::Result<void> comeBack();
    core::Result<void> useSymbols(const std::string& kernelFile);
    /// Detaches and finishes the recording; `failed` gets what went wrong.
    void end(Guest guest, const Report& failed);
    /// Ends the guest if this session launched it.
    core::Result<void> stopGuest();
    /// From any thread: ends what is waited for, and the session.
    void cancel() { m_cancel.cancel(); }
    bool cancelled() const { return m_cancel.cancelled(); }

    /// The guest's next stop; nullopt: none yet.
    using NextStop = std::function<core::Result<std::optional<gdb::BootStop>>()>;
    /// Lets the guest run by `next`.
    core::Result<std::optional<gdb::BootStop>> run(const NextStop& next);
    /// The guest is stopped; when this returns the window can show the stop.
    core::Result<void> record(const gdb::BootStop& stop);
    core::Result<void> recordNow(core::StepCause cause, std::string text);
    /// Steps so far; a recording is there.
    core::StepNumber steps() { return m_recorder->size(); }
    /// A file with every step so far that gets those to come.
    core::Result<void> saveCopy(const std::string& path, const core::CopyOptions& options);

    const LiveSource& source() const { return m_source; }
    /// Null while nothing is connected.
    gdb::GuestSession* guest() { return m_session.get(); }
    /// Only while there is a guest.
    gdb::BootStepper& stepper() { return *m_stepper; }
    /// Null before the first step; it stays when the session ends.
    const std::shared_ptr<core::Timeline>& timeline() const { return m_timeline; }
    /// Where the guest stopped last; null before that.
    const core::SnapshotPtr& latest() const { return m_latest; }
    bool launched() const { return m_launched.has_value(); }
    /// Why the QEMU that was launched is no more; nullopt while it runs, and for other guests.
    std::optional<core::Error> qemuEnded() const;

    // What the window shows of it; only while there is a guest.
    QString connection() const;
    QStringList events() const { return eventNames(m_stepper.get()); }
    LiveLimits limits() const { return limitsOf(m_session->target(), m_whyNoBoot); }

private:
    core::Result<void> connect(bool again);
    core::Result<void> createRecording();
    core::Result<void> continueRecording();
    core::Result<void> leave();

    LiveSource m_source;
    LiveTalk m_talk;
    std::function<bool()> m_stopAsked;
    gdb::SessionOptions m_options; ///< By which the guest is reached, again if need be.
    core::CancelFlag m_cancel;
    std::optional<gdb::RunningGuest> m_launched;
    std::unique_ptr<gdb::GuestSession> m_session;
    std::unique_ptr<gdb::BootStepper> m_stepper;
    std::string m_whyNoBoot; ///< Why events do not stop the guest; empty: they do.
    core::SnapshotPtr m_latest;
    std::string m_recipe; ///< What it takes to boot the guest again; empty: it is not known.
    std::chrono::nanoseconds m_ran{}; ///< How long the guest has run between its stops.
    std::unique_ptr<gdb::Recorder> m_recorder;
    std::shared_ptr<core::Timeline> m_timeline;
    std::unique_ptr<gdb::BootCheckpoints> m_checkpoints; ///< Null: none are saved.
};

} // namespace pgtscope::app
