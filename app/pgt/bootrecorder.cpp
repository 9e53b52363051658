// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/pgt/bootrecorder.h"

#include <ctime>

#include "core/linux/symbolselection.h"
#include "core/rules/rule.h"
#include "core/steps/diff.h"
#include "gdb/debian/initramfs.h"

namespace pgtscope::pgt {

std::vector<core::FindingCount> countFindings(const core::SnapshotPtr& snapshot)
{
    std::vector<core::FindingCount> counts;
    const core::RuleContext context(snapshot);
    for (const auto& rule : core::allRules()) {
        const core::RuleReport report = rule->check(context);
        for (std::size_t state = 0; state < core::findingStateCount; ++state) {
            const std::uint64_t count = report.totals[state];
            if (count == 0)
                continue;
            const auto stateName = core::findingStateName(static_cast<core::FindingState>(state));
            counts.push_back({report.rule + "." + std::string(stateName),
                static_cast<std::uint32_t>(std::min<std::uint64_t>(count, ~std::uint32_t{0}))});
        }
    }
    return counts;
}

core::Result<std::unique_ptr<BootRecorder>> BootRecorder::create(
    const std::string& path, const core::GuestDescription& guest)
{
    auto writer = core::RecordingWriter::create(path, guest);
    if (!writer)
        return tl::unexpected(writer.error());
    return std::unique_ptr<BootRecorder>(new BootRecorder(std::move(*writer)));
}

core::Result<std::unique_ptr<BootRecorder>> BootRecorder::reopen(const std::string& path)
{
    auto writer = core::RecordingWriter::reopen(path);
    if (!writer)
        return tl::unexpected(writer.error());
    return std::unique_ptr<BootRecorder>(new BootRecorder(std::move(*writer)));
}

core::Result<void> BootRecorder::followWrites(gdb::GuestSession& session, const gdb::RunningGuest& guest)
{
    auto writes = gdb::WriteRecorder::create(session, guest, *m_writer);
    if (!writes)
        return tl::unexpected(writes.error());
    m_writes = std::move(*writes);
    return {};
}

std::optional<gdb::WriteTally> BootRecorder::writeTally() const
{
    return m_writes ? std::optional(m_writes->tally()) : std::nullopt;
}

core::Result<core::StepNumber> BootRecorder::appendStop(const gdb::BootStop& stop, const core::Step& step)
{
    if (!stop.writer || !m_previous)
        return m_writer->append(step, stop.snapshot);
    core::DiffOptions options;
    options.mappings = false;
    auto diff = core::diffSnapshots(*m_previous, *stop.snapshot, options);
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
        if (const auto number = m_writer->appendWrites(std::span(&write, 1)))
            return number;
    }
    return m_writer->append(step, stop.snapshot, written);
}

core::Result<void> BootRecorder::settle()
{
    return m_keeping.valid() ? m_keeping.get() : core::Result<void>();
}

core::StepNumber BootRecorder::size() const
{
    if (m_keeping.valid())
        m_keeping.wait();
    return m_writer->size();
}

core::Result<void> BootRecorder::add(const gdb::BootStop& stop, const StepListener& listener)
{
    if (auto before = settle(); !before)
        return before;
    // What the guest stores behind this stop must not be appended before it.
    if (m_writes)
        return keep(stop, listener);
    m_keeping = std::async(std::launch::async, [this, stop, listener] { return keep(stop, listener); });
    return {};
}

core::Result<void> BootRecorder::keep(const gdb::BootStop& stop, const StepListener& listener)
{
    ToldStep told{stop.step, stop.snapshot, m_previous};
    told.step.findings = countFindings(stop.snapshot);
    const auto number = m_writes ? m_writes->add(told.step, stop.snapshot) : appendStop(stop, told.step);
    if (!number)
        return tl::unexpected(number.error());
    told.step.number = *number;
    m_previous = stop.snapshot;
    return listener(told);
}

core::Result<void> BootRecorder::finish(const gdb::GuestReader& guest)
{
    const auto settled = settle();
    const auto followed = m_writes ? m_writes->finish() : core::Result<void>{};
    const auto kept = core::symbolsWorthKeeping(guest.symbols());
    if (!kept.empty())
        if (auto done = m_writer->setSymbols(kept, guest.symbols().slide()); !done)
            return done;
    const auto finished = m_writer->finish();
    return !settled ? settled : !followed ? followed : finished;
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

core::Result<void> drive(gdb::BootStepper& stepper, const BootRequest& request, Console& console,
    const std::filesystem::path& consoleLog,
    const std::function<core::Result<void>(const gdb::BootStop&)>& told)
{
    gdb::BootRunOptions run;
    run.untilEvent = request.untilEvent;
    run.patience = std::chrono::seconds(request.patienceSeconds);
    if (request.untilEvent.empty() && !consoleLog.empty())
        run.untilConsole = gdb::userspaceMessage;
    const auto end = gdb::runBoot(stepper, run, told);
    if (!end)
        return tl::unexpected(end.error());
    if (*end == gdb::BootRunEnd::Quiet)
        console.remark("pgt: no further stop within " + std::to_string(request.patienceSeconds)
            + " s; the story ends where the guest is now");
    return {};
}

core::Result<gdb::BootStop> pokeAt(gdb::GuestSession& session, gdb::BootStepper& stepper,
    const EntryWish& wish, const core::Snapshot& snapshot)
{
    const auto edit = findEdit(wish, snapshot, session.symbols());
    if (!edit)
        return tl::unexpected(edit.error());
    if (auto done = session.replaceEntry(*edit); !done)
        return tl::unexpected(done.error());
    return stepper.here(core::StepCause::Poke, core::editText(*edit) + " (" + wish.address + ")");
}

} // namespace

core::Result<void> recordBoot(gdb::GuestSession& session, const BootRequest& request,
    const std::filesystem::path& consoleLog, BootRecorder& recorder, Console& console,
    const StepListener& listener)
{
    gdb::BootStepperOptions stepping;
    stepping.grains = request.grains;
    stepping.consoleLog = consoleLog;
    stepping.kernelRoot = request.grains.everyWrite;
    auto stepper = gdb::BootStepper::create(session, stepping);
    if (!stepper)
        return tl::unexpected(stepper.error());
    console.clear();
    bool stopped = false; // the listener's or the recorder's own doing
    std::optional<BootPoke> poke = request.poke;
    const auto outcome = drive(
        **stepper, request, console, consoleLog, [&](const gdb::BootStop& stop) -> core::Result<void> {
            auto added = recorder.add(stop, listener);
            if (added && poke && stop.step.event == poke->event) {
                const auto poked = pokeAt(session, **stepper, poke->wish, *stop.snapshot);
                added = poked ? recorder.add(*poked, listener) : tl::unexpected(poked.error());
                poke.reset();
            }
            stopped = !added;
            return added;
        });
    if (outcome && poke)
        console.remark("pgt: the event " + poke->event + " was not met: nothing was poked");
    const bool byUser = !outcome && !stopped && console.cancel().cancelled();
    if (byUser)
        console.remark("pgt: stopped by the user; " + std::to_string(recorder.size()) + " steps are kept");
    const auto finished = recorder.finish(session);
    if (!outcome && !byUser)
        return outcome;
    return finished;
}

core::GuestDescription describeGuest(const gdb::RunningGuest& guest, const std::string& grain)
{
    core::GuestDescription description;
    description.guest = guest.spec.name;
    description.kernel = guest.spec.kernel.filename().string();
    description.commandLine = guest.spec.append;
    description.machine
        = guest.spec.kernel.empty() ? "QEMU" : "QEMU " + guest.spec.machine + ", CPU " + guest.spec.cpu;
    description.grain = grain;
    description.recorder = "pgt " PGTSCOPE_VERSION;
    description.started = utcNow();
    description.memoryBytes = guest.spec.memoryBytes;
    return description;
}

} // namespace pgtscope::pgt
