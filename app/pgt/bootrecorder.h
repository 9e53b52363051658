// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>

#include "app/pgt/console.h"
#include "app/pgt/entrypoke.h"
#include "core/recording/recordingwriter.h"
#include "gdb/boot/bootrun.h"
#include "gdb/writes/writerecorder.h"

namespace pgtscope::pgt {

/// An experiment: at this event an entry is changed behind the guest's back, as a step of its own.
struct BootPoke {
    std::string event;
    EntryWish wish;
};

/// Which guest is taken through its boot, and which stops are told.
struct BootRequest {
    gdb::StepGrains grains;
    std::optional<BootPoke> poke;
    /// Event at which to end; empty: the guest's first process, or the last event.
    std::string untilEvent;
    unsigned patienceSeconds = 120; ///< Longest time without a stop.
    std::string grainText; ///< As the recording names it.
};

/// A step that is durable, with the tables at that moment and at the step before (null for the first).
struct ToldStep {
    core::Step step;
    core::SnapshotPtr snapshot;
    core::SnapshotPtr before;
};
using StepListener = std::function<core::Result<void>(const ToldStep&)>;

/// Appends the stops of a boot to a recording, each with the counts of what the rules find.
class BootRecorder {
public:
    /// Refuses a file that exists.
    static core::Result<std::unique_ptr<BootRecorder>> create(const std::string& path,
        const core::GuestDescription& guest, core::Durability durability = core::Durability::Process);
    /// Goes on behind the last step of a recording.
    static core::Result<std::unique_ptr<BootRecorder>> reopen(const std::string& path);

    /// Makes every store into a page table a step too; the guest was launched for it and has not run yet.
    core::Result<void> followWrites(gdb::GuestSession& session, const gdb::RunningGuest& guest);
    /// What came of it; nullopt without followWrites().
    std::optional<gdb::WriteTally> writeTally() const;

    /// Keeps a stop beside the guest that runs on: its rules are checked and it is written on a thread of its
    /// own, where `listener` is told of it as soon as it is durable. An Error may be that of the stop before.
    /// With followWrites() the call returns when all that is done.
    core::Result<void> add(const gdb::BootStop& stop, const StepListener& listener);
    /// Waits until all that was added is durable.
    core::Result<void> settle();
    /// Keeps the symbols that a reader needs, and makes one finished file.
    core::Result<void> finish(const gdb::GuestReader& guest);
    /// Steps that are durable, those that were added among them.
    core::StepNumber size() const;

private:
    explicit BootRecorder(std::unique_ptr<core::RecordingWriter> writer)
        : m_writer(std::move(writer))
    {
    }

    core::Result<void> keep(const gdb::BootStop& stop, const StepListener& listener);
    /// Keeps who wrote the entries that a single step has changed.
    core::Result<core::StepNumber> appendStop(const gdb::BootStop& stop, const core::Step& step);

    std::unique_ptr<core::RecordingWriter> m_writer;
    std::unique_ptr<gdb::WriteRecorder> m_writes; // ends before m_writer
    core::SnapshotPtr m_previous;
    std::future<core::Result<void>> m_keeping; // of the last stop; waited for before what it uses goes
};

/// How many findings of each rule and state there are, for Step::findings.
std::vector<core::FindingCount> countFindings(const core::SnapshotPtr& snapshot);

/// Takes the guest of an open session through its boot into a new recording. Ctrl-C ends it, and the
/// recording is finished all the same.
core::Result<void> recordBoot(gdb::GuestSession& session, const BootRequest& request,
    const std::filesystem::path& consoleLog, BootRecorder& recorder, Console& console,
    const StepListener& listener);

/// What the recording says about a guest that was launched.
core::GuestDescription describeGuest(const gdb::RunningGuest& guest, const std::string& grain);

} // namespace pgtscope::pgt
