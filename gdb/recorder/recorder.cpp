// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/recorder/recorder.h"

#include <ctime>
#include <filesystem>
#include <utility>

#include "core/linux/symbolselection.h"
#include "core/recording/unfinishedrecording.h"
#include "core/rules/rule.h"
#include "core/steps/diff.h"
#include "core/steps/findingcounts.h"

namespace pgtscope::gdb {

Recorder::Recorder(std::unique_ptr<StepFile> file)
    : m_file(std::move(file))
{
}

Recorder::~Recorder()
{
    (void)settle();
    // A file without a step would only be in the way of the next attempt.
    const bool useless = m_new && size() == 0;
    const std::string file = path();
    m_copy.reset();
    m_timeline.reset();
    m_writes.reset();
    m_file.reset();
    if (useless)
        core::removeRecording(file);
}

core::Result<std::unique_ptr<Recorder>> Recorder::create(
    const std::string& path, const core::GuestDescription& guest, core::Durability durability)
{
    ASSIGN_OR_RETURN(auto file, StepFile::create(path, guest, durability));
    std::unique_ptr<Recorder> recorder(new Recorder(std::move(file)));
    recorder->m_new = true;
    return recorder;
}

core::Result<std::unique_ptr<Recorder>> Recorder::reopen(const std::string& path)
{
    ASSIGN_OR_RETURN(auto file, StepFile::reopen(path));
    return std::unique_ptr<Recorder>(new Recorder(std::move(file)));
}

core::Result<void> Recorder::followWrites(GuestSession& session, const RunningGuest& guest)
{
    ASSIGN_OR_RETURN(auto writes, WriteRecorder::create(session, guest, *m_file->writer()));
    m_writes = std::move(writes);
    m_everyStore = true;
    return {};
}

std::optional<WriteTally> Recorder::writeTally() const
{
    return m_writes ? std::optional(m_writes->tally()) : m_tally;
}

core::Result<std::shared_ptr<core::Timeline>> Recorder::follow()
{
    RETURN_IF_ERROR(settle());
    auto timeline = core::Timeline::follow(m_file->writer());
    if (timeline)
        m_timeline = *timeline;
    return timeline;
}

core::Result<void> Recorder::settle()
{
    m_recording.wait();
    return std::exchange(m_recorded, core::Result<void>());
}

core::StepNumber Recorder::size()
{
    m_recording.wait();
    return m_file->writer()->size();
}

core::Result<void> Recorder::add(
    const BootStop& stop, std::vector<core::CodeLine> code, StepListener listener)
{
    RETURN_IF_ERROR(settle());
    // What the guest stores after this stop must not be appended before it.
    if (m_writes)
        return record(stop, code, listener);
    m_recording.start([this, stop, code = std::move(code), listener = std::move(listener)](
                          const core::CancelFlag&) { m_recorded = record(stop, code, listener); });
    return {};
}

core::Result<void> Recorder::record(
    const BootStop& stop, const std::vector<core::CodeLine>& code, const StepListener& listener)
{
    RecordedStep recorded{stop.step, stop.snapshot, std::exchange(m_previous, stop.snapshot)};
    const auto reports = core::checkAllRules(core::RuleContext(stop.snapshot, {}, m_digests));
    recorded.step.findings = core::countFindings(*reports);
    const auto expect = [&](core::StepNumber number) {
        // What follows the recording shows what was captured, and need not read it back.
        if (m_timeline)
            m_timeline->expect(number, stop.snapshot, reports);
        return m_file->addCode(number, code);
    };
    core::Result<core::StepNumber> number = 0;
    if (m_writes)
        number = m_writes->add(recorded.step, stop.snapshot, expect);
    else
        number = expect(m_file->writer()->size()).and_then([&] {
            return appendStop(stop, recorded.step, recorded.before);
        });
    RETURN_IF_ERROR(number);
    recorded.step.number = *number;
    if (m_copy && m_timeline)
        RETURN_IF_ERROR(m_copy->update(*m_timeline));
    return listener ? listener(recorded) : core::Result<void>();
}

/// Where single instructions are executed, the writer is known.
core::Result<core::StepNumber> Recorder::appendStop(
    const BootStop& stop, const core::Step& step, const core::SnapshotPtr& before)
{
    core::RecordingWriter& writer = *m_file->writer();
    if (!stop.writer || !before)
        return writer.append(step, stop.snapshot);
    core::DiffOptions options;
    options.mappings = false;
    auto diff = core::diffSnapshots(*before, *stop.snapshot, options);
    std::vector<core::EntryChange>& written = diff.tables.entries;
    const bool oneEntry
        = written.size() == 1 && diff.tables.tables.empty() && diff.other == core::OtherChanges();
    std::erase_if(written, [](const auto& entry) { return entry.flagsOnly(); });
    for (core::EntryChange& entry : written)
        entry.writer = stop.writer;
    if (oneEntry && !written.empty()) {
        core::WriteStep write{step, written.front()};
        write.step.cpu = stop.snapshot->cpu();
        write.step.ripSymbol = stop.snapshot->ripSymbol();
        if (const auto number = writer.appendWrites(std::span(&write, 1)))
            return number;
    }
    return writer.append(step, stop.snapshot, written);
}

core::Result<void> Recorder::saveCopy(const std::string& path, const core::CopyOptions& options)
{
    RETURN_IF_ERROR(settle());
    std::error_code missing;
    if (m_copy && m_timeline && std::filesystem::equivalent(m_copy->path(), path, missing))
        return m_copy->update(*m_timeline, options.progress);
    if (auto done = core::copyRecording(this->path(), path, options); !done || m_finished)
        return done;
    ASSIGN_OR_RETURN(auto copy, SavedCopy::open(path, m_everyStore));
    const auto previous = std::exchange(m_copy, std::move(copy));
    return previous ? previous->finish() : core::Result<void>();
}

core::Result<void> Recorder::setSymbols(const GuestReader& guest)
{
    const auto settled = settle();
    const auto kept = core::selectedSymbols(guest.symbols());
    if (!kept.empty())
        RETURN_IF_ERROR(m_file->writer()->setSymbols(kept, guest.symbols().slide()));
    return settled;
}

core::Result<void> Recorder::endWrites()
{
    const auto settled = settle();
    if (!m_writes)
        return settled;
    // A guest that is gone reports no more, and what it has reported is kept.
    const auto ended = m_writes->finish();
    m_tally = m_writes->tally();
    m_writes.reset();
    const auto copied = m_copy && m_timeline ? m_copy->update(*m_timeline) : core::Result<void>();
    return !settled ? settled : !ended ? ended : copied;
}

core::Result<void> Recorder::finish()
{
    if (std::exchange(m_finished, true))
        return {};
    const auto ended = endWrites();
    const auto finished = m_file->finish();
    const auto copied = m_copy ? m_copy->finish() : core::Result<void>();
    m_copy.reset();
    return !ended ? ended : !finished ? finished : copied;
}

core::Result<void> Recorder::finish(const GuestReader& guest)
{
    const auto ended = endWrites();
    const auto symbols = setSymbols(guest);
    const auto finished = finish();
    return !ended ? ended : !symbols ? symbols : finished;
}

namespace {

std::string utcNow()
{
    const std::time_t now = std::time(nullptr);
    std::tm parts{};
    gmtime_r(&now, &parts);
    char text[sizeof "2026-01-01T00:00:00Z"] = {};
    std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
    return text;
}

} // namespace

core::GuestDescription describeGuest(
    const RunningGuest& guest, const std::string& granularity, const std::string& recorder)
{
    core::GuestDescription description;
    description.guest = guest.spec.name;
    description.kernel = guest.spec.kernel.filename().string();
    description.commandLine = guest.spec.append;
    description.machine
        = guest.spec.kernel.empty() ? "QEMU" : "QEMU " + guest.spec.machine + ", CPU " + guest.spec.cpu;
    if (guest.spec.accelerator == Accelerator::Kvm)
        description.machine += ", KVM";
    description.granularity = granularity;
    description.recorder = recorder;
    description.started = utcNow();
    description.rules = core::ruleIds();
    description.memoryBytes = guest.spec.memoryBytes;
    return description;
}

} // namespace pgtscope::gdb
