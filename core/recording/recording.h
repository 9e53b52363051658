// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <memory>
#include <string>

#include "core/base/error.h"
#include "core/model/snapshot.h"
#include "core/recording/code.h"
#include "core/recording/guestdescription.h"
#include "core/steps/step.h"
#include "core/symbols/symboltable.h"

namespace pgtscope::core {

/// Reads a recording. The file is not trusted: whatever it holds, a call ends in bounded time and memory with
/// a value or an error. Not for use from two threads at once; Timeline is.
class Recording {
public:
    /// Opens a recording, finished or left by a recorder that was killed.
    static Result<std::unique_ptr<Recording>> open(const std::string& path);
    /// Follows a recording that this program is writing.
    static Result<std::unique_ptr<Recording>> follow(const std::string& path);
    ~Recording();
    Recording(const Recording&) = delete;
    Recording& operator=(const Recording&) = delete;

    const GuestDescription& guest() const;
    /// The recorder finished it; false while it is being written, and for ever if the recorder was killed.
    bool finished() const;
    /// As recordingFormat; programs have made several.
    std::uint32_t format() const;
    /// What is wrong with the file, for the user; empty if nothing is known to be. The steps up to size() are
    /// there all the same.
    const std::string& damage() const;

    /// Number of steps, up to the first damaged one.
    StepNumber size() const;
    /// Looks for steps that were appended since; for a recording that is being written.
    Result<void> refresh();

    Result<Step> step(StepNumber number);
    /// From the previous step. Step 0 has none.
    Result<StepChanges> changes(StepNumber number);
    Result<SnapshotPtr> snapshot(StepNumber number);
    /// The symbols that were kept; empty if none were.
    Result<SymbolTable> symbols();
    /// The code around the step's place, by address; empty if none was kept.
    Result<std::vector<CodeLine>> code(StepNumber number);

private:
    class Impl;
    explicit Recording(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> m_impl;
};

} // namespace pgtscope::core
