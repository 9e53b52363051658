// SPDX-License-Identifier: GPL-2.0-or-later
// gdb's own prompt on the guest's thread, and what its commands do to the guest.
#include <algorithm>
#include <array>
#include <chrono>

#include "app/pgtscope/liveworker.h"
#include "core/linux/events.h"
#include "core/steps/diff.h"
#include "gdb/stub/promptcommand.h"

namespace pgtscope::app {

using namespace std::chrono_literals;

namespace {

constexpr auto consoleSlice = 200ms;

/// Commands that read further lines from gdb's standard input, which belongs to its machine interface.
bool wantsMoreLines(const QString& command)
{
    constexpr std::array<const char*, 6> alone{
        "python", "python-interactive", "pi", "py", "guile", "compile"};
    constexpr std::array<const char*, 5> always{"commands", "define", "document", "while", "if"};
    const QString word = command.section(QLatin1Char(' '), 0, 0);
    const auto isWord = [&](const char* name) { return word == QLatin1String(name); };
    return std::any_of(always.begin(), always.end(), isWord)
        || (word == command && std::any_of(alone.begin(), alone.end(), isWord));
}

} // namespace

void LiveWorker::gdbCommand(const QString& command)
{
    if (!m_session)
        return;
    if (command == QLatin1String("quit") || command == QLatin1String("q"))
        return detach();
    if (wantsMoreLines(command)) {
        emit consoleOutput(
            tr("This prompt takes one line at a time; put the command into a file and \"source\" it.\n"));
        return;
    }
    m_stopAsked = false;
    settle(followConsole(command.toStdString()));
}

core::Result<void> LiveWorker::followConsole(const std::string& command)
{
    gdb::Target& target = m_session->target();
    if (const auto given = m_promptSymbols.give(*m_session); !given)
        emit consoleOutput(QString::fromStdString(given.error().message()) + QLatin1Char('\n'));
    bool reported = false;
    ASSIGN_OR_RETURN(const auto printed, target.execute(command, [&] {
        if (!std::exchange(reported, true))
            become(State::Running);
        return m_stopAsked.load();
    }));
    emit consoleOutput(QString::fromStdString(printed));
    if (target.running())
        become(State::Running);
    while (target.running() || target.stopPending()) {
        if (const auto stop = target.waitForStop(consoleSlice)) {
            ASSIGN_OR_RETURN(const bool continues, recordConsoleStop(*stop, command));
            if (!continues)
                return {};
            RETURN_IF_ERROR(target.resume());
        } else if (!target.running()) {
            return tl::unexpected(stop.error());
        } else if (m_stopAsked.exchange(false)) {
            RETURN_IF_ERROR(target.interrupt());
        }
    }
    return recordIfChanged(command);
}

/// The command let the guest run: it may have stopped for what a step of ours would have stopped for, too.
/// That is not what "continue" asks for: the stop is recorded, and the guest runs on.
core::Result<bool> LiveWorker::recordConsoleStop(const gdb::StopEvent& stop, const std::string& command)
{
    gdb::Target& target = m_session->target();
    const std::string printed = target.takePrinted();
    const bool own
        = stop.number && target.ownsBreakpoint(*stop.number) && !target.usersBreakpointAt(stop.rip);
    // Meeting it may remove its breakpoint.
    const std::string name = own ? m_stepper->nameOf(*stop.number) : std::string();
    ASSIGN_OR_RETURN(auto met, m_stepper->met(stop));
    const core::BootEvent* event = met ? core::findBootEvent(met->step.event) : nullptr;
    const bool ends = met && (met->step.cause == core::StepCause::Death || (event && event->halts));
    if (own && !ends && gdb::isContinue(command)) {
        if (!met)
            return true;
        RETURN_IF_ERROR(record(*met));
        emit consoleOutput(tr("pgtscope recorded step %1: %2\n")
                               .arg(m_recorder->size() - 1)
                               .arg(QString::fromStdString(name)));
        return true;
    }
    emit consoleOutput(QString::fromStdString(printed));
    if (own)
        emit consoleOutput(
            tr("The breakpoint is pgtscope's own, for: %1\n").arg(QString::fromStdString(name)));
    RETURN_IF_ERROR(recordUsersStop(std::move(met), command));
    return false;
}

core::Result<void> LiveWorker::recordUsersStop(std::optional<gdb::BootStop> met, const std::string& command)
{
    if (!met) {
        ASSIGN_OR_RETURN(met, m_stepper->here(core::StepCause::UserStop, {}));
    }
    std::string& text = met->step.text;
    text = "gdb: " + command + (text.empty() ? "" : "; ") + text;
    return record(*met);
}

/// The command changed something without running the guest, or it only queried it.
core::Result<void> LiveWorker::recordIfChanged(const std::string& command)
{
    const core::SnapshotPtr before = m_previous;
    auto stop = m_stepper->here(core::StepCause::Poke, "gdb: " + command);
    RETURN_IF_ERROR(stop);
    const core::Snapshot& now = *stop->snapshot;
    const bool same = before && now.cpu() == before->cpu() && now.pgtBuf() == before->pgtBuf()
        && core::diffSnapshots(*before, now).tables.empty();
    return same ? core::Result<void>() : record(*stop);
}

void LiveWorker::completeGdbCommand(const QString& begin)
{
    if (!m_session)
        return;
    const auto words = m_session->target().completions(begin.toStdString());
    if (!words)
        return;
    QStringList whole;
    for (const std::string& word : *words)
        whole += QString::fromStdString(word);
    emit completions(begin, whole);
}

} // namespace pgtscope::app
