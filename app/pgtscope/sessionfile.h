// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <memory>
#include <span>

#include "core/recording/code.h"
#include "core/recording/recordingwriter.h"

namespace pgtscope::app {

/// A recording of a live session, with the code at each step.
class SessionFile {
public:
    static core::Result<std::unique_ptr<SessionFile>> create(
        const std::string& path, const core::GuestDescription& guest);
    /// Goes on with a copy of one.
    static core::Result<std::unique_ptr<SessionFile>> reopen(const std::string& path);
    ~SessionFile();

    const std::shared_ptr<core::RecordingWriter>& writer() const { return m_writer; }
    /// `stores`: as RecordingWriter::append() takes them.
    core::Result<void> append(const core::Step& step, const core::SnapshotPtr& snapshot,
        std::span<const core::CodeLine> code, std::span<const core::EntryChange> stores = {});
    /// The code at a step that somebody else appends: before he does, so that whoever hears of the step finds
    /// it complete.
    core::Result<void> keepCode(core::StepNumber step, std::span<const core::CodeLine> code);
    core::Result<void> finish();

private:
    SessionFile() = default;
    static core::Result<std::unique_ptr<SessionFile>> of(
        core::Result<std::unique_ptr<core::RecordingWriter>> writer);

    std::shared_ptr<core::RecordingWriter> m_writer;
    std::unique_ptr<core::CodeWriter> m_code;
};

} // namespace pgtscope::app
