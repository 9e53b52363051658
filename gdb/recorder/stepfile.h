// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <memory>
#include <span>
#include <string>

#include "core/recording/code.h"
#include "core/recording/recordingwriter.h"

namespace pgtscope::gdb {

/// A recording that is being written, with the code at its steps.
class StepFile {
public:
    /// Refuses a file that exists.
    static core::Result<std::unique_ptr<StepFile>> create(
        const std::string& path, const core::GuestDescription& guest, core::Durability durability);
    /// Goes on after the last step of a recording.
    static core::Result<std::unique_ptr<StepFile>> reopen(const std::string& path);

    const std::shared_ptr<core::RecordingWriter>& writer() const { return m_writer; }
    /// `stores`: as RecordingWriter::append() takes them.
    core::Result<core::StepNumber> append(const core::Step& step, const core::SnapshotPtr& snapshot,
        std::span<const core::CodeLine> code, std::span<const core::EntryChange> stores = {});
    /// The code at a step that another function appends, before it does so: a listener that is notified of
    /// the step finds it complete.
    core::Result<void> addCode(core::StepNumber step, std::span<const core::CodeLine> code);
    /// Makes one finished file.
    core::Result<void> finish();

private:
    StepFile() = default;
    static core::Result<std::unique_ptr<StepFile>> of(
        core::Result<std::unique_ptr<core::RecordingWriter>> writer);

    std::shared_ptr<core::RecordingWriter> m_writer;
    std::unique_ptr<core::CodeWriter> m_code; ///< Ends before m_writer is finished.
};

} // namespace pgtscope::gdb
