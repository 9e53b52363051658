// SPDX-License-Identifier: GPL-2.0-or-later
// The part of a LiveWorker that lends the guest to a debugger of the user's own.
#include "app/pgtscope/liveworker.h"

#include "gdb/proxy/proxysession.h"

namespace pgtscope::app {

namespace {

/// How often the user is asked whether the guest is wanted back.
constexpr std::chrono::milliseconds lendSlice(100);

} // namespace

void LiveWorker::lend()
{
    if (!m_session)
        return;
    m_stopAsked = false;
    become(State::Running);
    const auto lent = lendSession();
    if (!lent)
        emit failed(QString::fromStdString(lent.error().message()));
    // Whatever became of it, the guest is ours again afterwards.
    if (const auto back = takeBack(); !back)
        return lose(back.error());
    become(State::Stopped);
}

/// Our gdb goes, the guest stays as it is, and whatever another debugger does with it becomes steps.
core::Result<void> LiveWorker::lendSession()
{
    gdb::ProxyOptions options;
    options.session = m_options;
    options.session.pgtBuf = m_session->pgtBuf().buffer();
    m_stepper.reset();
    const auto closed = m_session->close(gdb::EndState::Stopped);
    m_session.reset();
    if (!closed)
        return closed;
    ASSIGN_OR_RETURN(auto proxy, gdb::ProxySession::open(options, m_cancel, teller()));
    const std::string command = "target remote " + proxy->endpoint().gdbText();
    emit notice(
        QStringLiteral("In your gdb: %1. Each of its stops becomes a step; Stop takes the guest back.")
            .arg(QString::fromStdString(command)));
    while (!m_stopAsked && !m_cancel.cancelled()) {
        auto stop = proxy->next(lendSlice);
        // The other debugger goes on all the same.
        if (!stop && !m_cancel.cancelled())
            emit failed(QString::fromStdString(stop.error().message()));
        if (stop && *stop)
            if (auto kept = record(**stop); !kept)
                return kept;
    }
    m_options.pgtBuf = proxy->pgtBuf().buffer();
    return {};
}

core::Result<void> LiveWorker::takeBack()
{
    if (auto opened = connectGdb(true); !opened)
        return opened;
    auto stop = here(core::StepCause::UserStop, "taken back from your gdb");
    return stop ? record(*stop) : tl::unexpected(stop.error());
}

} // namespace pgtscope::app
