// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/pgtscope/sessionfile.h"

namespace pgtscope::app {

SessionFile::~SessionFile() = default;

core::Result<std::unique_ptr<SessionFile>> SessionFile::create(
    const std::string& path, const core::GuestDescription& guest)
{
    return of(core::RecordingWriter::create(path, guest));
}

core::Result<std::unique_ptr<SessionFile>> SessionFile::reopen(const std::string& path)
{
    return of(core::RecordingWriter::reopen(path));
}

core::Result<std::unique_ptr<SessionFile>> SessionFile::of(
    core::Result<std::unique_ptr<core::RecordingWriter>> writer)
{
    if (!writer)
        return tl::unexpected(writer.error());
    auto code = core::CodeWriter::open((*writer)->path());
    if (!code)
        return tl::unexpected(code.error());
    std::unique_ptr<SessionFile> file(new SessionFile);
    file->m_writer = std::move(*writer);
    file->m_code = std::move(*code);
    return file;
}

core::Result<void> SessionFile::keepCode(core::StepNumber step, std::span<const core::CodeLine> code)
{
    return m_code->add(step, code);
}

core::Result<void> SessionFile::append(const core::Step& step, const core::SnapshotPtr& snapshot,
    std::span<const core::CodeLine> code, std::span<const core::EntryChange> stores)
{
    if (auto done = keepCode(m_writer->size(), code); !done)
        return done;
    const auto number = m_writer->append(step, snapshot, stores);
    return number ? core::Result<void>{} : tl::unexpected(number.error());
}

core::Result<void> SessionFile::finish()
{
    m_code.reset();
    return m_writer->finish();
}

} // namespace pgtscope::app
