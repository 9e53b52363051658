// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "core/base/error.h"
#include "core/model/snapshot.h"
#include "core/recording/durability.h"
#include "core/recording/guestdescription.h"
#include "core/steps/step.h"
#include "core/symbols/symboltable.h"

namespace pgtscope::core {

/// A step that is one store into one entry and changes no other table state.
struct WriteStep {
    Step step; ///< number is ignored.
    EntryChange change; ///< before, levels and bytes are filled in from the tables.
};

/// Appends steps to a new recording. A step is durable when the call that appends it returns. Neither a
/// killed process nor a power failure costs the file or an earlier step. Not for use from two threads at
/// once, but for finished() and onAppend().
class RecordingWriter {
public:
    /// Creates `path`; refuses to touch a file that exists, but for an empty one.
    static Result<std::unique_ptr<RecordingWriter>> create(
        const std::string& path, const GuestDescription& guest, Durability durability = Durability::Process);
    /// What create() would refuse now: asked before a guest is started for the recording.
    static Result<void> checkNew(const std::string& path);
    /// Goes on with a recording, finished or left by a recorder that was killed: what comes is
    /// appended to its last step. Refuses one that is damaged, and one that holds no step.
    static Result<std::unique_ptr<RecordingWriter>> reopen(
        const std::string& path, Durability durability = Durability::Process);
    /// Leaves the file readable but marked as not finished unless finish() was called. A file that was
    /// created and holds no step is removed.
    ~RecordingWriter();
    RecordingWriter(const RecordingWriter&) = delete;
    RecordingWriter& operator=(const RecordingWriter&) = delete;

    const std::string& path() const;
    /// Number of steps that are durable.
    StepNumber size() const;
    bool finished() const;

    /// Symbols worth keeping, with the slide as it is now, so that names resolve without the kernel. Replaces
    /// what was there. At most 200,000.
    Result<void> setSymbols(std::span<const Symbol> symbols, std::uint64_t slide);

    /// Appends a stop. Fails, as appendWrites() and finish() do, if the file has been removed or replaced:
    /// then nothing of the recording is left. The step's number, cpu and ripSymbol are taken from the
    /// recording and the snapshot. `stores` give the writers: an entry that changed gets its writer, and an
    /// entry that did not (of a table that appears, as a rule) is kept with its writer in
    /// StepChanges::stores. Their values are not looked at.
    Result<StepNumber> append(
        const Step& step, const SnapshotPtr& snapshot, std::span<const EntryChange> stores = {});

    /// Appends single stores, one step each, all of them in one transaction, without a snapshot. Returns the
    /// number of the first. Fails without appending anything if an entry lies in no table, or if a store
    /// makes or breaks a reference to a table: that needs append().
    Result<StepNumber> appendWrites(std::span<const WriteStep> writes);

    /// Packs the file and closes it: afterwards it is one file. Called again it does nothing.
    Result<void> finish();

    /// Called after each append with the number of steps that are durable now, from the appending thread. As
    /// Callback::set().
    void onAppend(std::function<void(StepNumber size)> callback);

private:
    class Impl;
    explicit RecordingWriter(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> m_impl;
};

/// Makes one file again of what a killed recorder left (the file and its write-ahead log).
Result<void> foldRecording(const std::string& path);

} // namespace pgtscope::core
