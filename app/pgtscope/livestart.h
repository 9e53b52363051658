// SPDX-License-Identifier: GPL-2.0-or-later
// What happens before a live session has its first step: a guest is launched or looked for, its recording
// named.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "app/pgtscope/liveguest.h"
#include "gdb/boot/bootstepper.h"
#include "gdb/capture/guestsession.h"
#include "gdb/qemu/runningguest.h"
#include "gdb/recorder/bootcheckpoints.h"
#include "gdb/recorder/recorder.h"

namespace pgtscope::app {

/// Where a start reports to.
struct LiveTalk {
    core::Progress progress;
    std::function<void(const std::string&)> notice;
};

/// How a guest is reached, and what is shown to the user once its first step is shown; may be empty.
struct Reached {
    gdb::SessionOptions session;
    QString notice = {};
    std::string recipe = {}; ///< What it takes to boot the guest again; empty: it is not known.
};

/// One that a source names is fetched and launched first, and is paused at its first instruction, or where
/// the recording was; `launched` is set as soon as there is something to end, also where an Error follows.
core::Result<Reached> reachGuest(const LiveSource& source, std::optional<gdb::RunningGuest>& launched,
    const LiveTalk& talk, core::CancelFlag& cancel);

/// The address that a user means, by symbol or number; `latest` is where the guest stopped last, or null.
core::Result<core::LinearAddress> placeNamed(
    const std::string& name, const core::SymbolTable& symbols, const core::SnapshotPtr& latest);

/// The boot events that a stepper can stop at, once each; none for null.
QStringList eventNames(const gdb::BootStepper* stepper);

/// An Error, with the reason, for a file that no kernel's symbols can be read from.
core::Result<void> checkKernelFile(const std::string& file);

/// What the user is offered when a session begins without the symbols of the guest's kernel.
QString noSymbolsText();

core::GuestDescription describeSession(const std::optional<gdb::RunningGuest>& launched,
    gdb::GuestSession& session, const LiveSource& source, const std::string& recipe);

/// A new recording for the session. Of a guest that is live again it is a branch: it has the past up to the
/// step where the guest is.
core::Result<std::unique_ptr<gdb::Recorder>> sessionRecorder(const LiveSource& source,
    const std::optional<gdb::RunningGuest>& launched, gdb::GuestSession& session, const std::string& recipe,
    const LiveTalk& talk);

/// Where the session's checkpoints are saved; null where none are wanted, or possible, or the disk is short
/// of room, of which there is a notice. `ran`: how long the guest has run.
std::unique_ptr<gdb::BootCheckpoints> sessionCheckpoints(const LiveSource& source,
    const gdb::RunningGuest& launched, const core::Timeline& session,
    std::function<std::chrono::nanoseconds()> ran, const LiveTalk& talk, const core::CancelFlag& cancel);

/// What the window's status line says of the connection.
QString connectionText(const gdb::Target& target, bool everyStore);

/// What the guest cannot be asked for. `whyNoBoot`: why events do not stop it; empty if they do.
LiveLimits limitsOf(const gdb::Target& target, const std::string& whyNoBoot);

/// Why a launched guest cannot go on whose QEMU has ended, with the last line of QEMU's log.
core::Error endedError(const gdb::RunningGuest& guest);

} // namespace pgtscope::app
