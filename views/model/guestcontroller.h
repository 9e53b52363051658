// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>

#include <QObject>
#include <QString>
#include <QStringList>

#include "core/paging/entryedit.h"

namespace pgtscope::views {

/// What a user can ask of a live guest; the only way back from the window to the guest. Requests return at
/// once; what comes of them shows as new steps of the timeline and through the signals. app/ implements it.
class GuestController : public QObject {
    Q_OBJECT
public:
    enum class State { Detached, Connecting, Stopped, Running, Lost };
    Q_ENUM(State)
    enum class Granularity { Event, PgtBuf, Write, Instruction };
    Q_ENUM(Granularity)

    using QObject::QObject;

    virtual State state() const = 0;
    /// "debian", "unix:/…": for the window's title.
    virtual QString guestName() const = 0;
    /// Memory channel, gdb version, and the like: for the status line.
    virtual QString connectionText() const = 0;
    /// Boot events that this kernel has, in the order of a boot.
    virtual QStringList events() const = 0;
    /// Why a step granularity is not available with this guest; empty if it is.
    virtual QString whyNot(Granularity granularity) const = 0;
    /// Why not every store into a page table is a step of the session; empty if it is.
    virtual QString whyNoStores() const = 0;
    /// Why the guest cannot be stopped while it runs; empty if it can.
    virtual QString whyNotStop() const = 0;
    /// Why the guest cannot be shared with another debugger; empty if it can.
    virtual QString whyNotShare() const = 0;
    /// Why no entry of its tables can be written; empty if one can.
    virtual QString whyNotEdit() const = 0;
    /// Why the session cannot be continued once the guest is lost or detached; empty if that can be tried.
    virtual QString whyNotAttachAgain() const = 0;
    /// The guest was launched for the session and ends with it; another one runs without it.
    virtual bool isLaunched() const = 0;
    /// The user's copy of the session's recording, with all steps; empty: there is none.
    virtual QString savedAs() const = 0;
    /// What edit() did last; nullopt if nothing.
    virtual std::optional<core::EntryEdit> lastEdit() const = 0;

public slots:
    virtual void run() = 0;
    virtual void interrupt() = 0;
    virtual void step(pgtscope::views::GuestController::Granularity granularity) = 0;
    /// An event's name, a symbol or an address.
    virtual void runTo(const QString& place) = 0;
    /// Copies the session's recording, with everything that still comes, to a file of the user's.
    virtual void recordTo(const QString& path) = 0;
    /// Shares the guest with a debugger of the user's own until interrupt(); where to connect is reported.
    virtual void share() = 0;
    /// Takes the symbols of a file, a kernel's or a System.map, for those of the guest's kernel.
    virtual void useSymbols(const QString& kernelFile) = 0;
    /// Writes an entry into the stopped guest's memory, and records the result as a step.
    virtual void edit(const core::EntryEdit& edit) = 0;
    virtual void detach() = 0;
    /// Attaches to the same guest again, which was detached or is lost; further stops become steps of the
    /// same session.
    virtual void attachAgain() = 0;
    /// Cancels the operation in progress.
    virtual void cancel() = 0;
    /// One command at gdb's own prompt; its output comes as consoleOutput(). What it does to the guest shows
    /// as a new step.
    virtual void gdbCommand(const QString& command) = 0;
    /// Asks gdb for the completions of that prefix; the answer comes as completions().
    virtual void completeGdbCommand(const QString& begin) = 0;

signals:
    void stateChanged(pgtscope::views::GuestController::State state);
    void progress(const QString& what, quint64 done, quint64 total);
    void failed(const QString& message);
    /// What is not available without the symbols of the guest's kernel; empty: they are known.
    void symbolsMissing(const QString& text);
    /// Where a debugger of the user's own connects to the guest that is shared; empty: it is shared no more.
    void shared(const QString& text);
    /// savedAs() has every step so far.
    void saved();
    void consoleOutput(const QString& text);
    /// `whole` are complete commands, each with the prefix `begin`.
    void completions(const QString& begin, const QStringList& whole);
};

/// Which guest is under control just now, for views that outlive it.
class GuestLink : public QObject {
    Q_OBJECT
public:
    using QObject::QObject;

    /// Null: none.
    GuestController* guest() const { return m_guest; }
    void setGuest(GuestController* guest);

signals:
    void guestChanged(pgtscope::views::GuestController* guest);

private:
    GuestController* m_guest = nullptr;
};

} // namespace pgtscope::views
