// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/pgtscope/liveworker.h"

#include <chrono>
#include <utility>

#include "gdb/boot/singlestep.h"

namespace pgtscope::app {

using namespace std::chrono_literals;

namespace {

/// The longest run of the guest before it is stopped for a check; it can be this long because a request to
/// stop ends the slice.
constexpr auto slice = 10min;
constexpr std::uint64_t instructionsInSlice = 2000;
/// How often a stopped guest is checked, and after how many of these checks its stub is asked a
/// question.
constexpr auto watchInterval = 1s;
constexpr unsigned askEvery = 5;

/// Why the session's recording cannot get further steps; empty if it can.
QString whyNotContinue(const LiveSource& source)
{
    return source.everyStore
        ? LiveWorker::tr("Stores that were not recorded meanwhile would be missing from the session")
        : QString();
}

} // namespace

LiveWorker::LiveWorker(LiveSource source)
    : m_live(std::move(source),
        {[this](std::string_view what, std::uint64_t done, std::uint64_t total) {
             emit progress(QString::fromUtf8(what.data(), static_cast<qsizetype>(what.size())), done, total);
         },
            [this](const std::string& text) { emit notice(QString::fromStdString(text)); }},
        [this] { return m_stopAsked.load(); })
    , m_console(
          {[this](const QString& text) { emit consoleOutput(text); }, [this] { become(State::Running); },
              [this](const gdb::BootStop& stop) {
                  return m_live.record(stop).map([this] { return m_live.steps() - 1; });
              }},
          m_stopAsked)
{
}

LiveWorker::~LiveWorker()
{
    end();
    if (const auto stopped = m_live.stopGuest(); !stopped)
        report(stopped.error());
}

void LiveWorker::report(const core::Error& error) { emit failed(QString::fromStdString(error.message())); }

void LiveWorker::attachAgain()
{
    if (m_live.guest() || !m_live.timeline())
        return;
    become(State::Connecting);
    if (const auto attached = m_live.attachAgain(); !attached)
        return lose(attached.error());
    showSession();
}

void LiveWorker::open()
{
    m_watch = new QTimer(this);
    connect(m_watch, &QTimer::timeout, this, &LiveWorker::watch);
    m_watch->start(watchInterval);
    become(State::Connecting);
    const auto opened = m_live.open();
    if (!opened) {
        end();
        report(opened.error());
        become(State::Detached);
        return;
    }
    showSession();
    if (!opened->isEmpty())
        emit notice(*opened);
}

void LiveWorker::showSession()
{
    describe();
    emit timelineReady(m_live.timeline());
    become(State::Stopped);
    announceSymbols();
}

void LiveWorker::announceSymbols()
{
    emit symbolsMissing(m_live.guest()->symbols().empty() ? noSymbolsText() : QString());
}

void LiveWorker::describe() { emit described(m_live.connection(), m_live.events(), m_live.limits()); }

core::Result<void> LiveWorker::recordUntil(
    const NextStop& next, const std::function<bool(const core::Step&)>& last)
{
    while (!m_stopAsked) {
        ASSIGN_OR_RETURN(const auto stop, m_live.run(next));
        if (!stop)
            continue;
        RETURN_IF_ERROR(m_live.record(*stop));
        if (last(stop->step))
            return {};
    }
    return m_live.recordNow(core::StepCause::UserStop, "stopped by the user");
}

void LiveWorker::run(const NextStop& next, const std::function<bool(const core::Step&)>& last)
{
    m_stopAsked = false;
    become(State::Running);
    settle(recordUntil(next, last));
}

void LiveWorker::runUntil(const std::function<bool(const core::Step&)>& wanted)
{
    if (!m_live.guest())
        return;
    run([this] { return m_live.stepper().next(slice); },
        [&wanted](const core::Step& step) {
            const core::BootEvent* event = core::findBootEvent(step.event);
            // A breakpoint or watchpoint that the user set at gdb's prompt is a stop of the user's.
            return wanted(step) || step.cause == core::StepCause::UserStop
                || step.cause == core::StepCause::Death || (event && event->halts);
        });
}

void LiveWorker::become(State state)
{
    m_state = state;
    emit stateChanged(state);
}

void LiveWorker::settle(const core::Result<void>& done)
{
    if (done)
        return become(State::Stopped);
    const bool alive
        = m_live.guest() && !m_live.cancelled() && m_live.guest()->target().checkStillStopped().has_value();
    if (!alive)
        return lose(done.error());
    report(done.error());
    become(State::Stopped);
}

/// What was recorded stays; the connection is given up.
void LiveWorker::lose(const core::Error& error)
{
    const auto gone = m_live.qemuEnded();
    report(gone ? *gone : error);
    end(LiveSession::Guest::Lost);
    emit ended(gone ? tr("The guest's QEMU has ended") : whyNotContinue(m_live.source()));
    become(State::Lost);
}

void LiveWorker::watch()
{
    if (m_state != State::Stopped || !m_live.guest())
        return;
    if (const auto gone = m_live.qemuEnded())
        return lose(*gone);
    // Asking costs some packets: a launched guest's process shows enough.
    if (m_live.launched() || ++m_watched % askEvery != 0)
        return;
    if (const auto still = m_live.guest()->target().checkStillStopped(); !still)
        lose(still.error());
}

void LiveWorker::step(Granularity granularity)
{
    if (!m_live.guest())
        return;
    switch (granularity) {
    case Granularity::Event:
        return runUntil([](const core::Step& step) { return step.cause == core::StepCause::BootEvent; });
    case Granularity::PgtBuf:
        return runUntil([](const core::Step& step) { return step.cause == core::StepCause::PgtBufChange; });
    case Granularity::Write:
        return stepWrite();
    case Granularity::Instruction:
        return stepInstruction();
    }
}

void LiveWorker::stepWrite()
{
    quint64 executed = 0;
    run(
        [this, &executed] {
            emit progress(tr("Stepping, %1 instructions so far").arg(executed), 0, 0);
            executed += instructionsInSlice;
            return m_live.stepper().nextWrite(instructionsInSlice, slice);
        },
        [](const core::Step&) { return true; });
}

void LiveWorker::stepInstruction()
{
    run([this]() -> gdb::BootStepper::MaybeStop { return gdb::stepInstruction(m_live.stepper()); },
        [](const core::Step&) { return true; });
}

void LiveWorker::edit(const core::EntryEdit& edit)
{
    if (!m_live.guest())
        return;
    auto done = m_live.guest()->replaceEntry(edit);
    if (done)
        done = m_live.recordNow(core::StepCause::Poke, core::editText(edit));
    if (done)
        emit edited(edit);
    settle(done);
}

void LiveWorker::runTo(const QString& place)
{
    if (!m_live.guest())
        return;
    const std::string name = place.toStdString();
    if (core::findBootEvent(name) != nullptr)
        return runUntil([name](const core::Step& step) { return step.event == name; });
    const auto address = placeNamed(name, m_live.guest()->symbols(), m_live.latest());
    if (!address)
        return report(address.error());
    run([this, at = *address] { return m_live.stepper().runTo(at, slice); },
        [](const core::Step&) { return true; });
}

void LiveWorker::share()
{
    if (!m_live.guest())
        return;
    m_stopAsked = false;
    become(State::Running);
    const auto add = [this](const gdb::BootStop& stop) { return m_live.record(stop); };
    const auto opened = [this](const std::string& target) {
        emit progress({}, 0, 0);
        emit shared(
            tr("In your gdb: target remote %1. Each of its stops becomes a step; Stop ends the sharing.")
                .arg(QString::fromStdString(target)));
    };
    const auto ended = m_live.share({opened, [this] { return m_stopAsked.load(); }, add,
        [this](const core::Error& error) { report(error); }});
    if (!ended)
        report(ended.error());
    emit shared({});
    if (const auto back = m_live.comeBack(); !back)
        return lose(back.error());
    become(State::Stopped);
}

void LiveWorker::useSymbols(const QString& kernelFile)
{
    if (!m_live.guest())
        return;
    if (const auto usable = checkKernelFile(kernelFile.toStdString()); !usable)
        return report(usable.error());
    become(State::Running);
    if (const auto named = m_live.useSymbols(kernelFile.toStdString()); !named)
        return lose(named.error());
    describe();
    announceSymbols();
    emit symbolsUsed(kernelFile);
    settle(m_live.recordNow(core::StepCause::UserStop, "the kernel's symbols are known from here on"));
}

/// The new file gets every step so far; from now on both files get the new steps.
void LiveWorker::recordTo(const QString& path)
{
    if (!m_live.timeline())
        return;
    m_stopAsked = false;
    if (const auto copied = saveCopy(path.toStdString()); !copied)
        report(copied.error());
    else {
        emit saved(path);
        if (!m_live.guest())
            emit notice(tr("Saved to %1").arg(path));
        else
            emit notice(m_live.source().everyStore
                    ? tr("Saved to %1, with every store; further steps are appended").arg(path)
                    : tr("Saved to %1; further steps are appended").arg(path));
    }
    become(m_state);
}

core::Result<void> LiveWorker::saveCopy(const std::string& path)
{
    // The file dialog has asked for the name, and whether to replace an existing file.
    core::CopyOptions options{core::Existing::Replace, {}, [this] { return m_stopAsked.load(); }};
    options.progress = [this](std::string_view, std::uint64_t done, std::uint64_t total) {
        emit progress(tr("Saving"), done, total);
    };
    return m_live.saveCopy(path, options);
}

void LiveWorker::gdbCommand(const QString& command)
{
    if (!m_live.guest())
        return;
    if (command == QLatin1String("quit") || command == QLatin1String("q"))
        return detach();
    if (LiveConsole::wantsMoreLines(command)) {
        emit consoleOutput(
            tr("This prompt takes one line at a time; put the command into a file and \"source\" it.\n"));
        return;
    }
    m_stopAsked = false;
    settle(m_console.run(*m_live.guest(), m_live.stepper(), command.toStdString(), m_live.latest()));
}

void LiveWorker::completeGdbCommand(const QString& begin)
{
    if (!m_live.guest())
        return;
    const auto words = m_live.guest()->target().completions(begin.toStdString());
    if (!words)
        return;
    QStringList whole;
    for (const std::string& word : *words)
        whole += QString::fromStdString(word);
    emit completions(begin, whole);
}

void LiveWorker::detach()
{
    end();
    emit ended(whyNotContinue(m_live.source()));
    become(State::Detached);
}

void LiveWorker::end(LiveSession::Guest guest)
{
    m_live.end(guest, [this](const core::Error& error) { report(error); });
}

} // namespace pgtscope::app
