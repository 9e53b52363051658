// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/pgtscope/liveworker.h"

#include <chrono>
#include <utility>

#include "gdb/boot/singlestep.h"
#include "gdb/capture/disassembly.h"
#include "gdb/qemu/qemulauncher.h"

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
    : m_source(std::move(source))
    , m_console(
          {[this](const QString& text) { emit consoleOutput(text); }, [this] { become(State::Running); },
              [this](const gdb::BootStop& stop) {
                  return record(stop).map([this] { return m_recorder->size() - 1; });
              }},
          m_stopAsked)
{
}

LiveWorker::~LiveWorker()
{
    endSession();
    if (m_launched)
        if (const auto stopped = gdb::QemuLauncher().stop(*m_launched, gdb::WaitLimit::after(10s)); !stopped)
            emit failed(QString::fromStdString(stopped.error().message()));
}

LiveTalk LiveWorker::talk()
{
    return {[this](std::string_view what, std::uint64_t done, std::uint64_t total) {
                emit progress(
                    QString::fromUtf8(what.data(), static_cast<qsizetype>(what.size())), done, total);
            },
        [this](const std::string& text) { emit notice(QString::fromStdString(text)); }};
}

core::Result<void> LiveWorker::openSession()
{
    ASSIGN_OR_RETURN(auto reached, reachGuest(m_source, m_launched, talk(), m_cancel));
    m_options = std::move(reached.session);
    m_notice = reached.notice;
    m_recipe = std::move(reached.recipe);
    m_options.remark = talk().notice;
    return connectGdb(false).and_then([this] { return createRecording(); });
}

core::Result<void> LiveWorker::connectGdb(bool again)
{
    ASSIGN_OR_RETURN(auto session, gdb::GuestSession::open(m_options, m_cancel, talk().progress));
    m_session = std::move(session);
    // An attached kernel has been placed by KASLR already; a capture finds where.
    if (!m_launched)
        RETURN_IF_ERROR(m_session->capture({}));
    gdb::BootStepperOptions stepping;
    stepping.stopAsked = [this] { return m_stopAsked.load(); };
    stepping.kernelRoot = m_source.everyStore;
    // What it printed on its way to a recorded step, the recording has.
    stepping.consoleKnown = again || !m_source.recording.isEmpty();
    if (m_launched)
        stepping.consoleLog = m_launched->consoleLog();
    const auto follows = gdb::BootStepper::canFollowEvents(*m_session);
    m_whyNoBoot = follows ? std::string() : follows.error().happened;
    if (!follows)
        stepping.sources = {.events = false, .pgtBuf = false};
    ASSIGN_OR_RETURN(auto stepper, gdb::BootStepper::create(*m_session, stepping));
    m_stepper = std::move(stepper);
    return {};
}

core::Result<void> LiveWorker::createRecording()
{
    ASSIGN_OR_RETURN(m_recorder, sessionRecorder(m_source, m_launched, *m_session, m_recipe, talk()));
    RETURN_IF_ERROR(m_recorder->setSymbols(*m_session));
    ASSIGN_OR_RETURN(m_timeline, m_recorder->follow());
    if (m_launched)
        m_checkpoints = sessionCheckpoints(
            m_source, *m_launched, *m_timeline, [this] { return m_ran; }, talk(), m_cancel);
    // From here on what the guest stores becomes steps by itself, also while it runs.
    if (m_source.everyStore && m_launched)
        RETURN_IF_ERROR(m_recorder->followWrites(*m_session, *m_launched));
    return m_source.recording.isEmpty()
        ? recordNow(core::StepCause::Start, "session starts")
        : recordNow(core::StepCause::UserStop, "live again at step " + std::to_string(m_source.step));
}

/// The recording of the session was finished with the connection; what it holds stays.
core::Result<void> LiveWorker::continueRecording()
{
    const std::string path = m_timeline->path();
    m_recorder.reset();
    ASSIGN_OR_RETURN(m_recorder, gdb::Recorder::reopen(path));
    ASSIGN_OR_RETURN(m_timeline, m_recorder->follow());
    return recordNow(core::StepCause::UserStop, "attached again");
}

void LiveWorker::attachAgain()
{
    if (m_session || !m_timeline)
        return;
    m_lost = false;
    m_previous.reset();
    // Whatever the guest did meanwhile, it may have given the buffer back.
    m_options.pgtBuf.reset();
    become(State::Connecting);
    auto attached = connectGdb(true);
    if (attached)
        attached = continueRecording();
    if (!attached)
        return lose(attached.error());
    describe();
    emit timelineReady(m_timeline);
    become(State::Stopped);
    announceSymbols();
}

void LiveWorker::open()
{
    m_watch = new QTimer(this);
    connect(m_watch, &QTimer::timeout, this, &LiveWorker::watch);
    m_watch->start(watchInterval);
    become(State::Connecting);
    if (const auto opened = openSession(); !opened) {
        endSession();
        emit failed(QString::fromStdString(opened.error().message()));
        become(State::Detached);
        return;
    }
    describe();
    emit timelineReady(m_timeline);
    become(State::Stopped);
    announceSymbols();
    if (!m_notice.isEmpty())
        emit notice(m_notice);
}

void LiveWorker::announceSymbols()
{
    emit symbolsMissing(m_session->symbols().empty() ? noSymbolsText() : QString());
}

void LiveWorker::describe()
{
    const gdb::Target& target = m_session->target();
    emit described(connectionText(target, m_recorder && m_recorder->followsWrites()),
        eventNames(m_stepper.get()), limitsOf(target, m_whyNoBoot));
}

/// The guest is stopped; when this returns the window can show the stop.
core::Result<void> LiveWorker::record(const gdb::BootStop& stop)
{
    m_previous = stop.snapshot;
    // The user's own debugger is not asked for the code.
    auto code = m_session ? gdb::codeAt(*m_session, *stop.snapshot) : std::vector<core::CodeLine>();
    RETURN_IF_ERROR(m_recorder->add(stop, std::move(code)));
    RETURN_IF_ERROR(m_recorder->settle());
    if (m_checkpoints && m_session)
        m_checkpoints->at(stop, *m_stepper, [this] { return m_recorder->size() - 1; });
    return {};
}

core::Result<void> LiveWorker::recordNow(core::StepCause cause, std::string text)
{
    ASSIGN_OR_RETURN(const auto stop, m_stepper->captureNow(cause, std::move(text)));
    return record(stop);
}

core::Result<void> LiveWorker::recordUntil(
    const NextStop& next, const std::function<bool(const core::Step&)>& last)
{
    using Clock = std::chrono::steady_clock;
    while (!m_stopAsked) {
        const auto begin = Clock::now();
        const auto stop = next();
        m_ran += Clock::now() - begin;
        RETURN_IF_ERROR(stop);
        if (!*stop)
            continue;
        RETURN_IF_ERROR(record(**stop));
        if (last((*stop)->step))
            return {};
    }
    return recordNow(core::StepCause::UserStop, "stopped by the user");
}

void LiveWorker::run(const NextStop& next, const std::function<bool(const core::Step&)>& last)
{
    m_stopAsked = false;
    become(State::Running);
    settle(recordUntil(next, last));
}

void LiveWorker::runUntil(const std::function<bool(const core::Step&)>& wanted)
{
    if (!m_session)
        return;
    run([this] { return m_stepper->next(slice); },
        [&wanted](const core::Step& step) {
            const core::BootEvent* event = core::findBootEvent(step.event);
            // A breakpoint or watchpoint that the user set at gdb's prompt is a stop of the user's.
            return wanted(step) || step.cause == core::StepCause::UserStop
                || step.cause == core::StepCause::Death || (event && event->halts);
        });
}

void LiveWorker::become(State state)
{
    m_stopped = state == State::Stopped;
    emit stateChanged(state);
}

void LiveWorker::settle(const core::Result<void>& done)
{
    if (done)
        return become(State::Stopped);
    const bool alive
        = m_session && !m_cancel.cancelled() && m_session->target().checkStillStopped().has_value();
    if (!alive)
        return lose(done.error());
    emit failed(QString::fromStdString(done.error().message()));
    become(State::Stopped);
}

/// What was recorded stays; the connection is given up.
void LiveWorker::lose(const core::Error& error)
{
    const bool gone = m_launched && !m_launched->process.alive();
    emit failed(QString::fromStdString((gone ? endedError(*m_launched) : error).message()));
    m_lost = true;
    endSession();
    emit ended(gone ? tr("The guest's QEMU has ended") : whyNotContinue(m_source));
    become(State::Lost);
}

void LiveWorker::watch()
{
    if (!m_stopped || !m_session)
        return;
    if (m_launched && !m_launched->process.alive())
        return lose({"watch the guest", "its QEMU has ended", "start a new one"});
    // Asking costs some packets: a launched guest's process shows enough.
    if (m_launched || ++m_watched % askEvery != 0)
        return;
    if (const auto still = m_session->target().checkStillStopped(); !still)
        lose(still.error());
}

void LiveWorker::step(Granularity granularity)
{
    if (!m_session)
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
            return m_stepper->nextWrite(instructionsInSlice, slice);
        },
        [](const core::Step&) { return true; });
}

void LiveWorker::stepInstruction()
{
    run([this]() -> gdb::BootStepper::MaybeStop { return gdb::stepInstruction(*m_stepper); },
        [](const core::Step&) { return true; });
}

void LiveWorker::edit(const core::EntryEdit& edit)
{
    if (!m_session)
        return;
    auto done = m_session->replaceEntry(edit);
    if (done)
        done = recordNow(core::StepCause::Poke, core::editText(edit));
    if (done)
        emit edited(edit);
    settle(done);
}

void LiveWorker::runTo(const QString& place)
{
    if (!m_session)
        return;
    const std::string name = place.toStdString();
    if (core::findBootEvent(name) != nullptr)
        return runUntil([name](const core::Step& step) { return step.event == name; });
    const auto address = placeNamed(name, m_session->symbols(), m_previous);
    if (!address)
        return emit failed(QString::fromStdString(address.error().message()));
    run([this, at = *address] { return m_stepper->runTo(at, slice); },
        [](const core::Step&) { return true; });
}

void LiveWorker::share()
{
    if (!m_session)
        return;
    m_stopAsked = false;
    become(State::Running);
    const auto report
        = [this](const core::Error& error) { emit failed(QString::fromStdString(error.message())); };
    const auto add = [this](const gdb::BootStop& stop) { return record(stop); };
    const auto opened = [this](const std::string& target) {
        emit progress({}, 0, 0);
        emit shared(
            tr("In your gdb: target remote %1. Each of its stops becomes a step; Stop ends the sharing.")
                .arg(QString::fromStdString(target)));
    };
    if (const auto ended = shareSession({opened, [this] { return m_stopAsked.load(); }, add, report}); !ended)
        report(ended.error());
    emit shared({});
    // Whatever the result, our own gdb connects to the guest again.
    auto back = connectGdb(true);
    if (back)
        back = recordNow(core::StepCause::UserStop, "sharing with your gdb ended");
    if (!back)
        return lose(back.error());
    become(State::Stopped);
}

void LiveWorker::useSymbols(const QString& kernelFile)
{
    if (!m_session)
        return;
    if (const auto usable = checkKernelFile(kernelFile.toStdString()); !usable)
        return emit failed(QString::fromStdString(usable.error().message()));
    become(State::Running);
    m_options.kernelFile = kernelFile.toStdString();
    const auto named = leaveGuest().and_then([this] { return connectGdb(true); }).and_then([this] {
        return m_recorder->setSymbols(*m_session);
    });
    if (!named)
        return lose(named.error());
    describe();
    announceSymbols();
    emit symbolsUsed(kernelFile);
    settle(recordNow(core::StepCause::UserStop, "the kernel's symbols are known from here on"));
}

/// Our gdb detaches, and the guest stays as it is.
core::Result<void> LiveWorker::leaveGuest()
{
    m_options.pgtBuf = m_session->pgtBuf().buffer();
    m_stepper.reset();
    const auto closed = m_session->close(gdb::EndState::Stopped);
    m_session.reset();
    return closed;
}

/// Whatever another debugger does with the guest becomes steps.
core::Result<void> LiveWorker::shareSession(const Sharing& sharing)
{
    RETURN_IF_ERROR(leaveGuest());
    gdb::ProxyOptions options;
    options.session = m_options;
    ASSIGN_OR_RETURN(m_options.pgtBuf, shareGuest(options, m_cancel, talk().progress, sharing));
    return {};
}

/// The new file gets every step so far; from now on both files get the new steps.
void LiveWorker::recordTo(const QString& path)
{
    if (!m_timeline)
        return;
    m_stopAsked = false;
    if (const auto copied = saveCopy(path.toStdString()); !copied)
        emit failed(QString::fromStdString(copied.error().message()));
    else {
        emit saved(path);
        if (!m_session)
            emit notice(tr("Saved to %1").arg(path));
        else
            emit notice(m_source.everyStore
                    ? tr("Saved to %1, with every store; further steps are appended").arg(path)
                    : tr("Saved to %1; further steps are appended").arg(path));
    }
    become(m_session ? State::Stopped : m_lost ? State::Lost : State::Detached);
}

core::Result<void> LiveWorker::saveCopy(const std::string& path)
{
    // The file dialog has asked for the name, and whether to replace an existing file.
    core::CopyOptions options{core::Existing::Replace, {}, [this] { return m_stopAsked.load(); }};
    options.progress = [this](std::string_view, std::uint64_t done, std::uint64_t total) {
        emit progress(tr("Saving"), done, total);
    };
    // Attaching again may have ended the recorder without another one.
    return m_recorder ? m_recorder->saveCopy(path, options)
                      : core::copyRecording(m_timeline->path(), path, options);
}

void LiveWorker::gdbCommand(const QString& command)
{
    if (!m_session)
        return;
    if (command == QLatin1String("quit") || command == QLatin1String("q"))
        return detach();
    if (LiveConsole::wantsMoreLines(command)) {
        emit consoleOutput(
            tr("This prompt takes one line at a time; put the command into a file and \"source\" it.\n"));
        return;
    }
    m_stopAsked = false;
    settle(m_console.run(*m_session, *m_stepper, command.toStdString(), m_previous));
}

void LiveWorker::completeGdbCommand(const QString& begin)
{
    const auto words = m_session ? m_session->target().completions(begin.toStdString())
                                 : core::Result<std::vector<std::string>>();
    QStringList whole;
    if (words)
        for (const std::string& word : *words)
            whole += QString::fromStdString(word);
    if (m_session && words)
        emit completions(begin, whole);
}

void LiveWorker::detach()
{
    endSession();
    emit ended(whyNotContinue(m_source));
    become(State::Detached);
}

void LiveWorker::endSession()
{
    m_stopped = false;
    m_stepper.reset();
    // While the session exists: it gives access to the guest's memory.
    if (const auto ended = m_recorder ? m_recorder->endWrites() : core::Result<void>(); !ended)
        emit failed(QString::fromStdString(ended.error().message()));
    if (m_session)
        if (const auto left = m_session->close(); !left && !m_lost && !m_cancel.cancelled())
            emit failed(QString::fromStdString(left.error().message()));
    m_session.reset();
    if (const auto finished = m_recorder ? m_recorder->finish() : core::Result<void>(); !finished)
        emit failed(QString::fromStdString(finished.error().message()));
}

} // namespace pgtscope::app
