// SPDX-License-Identifier: GPL-2.0-or-later
// gdb's own prompt on the guest's thread, and what its commands do to the guest.
#include <algorithm>
#include <array>
#include <chrono>

#include "app/pgtscope/liveworker.h"
#include "core/steps/diff.h"

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
    if (wantsMoreLines(command))
        return emit consoleOutput(QStringLiteral(
            "This prompt takes one line at a time; put the command into a file and \"source\" it.\n"));
    m_stopAsked = false;
    settle(followConsole(command.toStdString()));
}

core::Result<void> LiveWorker::followConsole(const std::string& command)
{
    gdb::Target& target = m_session->target();
    bool told = false;
    ASSIGN_OR_RETURN(const auto printed, target.execute(command, [&] {
        if (!std::exchange(told, true))
            become(State::Running);
        return m_stopAsked.load();
    }));
    emit consoleOutput(QString::fromStdString(printed));
    if (target.running())
        become(State::Running);
    while (target.running() || target.stopPending()) {
        const auto stop = target.waitForStop(consoleSlice);
        if (stop)
            return recordConsoleStop(*stop, command);
        if (!target.running())
            return tl::unexpected(stop.error());
        if (m_stopAsked.exchange(false))
            RETURN_IF_ERROR(target.interrupt());
    }
    return recordIfChanged(command);
}

/// The command let the guest run: it may have stopped for what a step of ours would have stopped for, too.
core::Result<void> LiveWorker::recordConsoleStop(const gdb::StopEvent& stop, const std::string& command)
{
    if (const std::string more = m_session->target().takePrinted(); !more.empty())
        emit consoleOutput(QString::fromStdString(more));
    ASSIGN_OR_RETURN(auto met, m_stepper->met(stop));
    if (!met) {
        ASSIGN_OR_RETURN(auto plain, m_stepper->here(core::StepCause::UserStop, {}));
        met = std::move(plain);
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
