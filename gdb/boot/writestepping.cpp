// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/boot/writestepping.h"

#include <algorithm>
#include <utility>

#include "core/base/numbers.h"
#include "core/steps/diff.h"

namespace pgtscope::gdb {

namespace {

/// The processor itself sets the accessed and dirty flags of entries that it uses (SDM vol. 3A, 4.8).
bool setByProcessor(const core::EntryChange& change)
{
    return change.flagsOnly() && (change.before & ~change.after) == 0;
}

} // namespace

WriteStepping::WriteStepping(
    GuestSession& session, GuestRun& run, StopCapture& capture, unsigned cpu, std::string function)
    : m_session(session)
    , m_run(run)
    , m_capture(capture)
    , m_cpu(cpu)
    , m_function(std::move(function))
{
}

core::Result<void> WriteStepping::arm()
{
    if (m_function.empty())
        return {};
    m_entry = m_session.symbols().find(m_function);
    if (!m_entry)
        return core::failure("follow the writes of " + m_function, "the kernel has no such symbol",
            "name another function with --writes-in");
    // An event may wait there too; both stop the guest at once and gdb names the older one.
    ASSIGN_OR_RETURN(const auto number, m_session.target().insertHardwareBreakpoint(*m_entry));
    m_breakpoint = number;
    return {};
}

bool WriteStepping::beginsAt(const StopEvent& stop) const
{
    return m_breakpoint && !m_call && (stop.number == m_breakpoint || stop.rip == m_entry);
}

core::Result<void> WriteStepping::begin()
{
    ASSIGN_OR_RETURN(const auto now, m_run.cpu());
    ASSIGN_OR_RETURN(const auto back, m_run.returnAddress());
    m_call = Call{back, now.rsp};
    return {};
}

core::Result<StopEvent> WriteStepping::step()
{
    ASSIGN_OR_RETURN(auto before, m_run.cpu());
    auto stepped = m_session.target().stepInstruction(m_cpu);
    if (!stepped)
        return stepped;
    ASSIGN_OR_RETURN(auto now, m_run.cpu());
    m_before = std::move(before);
    m_now = std::move(now);
    if (m_call && m_now.rip == m_call->back && m_call->stack < m_now.rsp)
        m_call.reset();
    stepped->rip = m_now.rip;
    return stepped;
}

core::Result<std::optional<BootStop>> WriteStepping::written()
{
    const core::SnapshotPtr before = m_capture.previous();
    // The lab guest's checker runs on its own root; the guest's tables are looked at after it.
    if (m_session.unchangedSince(*before, m_now))
        return std::nullopt;
    m_capture.expectHandOut();
    auto stop = m_capture.capture(core::StepCause::TableWrite, {});
    RETURN_IF_ERROR(stop);
    core::DiffOptions entriesOnly;
    entriesOnly.mappings = false;
    const auto diff = core::diffSnapshots(*before, *stop->snapshot, entriesOnly);
    const auto& entries = diff.tables.entries;
    const auto change = std::find_if(entries.begin(), entries.end(),
        [](const core::EntryChange& entry) { return !setByProcessor(entry); });
    if (change == entries.end() && diff.tables.tables.empty())
        return std::nullopt;
    const auto symbol = m_session.placed() ? m_session.symbols().at(m_before.rip) : std::nullopt;
    stop->writer = core::EntryWriter{m_before.rip, symbol ? symbol->text() : std::string(), 0};
    if (change != entries.end()) {
        stop->writer->bytes = change->bytes;
        stop->step.text = "entry at " + core::hexText(change->address.value) + ": "
            + core::hexText(change->before) + " -> " + core::hexText(change->after) + ", by "
            + (symbol ? symbol->text() : core::hexText(m_before.rip.value));
    }
    return std::move(*stop);
}

} // namespace pgtscope::gdb
