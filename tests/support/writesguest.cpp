// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/writesguest.h"
#include "tests/support/required.h"

#include <thread>

#include "tests/support/catch.h"

#include "core/base/numbers.h"
#include "core/steps/diff.h"
#include "core/timeline/timeline.h"
#include "gdb/writes/writesplugin.h"

namespace pgtscope::test {

namespace {

using namespace std::chrono_literals;

/// How the tables that the stores make differ from those that were walked, in more than accessed and dirty
/// flags.
void addDifferences(core::StepNumber step, const core::Snapshot& made, const core::Snapshot& walked,
    std::vector<std::string>& differences)
{
    core::DiffOptions options;
    options.mappings = false;
    const core::StepChanges diff = core::diffSnapshots(made, walked, options).tables;
    const std::string where = "step " + std::to_string(step) + ", ";
    if (made.root() != walked.root())
        differences.push_back(where + "root " + core::hexText(made.root().value) + " made, "
            + core::hexText(walked.root().value) + " walked");
    for (const core::EntryChange& change : diff.entries) {
        if (!change.flagsOnly())
            differences.push_back(where + core::hexText(change.address.value) + ": made "
                + core::hexText(change.before) + ", walked " + core::hexText(change.after));
    }
    // Pages that an allocator has handed out are seen at stops only.
    for (const core::TableChange& change : diff.tables) {
        if (!change.detached)
            differences.push_back(where + "table " + core::hexText(change.address.value)
                + (change.kind == core::TableChangeKind::Appeared ? ": walked only"
                                                                  : ": made only, or of another level"));
    }
}

/// A process that ended leaves a root that is a table no more: Xen knows.
bool isStillRoot(const core::Snapshot& now, core::PhysicalAddress root)
{
    const core::XenState* xen = now.xen();
    const core::XenTable* table = xen && xen->complete ? xen->table(core::frameOf(root)) : nullptr;
    return !xen || !xen->complete || (table && table->type == core::XenFrameType::L4);
}

} // namespace

WritesGuest::WritesGuest(
    std::string_view name, const std::string& append, const std::function<void(gdb::LaunchSpec&)>& change)
    : m_guest(name, [&](gdb::LaunchSpec& spec) {
        spec.append += " nokaslr " + append;
        if (change)
            change(spec);
        spec.writesPlugin = required(gdb::findWritesPlugin(spec.emulator));
    })
{
    required(gdb::runToBeginning(m_guest.guest(), gdb::WaitLimit::after(300s)));
    gdb::SessionOptions options;
    options.endpoint = m_guest.guest().gdbEndpoint();
    options.guest = m_guest.guest();
    m_session = required(gdb::GuestSession::open(options, m_cancel));
    m_recording = required(core::RecordingWriter::create((m_directory / "all.pgtrec").string(), {}));
    m_writes = required(gdb::WriteRecorder::create(*m_session, m_guest.guest(), *m_recording));
    stopHere();
}

WritesGuest::~WritesGuest()
{
    m_writes.reset();
    if (m_session)
        (void)m_session->close(gdb::EndState::Stopped);
}

void WritesGuest::stopHere()
{
    gdb::CaptureRequest request;
    request.kernelRoot = true;
    const bool paged = m_latest && m_latest->paging().enabled();
    core::SnapshotPtr sameRoot;
    if (paged) {
        request.root = m_latest->root();
        sameRoot = required(m_session->capture(request));
        request.root.reset();
    }
    request.previous = m_latest;
    core::Step step;
    step.cause = core::StepCause::UserStop;
    m_latest = required(m_session->capture(request));
    m_inProcesses += core::xenPlace(m_latest->cpu()) == core::XenPlace::Process ? 1U : 0U;
    const core::StepNumber number = required(m_writes->add(step, m_latest));
    if (sameRoot && sameRoot->paging().mode() == m_latest->paging().mode()
        && isStillRoot(*m_latest, sameRoot->root()))
        m_walked.push_back({number - 1, sameRoot});
}

void WritesGuest::runTo(std::string_view function)
{
    const auto address = m_session->symbols().find(function);
    REQUIRE(address);
    const unsigned breakpoint = required(m_session->target().insertHardwareBreakpoint(*address));
    required(m_session->target().resume());
    required(m_session->target().waitForStop(300s));
    required(m_session->target().removeBreakpoint(breakpoint));
    stopHere();
}

void WritesGuest::run(std::chrono::milliseconds time)
{
    required(m_session->target().resume());
    std::this_thread::sleep_for(time);
    required(m_session->target().interrupt());
    required(m_session->target().waitForStop(30s));
    stopHere();
}

WritesGuest::Outcome WritesGuest::compare()
{
    required(m_writes->finish());
    required(m_recording->finish());
    Outcome outcome;
    outcome.changes = m_writes->tally().changes;
    outcome.tables = m_latest->tables().size();
    const auto timeline = required(core::Timeline::open((m_directory / "all.pgtrec").string()));
    outcome.writers = required(core::tableWriters(*timeline));
    for (const Walked& walked : m_walked) {
        const auto made = required(timeline->snapshot(walked.before));
        if (made->paging().mode() != walked.tables->paging().mode())
            continue;
        ++outcome.stops;
        addDifferences(walked.before, *made, *walked.tables, outcome.differences);
    }
    return outcome;
}

} // namespace pgtscope::test
