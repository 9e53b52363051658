// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/pgtscope/liveconsole.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include "core/linux/events.h"
#include "core/steps/diff.h"
#include "gdb/stub/promptcommand.h"

namespace pgtscope::app {

using namespace std::chrono_literals;

namespace {
constexpr auto consoleSlice = 200ms;
} // namespace

bool LiveConsole::wantsMoreLines(const QString& command)
{
    constexpr std::array<const char*, 6> alone{
        "python", "python-interactive", "pi", "py", "guile", "compile"};
    constexpr std::array<const char*, 5> always{"commands", "define", "document", "while", "if"};
    const QString word = command.section(QLatin1Char(' '), 0, 0);
    const auto isWord = [&](const char* name) { return word == QLatin1String(name); };
    return std::any_of(always.begin(), always.end(), isWord)
        || (word == command && std::any_of(alone.begin(), alone.end(), isWord));
}

core::Result<void> LiveConsole::run(gdb::GuestSession& session, gdb::BootStepper& stepper,
    const std::string& command, const core::SnapshotPtr& before)
{
    gdb::Target& target = session.target();
    if (const auto given = m_symbols.give(session); !given)
        m_host.print(QString::fromStdString(given.error().message()) + QLatin1Char('\n'));
    bool reported = false;
    ASSIGN_OR_RETURN(const auto printed, target.execute(command, [&] {
        if (!std::exchange(reported, true))
            m_host.running();
        return m_stopAsked.load();
    }));
    m_host.print(QString::fromStdString(printed));
    if (target.running())
        m_host.running();
    while (target.running() || target.stopPending()) {
        if (const auto stop = target.waitForStop(consoleSlice)) {
            ASSIGN_OR_RETURN(const bool continues, recordStop(session, stepper, *stop, command));
            if (!continues)
                return {};
            RETURN_IF_ERROR(target.resume());
        } else if (!target.running()) {
            return tl::unexpected(stop.error());
        } else if (m_stopAsked.exchange(false)) {
            RETURN_IF_ERROR(target.interrupt());
        }
    }
    return recordIfChanged(stepper, command, before);
}

/// The command let the guest run: it may have stopped for what a step of ours would have stopped for, too.
/// That is not what "continue" asks for: the stop is recorded, and the guest runs on.
core::Result<bool> LiveConsole::recordStop(gdb::GuestSession& session, gdb::BootStepper& stepper,
    const gdb::StopEvent& stop, const std::string& command)
{
    gdb::Target& target = session.target();
    const std::string printed = target.takePrinted(stop);
    const bool own
        = stop.number && target.ownsBreakpoint(*stop.number) && !target.usersBreakpointAt(stop.rip);
    // Meeting it may remove its breakpoint.
    const QString name = own ? QString::fromStdString(stepper.nameOf(*stop.number)) : QString();
    ASSIGN_OR_RETURN(auto met, stepper.met(stop));
    const core::BootEvent* event = met ? core::findBootEvent(met->step.event) : nullptr;
    const bool ends = met && (met->step.cause == core::StepCause::Death || (event && event->halts));
    if (own && !ends && gdb::isContinue(command)) {
        if (!met)
            return true;
        ASSIGN_OR_RETURN(const auto step, m_host.record(*met));
        m_host.print(tr("pgtscope recorded step %1: %2\n").arg(step).arg(name));
        return true;
    }
    m_host.print(QString::fromStdString(printed));
    if (own)
        m_host.print(tr("The breakpoint is pgtscope's own, for: %1\n").arg(name));
    RETURN_IF_ERROR(recordUsersStop(stepper, std::move(met), command));
    return false;
}

core::Result<void> LiveConsole::recordUsersStop(
    gdb::BootStepper& stepper, std::optional<gdb::BootStop> met, const std::string& command)
{
    if (!met) {
        ASSIGN_OR_RETURN(met, stepper.captureNow(core::StepCause::UserStop, {}));
    }
    std::string& text = met->step.text;
    text = "gdb: " + command + (text.empty() ? "" : "; ") + text;
    RETURN_IF_ERROR(m_host.record(*met));
    return {};
}

/// The command changed something without running the guest, or it only queried it.
core::Result<void> LiveConsole::recordIfChanged(
    gdb::BootStepper& stepper, const std::string& command, const core::SnapshotPtr& before)
{
    ASSIGN_OR_RETURN(const auto stop, stepper.captureNow(core::StepCause::Poke, "gdb: " + command));
    const core::Snapshot& now = *stop.snapshot;
    const bool same = before && now.cpu() == before->cpu() && now.pgtBuf() == before->pgtBuf()
        && core::diffSnapshots(*before, now).tables.empty();
    if (!same)
        RETURN_IF_ERROR(m_host.record(stop));
    return {};
}

} // namespace pgtscope::app
