// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/pgtscope/livesession.h"

#include <chrono>
#include <utility>

#include "gdb/capture/disassembly.h"
#include "gdb/qemu/qemulauncher.h"

namespace pgtscope::app {

LiveSession::LiveSession(LiveSource source, LiveTalk talk, std::function<bool()> stopAsked)
    : m_source(std::move(source))
    , m_talk(std::move(talk))
    , m_stopAsked(std::move(stopAsked))
{
}

core::Result<QString> LiveSession::open()
{
    ASSIGN_OR_RETURN(auto reached, reachGuest(m_source, m_launched, m_talk, m_cancel));
    m_options = std::move(reached.session);
    m_options.remark = m_talk.notice;
    m_recipe = std::move(reached.recipe);
    RETURN_IF_ERROR(connect(false));
    RETURN_IF_ERROR(createRecording());
    return reached.notice;
}

core::Result<void> LiveSession::connect(bool again)
{
    ASSIGN_OR_RETURN(auto session, gdb::GuestSession::open(m_options, m_cancel, m_talk.progress));
    m_session = std::move(session);
    // An attached kernel has been placed by KASLR already; a capture finds where.
    if (!m_launched)
        RETURN_IF_ERROR(m_session->capture({}));
    gdb::BootStepperOptions stepping;
    stepping.stopAsked = m_stopAsked;
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

core::Result<void> LiveSession::createRecording()
{
    ASSIGN_OR_RETURN(m_recorder, sessionRecorder(m_source, m_launched, *m_session, m_recipe, m_talk));
    RETURN_IF_ERROR(m_recorder->setSymbols(*m_session));
    ASSIGN_OR_RETURN(m_timeline, m_recorder->follow());
    if (m_launched)
        m_checkpoints = sessionCheckpoints(
            m_source, *m_launched, *m_timeline, [this] { return m_ran; }, m_talk, m_cancel);
    // From here on what the guest stores becomes steps by itself, also while it runs.
    if (m_source.everyStore && m_launched)
        RETURN_IF_ERROR(m_recorder->followWrites(*m_session, *m_launched));
    return m_source.recording.isEmpty()
        ? recordNow(core::StepCause::Start, "session starts")
        : recordNow(core::StepCause::UserStop, "live again at step " + std::to_string(m_source.step));
}

/// The recording of the session was finished with the connection; what it holds stays.
core::Result<void> LiveSession::continueRecording()
{
    const std::string path = m_timeline->path();
    m_recorder.reset();
    ASSIGN_OR_RETURN(m_recorder, gdb::Recorder::reopen(path));
    ASSIGN_OR_RETURN(m_timeline, m_recorder->follow());
    return recordNow(core::StepCause::UserStop, "attached again");
}

core::Result<void> LiveSession::attachAgain()
{
    m_latest.reset();
    // Whatever the guest did meanwhile, it may have given the buffer back.
    m_options.pgtBuf.reset();
    return connect(true).and_then([this] { return continueRecording(); });
}

core::Result<std::optional<gdb::BootStop>> LiveSession::run(const NextStop& next)
{
    using Clock = std::chrono::steady_clock;
    const auto begin = Clock::now();
    auto stop = next();
    m_ran += Clock::now() - begin;
    return stop;
}

core::Result<void> LiveSession::record(const gdb::BootStop& stop)
{
    m_latest = stop.snapshot;
    // The user's own debugger is not asked for the code.
    auto code = m_session ? gdb::codeAt(*m_session, *stop.snapshot) : std::vector<core::CodeLine>();
    RETURN_IF_ERROR(m_recorder->add(stop, std::move(code)));
    RETURN_IF_ERROR(m_recorder->settle());
    if (m_checkpoints && m_session)
        m_checkpoints->at(stop, *m_stepper, [this] { return m_recorder->size() - 1; });
    return {};
}

core::Result<void> LiveSession::recordNow(core::StepCause cause, std::string text)
{
    ASSIGN_OR_RETURN(const auto stop, m_stepper->captureNow(cause, std::move(text)));
    return record(stop);
}

/// Our gdb detaches, and the guest stays as it is.
core::Result<void> LiveSession::leave()
{
    m_options.pgtBuf = m_session->pgtBuf().buffer();
    m_stepper.reset();
    const auto closed = m_session->close(gdb::EndState::Stopped);
    m_session.reset();
    return closed;
}

core::Result<void> LiveSession::share(const Sharing& sharing)
{
    RETURN_IF_ERROR(leave());
    gdb::ProxyOptions options;
    options.session = m_options;
    ASSIGN_OR_RETURN(m_options.pgtBuf, shareGuest(options, m_cancel, m_talk.progress, sharing));
    return {};
}

core::Result<void> LiveSession::comeBack()
{
    return connect(true).and_then(
        [this] { return recordNow(core::StepCause::UserStop, "sharing with your gdb ended"); });
}

core::Result<void> LiveSession::useSymbols(const std::string& kernelFile)
{
    m_options.kernelFile = kernelFile;
    return leave().and_then([this] { return connect(true); }).and_then([this] {
        return m_recorder->setSymbols(*m_session);
    });
}

core::Result<void> LiveSession::saveCopy(const std::string& path, const core::CopyOptions& options)
{
    // Attaching again may have ended the recorder without another one.
    return m_recorder ? m_recorder->saveCopy(path, options)
                      : core::copyRecording(m_timeline->path(), path, options);
}

void LiveSession::end(Guest guest, const Report& failed)
{
    m_stepper.reset();
    // While the session exists: it gives access to the guest's memory.
    if (const auto ended = m_recorder ? m_recorder->endWrites() : core::Result<void>(); !ended)
        failed(ended.error());
    if (m_session)
        if (const auto left = m_session->close(); !left && guest == Guest::There && !m_cancel.cancelled())
            failed(left.error());
    m_session.reset();
    if (const auto finished = m_recorder ? m_recorder->finish() : core::Result<void>(); !finished)
        failed(finished.error());
}

core::Result<void> LiveSession::stopGuest()
{
    using namespace std::chrono_literals;
    return m_launched ? gdb::QemuLauncher().stop(*m_launched, gdb::WaitLimit::after(10s))
                      : core::Result<void>();
}

std::optional<core::Error> LiveSession::qemuEnded() const
{
    return m_launched && !m_launched->process.alive() ? std::optional(endedError(*m_launched)) : std::nullopt;
}

QString LiveSession::connection() const
{
    return connectionText(m_session->target(), m_recorder && m_recorder->followsWrites());
}

} // namespace pgtscope::app
