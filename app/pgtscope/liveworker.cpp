// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/pgtscope/liveworker.h"

#include <chrono>
#include <fstream>
#include <utility>

#include <QDateTime>
#include <QDir>
#include <QStandardPaths>

#include "core/symbols/addressword.h"
#include "gdb/capture/disassembly.h"
#include "gdb/debian/guestfetch.h"
#include "gdb/qemu/qemulauncher.h"
#include "gdb/writes/writesplugin.h"

namespace pgtscope::app {

using namespace std::chrono_literals;

namespace {

/// How long the guest runs at most before it is stopped for a look, which it need not be: a request to stop
/// ends the slice.
constexpr auto slice = 10min;
constexpr std::uint64_t instructionsInSlice = 2000;
/// How often a guest that stands still is looked after, and how many of these looks go by before its stub is
/// asked a question.
constexpr auto watchInterval = 1s;
constexpr unsigned askEvery = 5;

/// Sessions outlive the program: the start page offers the recent ones.
core::Result<std::string> sessionFile(const QString& guest)
{
    const QString directory
        = QStandardPaths::writableLocation(QStandardPaths::AppDataLocation) + QStringLiteral("/sessions");
    if (!QDir().mkpath(directory))
        return core::failure("create " + directory.toStdString(), "the directory cannot be made");
    QString name = guest;
    for (QChar& c : name)
        if (!c.isLetterOrNumber())
            c = QLatin1Char('-');
    const QString stamp = QDateTime::currentDateTime().toString(QStringLiteral("yyyyMMdd-HHmmss-zzz"));
    return QStringLiteral("%1/%2-%3.pgtrec").arg(directory, name, stamp).toStdString();
}

/// ": " and the last thing that QEMU said; empty if it said nothing.
std::string lastLineOf(const std::filesystem::path& log)
{
    std::ifstream file(log);
    std::string line;
    std::string last;
    while (std::getline(file, line))
        if (!line.empty())
            last = ": " + line;
    return last;
}

core::GuestDescription describeSession(
    const std::optional<gdb::RunningGuest>& launched, gdb::GuestSession& session, const LiveSource& source)
{
    gdb::RunningGuest unknown;
    unknown.spec.name = source.endpoint.toStdString();
    core::GuestDescription description = gdb::describeGuest(launched.value_or(unknown),
        source.everyStore ? "event,pgt_buf,write" : "event,pgt_buf", "pgtscope " PGTSCOPE_VERSION);
    if (!launched)
        description.memoryBytes = session.memory().ramMap().bytes();
    return description;
}

} // namespace

LiveWorker::LiveWorker(LiveSource source)
    : m_source(std::move(source))
{
}

LiveWorker::~LiveWorker()
{
    endSession();
    if (m_launched)
        if (const auto stopped = gdb::QemuLauncher().stop(*m_launched, gdb::WaitLimit::after(10s)); !stopped)
            emit failed(QString::fromStdString(stopped.error().message()));
}

core::Progress LiveWorker::teller()
{
    return [this](std::string_view what, std::uint64_t done, std::uint64_t total) {
        emit progress(QString::fromUtf8(what.data(), static_cast<qsizetype>(what.size())), done, total);
    };
}

core::Result<gdb::SessionOptions> LiveWorker::launch()
{
    ASSIGN_OR_RETURN(const auto recipe, gdb::findRecipe(m_source.recipe.toStdString()));
    ASSIGN_OR_RETURN(const auto fetched, gdb::fetchGuest(recipe, {}, teller(), &m_cancel));
    if (!fetched.note.empty())
        emit notice(QString::fromStdString(fetched.note));
    emit progress(QStringLiteral("Starting QEMU"), 0, 0);
    gdb::LaunchSpec spec = gdb::launchSpec(fetched);
    // The events need their addresses before the kernel runs.
    spec.append += " nokaslr";
    if (!m_source.append.isEmpty())
        spec.append += " " + m_source.append.toStdString();
    spec.paused = true;
    if (m_source.everyStore) {
        ASSIGN_OR_RETURN(auto plugin, gdb::findWritesPlugin());
        spec.writesPlugin = std::move(plugin);
    }
    const auto guest = gdb::QemuLauncher().launch(spec, gdb::Lifetime::EndsWithUs, &m_cancel);
    RETURN_IF_ERROR(guest);
    m_launched = *guest;
    if (!spec.beginsAfter.empty())
        emit progress(QStringLiteral("Waiting for dom0 to be up"), 0, 0);
    RETURN_IF_ERROR(gdb::runToBeginning(*guest, gdb::WaitLimit::after(10min, &m_cancel)));
    gdb::SessionOptions options;
    options.endpoint = guest->gdbEndpoint();
    options.guest = *guest;
    return options;
}

core::Result<gdb::SessionOptions> LiveWorker::sessionOptions()
{
    if (!m_source.recipe.isEmpty())
        return launch();
    ASSIGN_OR_RETURN(const auto endpoint, gdb::parseEndpoint(m_source.endpoint.toStdString()));
    gdb::SessionOptions options;
    options.endpoint = endpoint;
    options.kernelFile = m_source.kernelFile.toStdString();
    return options;
}

core::Result<void> LiveWorker::openSession()
{
    ASSIGN_OR_RETURN(const auto options, sessionOptions());
    m_options = options;
    m_options.remark = [this](const std::string& text) { emit notice(QString::fromStdString(text)); };
    return connectGdb(false).and_then([this] { return createRecording(); });
}

core::Result<void> LiveWorker::connectGdb(bool again)
{
    ASSIGN_OR_RETURN(auto session, gdb::GuestSession::open(m_options, m_cancel, teller()));
    m_session = std::move(session);
    // An attached kernel has been placed by KASLR already; a capture finds where.
    if (!m_launched)
        RETURN_IF_ERROR(m_session->capture({}));
    gdb::BootStepperOptions stepping;
    stepping.stopAsked = [this] { return m_stopAsked.load(); };
    stepping.kernelRoot = m_source.everyStore;
    stepping.consoleKnown = again;
    if (m_launched)
        stepping.consoleLog = m_launched->consoleLog();
    const auto follows = gdb::BootStepper::canFollowEvents(*m_session);
    m_whyNoBoot = follows ? std::string() : follows.error().happened;
    if (!follows)
        stepping.grains = {.events = false, .pgtBuf = false};
    ASSIGN_OR_RETURN(auto stepper, gdb::BootStepper::create(*m_session, stepping));
    m_stepper = std::move(stepper);
    return {};
}

core::Result<void> LiveWorker::createRecording()
{
    ASSIGN_OR_RETURN(const auto path, sessionFile(m_source.name()));
    ASSIGN_OR_RETURN(
        auto recorder, gdb::Recorder::create(path, describeSession(m_launched, *m_session, m_source)));
    m_recorder = std::move(recorder);
    if (const auto done = m_recorder->setSymbols(*m_session); !done)
        return done;
    ASSIGN_OR_RETURN(auto timeline, m_recorder->follow());
    m_timeline = timeline;
    // From here on what the guest stores becomes steps by itself, also while it runs.
    if (m_source.everyStore && m_launched)
        if (auto done = m_recorder->followWrites(*m_session, *m_launched); !done)
            return done;
    auto first = here(core::StepCause::Start, "session begins");
    return first ? record(*first) : tl::unexpected(first.error());
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
}

LiveLimits LiveWorker::limits() const
{
    const gdb::StubAbilities& can = m_session->target().facts().can;
    LiveLimits limits;
    limits.boot = QString::fromStdString(m_whyNoBoot);
    if (!can.watchpoints)
        limits.pgtBuf = QStringLiteral("The guest's stub has no watchpoints");
    if (!can.interrupt)
        limits.stop
            = QStringLiteral("The guest's stub cannot stop it: pause the domain from dom0 (xl pause)");
    if (!can.staysStopped)
        limits.lend = QStringLiteral("The guest's stub serves one connection only");
    if (!m_session->target().facts().physicalMode)
        limits.edit = QStringLiteral("The guest's stub takes no physical addresses, which entries have");
    return limits;
}

void LiveWorker::describe()
{
    QStringList events;
    if (m_stepper)
        for (const core::ResolvedEvent& event : m_stepper->events().available)
            events += QString::fromUtf8(
                event.event->name.data(), static_cast<qsizetype>(event.event->name.size()));
    events.removeDuplicates();
    QStringList connection;
    if (m_recorder && m_recorder->followsWrites())
        connection += QStringLiteral("every store");
    // QEMU puts the name of the package right behind its number: "7.2.22Debian 1:7.2+dfsg-7".
    if (const std::string& version = m_session->target().facts().version; !version.empty())
        connection += QStringLiteral("QEMU ")
            + QString::fromStdString(version.substr(0, version.find_first_not_of("0123456789.")));
    connection += QString::fromStdString(m_session->target().endpoint().text());
    emit described(connection.join(QStringLiteral(" \u00b7 ")), events, limits());
}

core::Result<gdb::BootStop> LiveWorker::here(core::StepCause cause, std::string text)
{
    return m_stepper->here(cause, std::move(text));
}

/// The guest stands still; when this returns the window can show the stop.
core::Result<void> LiveWorker::record(const gdb::BootStop& stop)
{
    m_previous = stop.snapshot;
    // Somebody else's debugger is not asked for the code.
    auto code = m_session ? gdb::codeAt(*m_session, *stop.snapshot) : std::vector<core::CodeLine>();
    return m_recorder->add(stop, std::move(code)).and_then([this] { return m_recorder->settle(); });
}

void LiveWorker::runUntil(const std::function<bool(const core::Step&)>& wanted)
{
    if (!m_session)
        return;
    m_stopAsked = false;
    become(State::Running);
    core::Result<void> done;
    bool last = false;
    while (done && !last && !m_stopAsked) {
        auto stop = m_stepper->next(slice);
        if (!stop) {
            done = tl::unexpected(stop.error());
        } else if (*stop) {
            const core::Step step = (*stop)->step;
            const core::BootEvent* event = core::findBootEvent(step.event);
            done = record(**stop);
            // A breakpoint or watchpoint that the user set at gdb's prompt.
            const bool users = step.cause == core::StepCause::UserStop;
            last = wanted(step) || users || (event && event->halts);
        }
    }
    if (done && !last) {
        auto stopped = here(core::StepCause::UserStop, "stopped by the user");
        done = stopped ? record(*stopped) : tl::unexpected(stopped.error());
    }
    settle(done);
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
    core::Error told = error;
    if (m_launched && !m_launched->process.alive())
        told = {"go on with the guest " + m_launched->id,
            "its QEMU has ended" + lastLineOf(m_launched->qemuLog()),
            "connect again to launch it anew; what was recorded is kept"};
    emit failed(QString::fromStdString(told.message()));
    m_lost = true;
    endSession();
    become(State::Lost);
}

void LiveWorker::watch()
{
    if (!m_stopped || !m_session)
        return;
    if (m_launched && !m_launched->process.alive())
        return lose({"watch the guest", "its QEMU has ended", "connect again"});
    // Asking costs some packets: a launched guest's process tells enough.
    if (m_launched || ++m_watched % askEvery != 0)
        return;
    if (const auto still = m_session->target().checkStillStopped(); !still)
        lose(still.error());
}

void LiveWorker::step(Grain grain)
{
    if (!m_session)
        return;
    switch (grain) {
    case Grain::Event:
        return runUntil([](const core::Step& step) { return step.cause == core::StepCause::BootEvent; });
    case Grain::PgtBuf:
        return runUntil([](const core::Step& step) { return step.cause == core::StepCause::PgtBufChange; });
    case Grain::Write:
        return stepWrite();
    case Grain::Instruction:
        return stepInstruction();
    }
}

void LiveWorker::stepWrite()
{
    m_stopAsked = false;
    become(State::Running);
    core::Result<void> done;
    quint64 executed = 0;
    for (bool found = false; done && !found && !m_stopAsked; executed += instructionsInSlice) {
        emit progress(QStringLiteral("Stepping, %1 instructions so far").arg(executed), 0, 0);
        auto stop = m_stepper->nextWrite(instructionsInSlice, slice);
        found = stop && *stop;
        if (!stop)
            done = tl::unexpected(stop.error());
        else if (found)
            done = record(**stop);
    }
    if (done && m_stopAsked) {
        auto stopped = here(core::StepCause::UserStop, "stopped by the user");
        done = stopped ? record(*stopped) : tl::unexpected(stopped.error());
    }
    settle(done);
}

void LiveWorker::stepInstruction()
{
    become(State::Running);
    core::Result<void> done;
    if (const auto stepped = m_session->target().stepInstruction(); !stepped) {
        done = tl::unexpected(stepped.error());
    } else {
        auto stop = here(core::StepCause::UserStop, "one instruction");
        done = stop ? record(*stop) : tl::unexpected(stop.error());
    }
    settle(done);
}

void LiveWorker::edit(const core::EntryEdit& edit)
{
    if (!m_session)
        return;
    auto done = m_session->replaceEntry(edit);
    if (done) {
        auto stop = here(core::StepCause::Poke, core::editText(edit));
        done = stop ? record(*stop) : tl::unexpected(stop.error());
    }
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
    const auto word = core::parseAddressWord(name, m_session->symbols());
    const auto address = !word ? tl::unexpected(word.error())
        : m_previous           ? core::linearAddressOf(*word, *m_previous)
                               : core::plainLinearAddress(*word);
    if (!address) {
        emit failed(QString::fromStdString(address.error().message()));
        return;
    }
    runToAddress(*address);
}

void LiveWorker::runToAddress(core::LinearAddress address)
{
    m_stopAsked = false;
    become(State::Running);
    core::Result<void> done;
    bool reached = false;
    while (done && !reached && !m_stopAsked) {
        auto stop = m_stepper->runTo(address, slice);
        reached = stop && *stop;
        if (!stop)
            done = tl::unexpected(stop.error());
        else if (reached)
            done = record(**stop);
    }
    if (done && !reached) {
        auto stopped = here(core::StepCause::UserStop, "stopped by the user");
        done = stopped ? record(*stopped) : tl::unexpected(stopped.error());
    }
    settle(done);
}

/// The new file gets every step that there is; from now on both files get what comes.
void LiveWorker::recordTo(const QString& path)
{
    if (!m_timeline)
        return;
    m_stopAsked = false;
    if (const auto saved = saveCopy(path.toStdString()); !saved)
        emit failed(QString::fromStdString(saved.error().message()));
    else if (!m_session)
        emit notice(QStringLiteral("Saved to %1").arg(path));
    else
        emit notice(m_source.everyStore
                ? QStringLiteral("Saved to %1, with every store; what still comes is added").arg(path)
                : QStringLiteral("Saved to %1; what still comes is added").arg(path));
    become(m_session ? State::Stopped : m_lost ? State::Lost : State::Detached);
}

core::Result<void> LiveWorker::saveCopy(const std::string& path)
{
    // The user was asked for the name, and whether it may replace what has it.
    core::CopyOptions options{core::Existing::Replace, {}, [this] { return m_stopAsked.load(); }};
    options.progress = [this](std::string_view, std::uint64_t done, std::uint64_t total) {
        emit progress(QStringLiteral("Saving"), done, total);
    };
    return m_recorder->saveCopy(path, options);
}

void LiveWorker::detach()
{
    endSession();
    become(State::Detached);
}

void LiveWorker::endSession()
{
    m_stopped = false;
    m_stepper.reset();
    // While the session is there: it knows the guest's memory.
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
