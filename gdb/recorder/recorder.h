// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/task.h"
#include "core/recording/recordingcopy.h"
#include "core/timeline/timeline.h"
#include "core/walk/tabledigest.h"
#include "gdb/boot/bootstop.h"
#include "gdb/qemu/runningguest.h"
#include "gdb/recorder/savedcopy.h"
#include "gdb/recorder/stepfile.h"
#include "gdb/writes/writerecorder.h"

namespace pgtscope::gdb {

/// A step that is durable, with the tables at that moment and at the previous step (null for the first).
struct RecordedStep {
    core::Step step;
    core::SnapshotPtr snapshot;
    core::SnapshotPtr before;
};
using StepListener = std::function<core::Result<void>(const RecordedStep&)>;

/// Appends the stops of a guest to a recording: with what the rules find, who wrote, the console, the code
/// around the PC and the symbols that a reader needs. Every recording of a guest is made through this.
class Recorder {
public:
    /// Refuses a file that exists. One that has got no step by the end is removed with the recorder.
    static core::Result<std::unique_ptr<Recorder>> create(const std::string& path,
        const core::GuestDescription& guest, core::Durability durability = core::Durability::Process);
    /// Goes on after the last step of a recording.
    static core::Result<std::unique_ptr<Recorder>> reopen(const std::string& path);
    ~Recorder();
    Recorder(const Recorder&) = delete;
    Recorder& operator=(const Recorder&) = delete;

    /// Makes every store into a page table a step too; the guest was launched for it and has not run yet.
    core::Result<void> followWrites(GuestSession& session, const RunningGuest& guest);
    bool followsWrites() const { return m_everyStore; }
    /// What came of it; nullopt without followWrites().
    std::optional<WriteTally> writeTally() const;

    /// The recording as it grows. A stop that is added afterwards is shown as it was captured, without being
    /// read back.
    core::Result<std::shared_ptr<core::Timeline>> follow();

    /// Records a stop while the guest runs on: its rules are checked and it is written on a thread of its
    /// own, where `listener` (may be empty) is called as soon as it is durable. An Error may be that of the
    /// previous stop. With followWrites() the call returns when all that is done.
    core::Result<void> add(
        const BootStop& stop, std::vector<core::CodeLine> code, StepListener listener = {});
    /// Waits until all that was added is durable.
    core::Result<void> settle();
    /// Steps that are durable, those that were added among them.
    core::StepNumber size();
    const std::string& path() const { return m_file->writer()->path(); }

    /// Copies what there is, and what comes until finish(), into another file; needs follow(). A copy that
    /// was saved before has all that came until now.
    core::Result<void> saveCopy(const std::string& path, const core::CopyOptions& options);

    /// Records the symbols that a reader needs, in place of those that it has. Not between followWrites() and
    /// endWrites(): the thread that appends the stores has the file then.
    core::Result<void> setSymbols(const GuestReader& guest);
    /// Waits for the stores that are still on their way; no store becomes a step afterwards.
    core::Result<void> endWrites();
    /// Makes one finished file, of a copy as well. Nothing can be added afterwards.
    core::Result<void> finish();
    /// The same, with the symbols as `guest` knows them at the end.
    core::Result<void> finish(const GuestReader& guest);

private:
    explicit Recorder(std::unique_ptr<StepFile> file);
    core::Result<void> record(
        const BootStop& stop, const std::vector<core::CodeLine>& code, const StepListener& listener);
    core::Result<core::StepNumber> appendStop(
        const BootStop& stop, const core::Step& step, const core::SnapshotPtr& before);

    std::unique_ptr<StepFile> m_file;
    std::unique_ptr<WriteRecorder> m_writes; ///< Ends before m_file.
    std::optional<WriteTally> m_tally; ///< Once m_writes has ended.
    std::shared_ptr<core::Timeline> m_timeline; ///< Null before follow().
    std::unique_ptr<SavedCopy> m_copy;
    core::SnapshotPtr m_previous;
    bool m_new = false; ///< The file was made by create().
    core::TableDigests m_digests; ///< Of m_previous, for the rules.
    bool m_everyStore = false;
    bool m_finished = false;
    core::Result<void> m_recorded; ///< What came of the last stop that was added, once m_recording is done.
    core::Task m_recording; ///< Of that stop; ends before what it uses.
};

/// What a recording says about a guest that was launched. `recorder`: the program and its version.
core::GuestDescription describeGuest(
    const RunningGuest& guest, const std::string& granularity, const std::string& recorder);

} // namespace pgtscope::gdb
