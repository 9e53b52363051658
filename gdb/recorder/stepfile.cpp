// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/recorder/stepfile.h"

namespace pgtscope::gdb {

core::Result<std::unique_ptr<StepFile>> StepFile::create(
    const std::string& path, const core::GuestDescription& guest, core::Durability durability)
{
    return of(core::RecordingWriter::create(path, guest, durability));
}

core::Result<std::unique_ptr<StepFile>> StepFile::reopen(const std::string& path)
{
    return of(core::RecordingWriter::reopen(path));
}

core::Result<std::unique_ptr<StepFile>> StepFile::of(
    core::Result<std::unique_ptr<core::RecordingWriter>> writer)
{
    RETURN_IF_ERROR(writer);
    ASSIGN_OR_RETURN(auto code, core::CodeWriter::open((*writer)->path()));
    std::unique_ptr<StepFile> file(new StepFile);
    file->m_writer = std::move(*writer);
    file->m_code = std::move(code);
    return file;
}

core::Result<void> StepFile::addCode(core::StepNumber step, std::span<const core::CodeLine> code)
{
    return m_code->add(step, code);
}

core::Result<core::StepNumber> StepFile::append(const core::Step& step, const core::SnapshotPtr& snapshot,
    std::span<const core::CodeLine> code, std::span<const core::EntryChange> stores)
{
    return addCode(m_writer->size(), code).and_then([&] { return m_writer->append(step, snapshot, stores); });
}

core::Result<void> StepFile::finish()
{
    m_code.reset();
    return m_writer->finish();
}

} // namespace pgtscope::gdb
