// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/base/task.h"
#include "core/recording/recordingwriter.h"
#include "gdb/capture/guestsession.h"
#include "gdb/qemu/writering.h"
#include "gdb/writes/setters.h"
#include "gdb/writes/tablemirror.h"

namespace pgtscope::gdb {

/// How much was recorded, and how well it agrees with the guest.
struct WriteTally {
    std::uint64_t changes = 0; ///< Stores that changed an entry.
    std::uint64_t repeats = 0; ///< Stores into a table that changed nothing.
    std::uint64_t stops = 0; ///< At which the replayed tables were compared with the guest's.
    /// Entries and tables that differed then in more than accessed and dirty flags: written by no store that
    /// was seen.
    std::uint64_t unexplained = 0;
    bool lost = false; ///< The plugin had to drop records.
};

/// Makes every store into a page table a step of a recording. Between two stops a thread of its own appends
/// what the plugin inside QEMU reports; while the guest is stopped, add() appends the stop. The processor's
/// own writes, of accessed and dirty flags, are no stores: they are part of the stop at which they are seen.
class WriteRecorder {
public:
    using BeforeStop = std::function<core::Result<void>(core::StepNumber)>;

    /// The guest must have been launched with LaunchSpec::writesPlugin, and be stopped. `writer` may be used
    /// by others only through this from now on.
    static core::Result<std::unique_ptr<WriteRecorder>> create(
        GuestSession& session, const RunningGuest& guest, core::RecordingWriter& writer);
    ~WriteRecorder();
    WriteRecorder(const WriteRecorder&) = delete;
    WriteRecorder& operator=(const WriteRecorder&) = delete;

    /// Appends the stores since the previous stop and then this stop, and has its tables followed from here
    /// on. The guest must be stopped. Returns the number of the stop's step. `first` is called with that
    /// number when the stores are appended and the stop is not: what belongs to it can be stored before any
    /// listener is notified. It may be empty.
    core::Result<core::StepNumber> add(
        const core::Step& step, const core::SnapshotPtr& snapshot, const BeforeStop& first = {});
    /// Waits until everything is appended; nothing is recorded afterwards.
    core::Result<void> finish();
    WriteTally tally() const;

private:
    WriteRecorder(GuestSession& session, core::RecordingWriter& writer, std::unique_ptr<WriteRing> ring);
    void run(const core::CancelFlag& stop);
    core::Result<void> drain();
    core::Result<void> process(const writes::Record& record);
    core::Result<void> stored(core::PhysicalAddress address, const writes::Record& record);
    core::Result<void> repeated(core::PhysicalAddress address, const writes::Record& record);
    void recordRepeats(core::PhysicalAddress address);
    core::Result<void> recordAllRepeats();
    core::Result<void> appendTables(const writes::Record& record);
    core::Result<void> flush();
    core::Result<core::SnapshotPtr> replayed(const core::CpuState& cpu, const std::string& ripSymbol);
    core::Result<std::uint64_t> differences(const core::Snapshot& snapshot);
    core::Result<void> follow();
    void adopt(const core::SnapshotPtr& snapshot);
    std::optional<core::PhysicalAddress> physicalOf(std::uint64_t offset) const;
    std::uint8_t levelsAt(core::PhysicalAddress address) const;
    core::EntryWriter writerOf(const writes::Record& record);
    core::Step stepOf(const writes::Record& record);

    using Writer
        = std::pair<std::uint64_t, std::uint64_t>; // an instruction, and in the function that called it

    GuestSession& m_session;
    core::RecordingWriter& m_writer;
    std::unique_ptr<WriteRing> m_ring;
    const WriterNames m_known; // the session's may change while the thread reads
    const std::vector<writes::Setter> m_setters;
    std::chrono::steady_clock::time_point m_began = std::chrono::steady_clock::now();

    mutable std::mutex m_mutex; // guards everything below, and m_writer
    std::vector<RamPiece> m_pieces;
    TableMirror m_mirror;
    core::SnapshotPtr m_latest; // the last that was appended
    std::unordered_map<core::FrameNumber, std::vector<core::Table>> m_tables; // of m_latest, without pages
    std::vector<core::DetachedRoot> m_detached;
    std::vector<core::FindingCount> m_findings; // of the last stop
    std::vector<core::WriteStep> m_batch; // not appended yet
    /// Stores that changed nothing since the entry's last change: by entry, then by instruction.
    std::map<core::PhysicalAddress, std::map<Writer, writes::Record>> m_repeats;
    std::vector<core::EntryChange> m_stores; // into pages that are about to be tables
    std::map<Writer, std::string> m_names;
    WriteTally m_tally;
    core::Result<void> m_state;

    core::Task m_task;
};

} // namespace pgtscope::gdb
