// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/pgtscope/liveguest.h"

#include <utility>

#include <QEventLoop>
#include <QFileInfo>

#include "app/pgtscope/liveworker.h"

namespace pgtscope::app {

QString LiveSource::name() const
{
    return !recording.isEmpty() ? QFileInfo(recording).completeBaseName()
        : recipe.isEmpty()      ? endpoint
                                : recipe;
}

LiveGuest::LiveGuest(LiveSource source, QObject* parent)
    : GuestController(parent)
    , m_source(std::move(source))
{
    qRegisterMetaType<std::shared_ptr<core::Timeline>>();
    qRegisterMetaType<views::GuestController::State>();
    qRegisterMetaType<LiveLimits>();
    qRegisterMetaType<core::EntryEdit>();
    const auto made = std::make_shared<std::promise<LiveWorker*>>();
    m_task.start([this, made](const core::CancelFlag&) { serve(*made); });
    m_worker = made->get_future().get();
    connect(m_worker, &LiveWorker::stateChanged, this, &LiveGuest::become);
    connect(m_worker, &LiveWorker::progress, this, &GuestController::progress);
    connect(m_worker, &LiveWorker::failed, this, &GuestController::failed);
    connect(m_worker, &LiveWorker::consoleOutput, this, &GuestController::consoleOutput);
    connect(m_worker, &LiveWorker::completions, this, &GuestController::completions);
    // The worker's destructor is what takes the time; the thread is as good as over after it.
    connect(m_worker, &QObject::destroyed, this, &LiveGuest::left, Qt::QueuedConnection);
    connect(m_worker, &LiveWorker::notice, this, &LiveGuest::notice);
    connect(m_worker, &LiveWorker::symbolsMissing, this, &GuestController::symbolsMissing);
    connect(m_worker, &LiveWorker::symbolsUsed, this, &LiveGuest::symbolsUsed);
    connect(m_worker, &LiveWorker::shared, this, &GuestController::shared);
    connect(m_worker, &LiveWorker::timelineReady, this, &LiveGuest::timelineReady);
    connect(m_worker, &LiveWorker::edited, this, [this](const core::EntryEdit& edit) { m_lastEdit = edit; });
    connect(m_worker, &LiveWorker::ended, this, [this](const QString& why) { m_whyNotAgain = why; });
    connect(m_worker, &LiveWorker::saved, this, [this](const QString& path) {
        m_savedAs = path;
        emit saved();
    });
    connect(m_worker, &LiveWorker::described, this,
        [this](const QString& connection, const QStringList& events, const LiveLimits& limits) {
            m_connection = connection;
            m_events = events;
            m_limits = limits;
        });
}

/// On the thread that owns the worker.
void LiveGuest::serve(std::promise<LiveWorker*>& made)
{
    QEventLoop loop;
    LiveWorker worker(m_source);
    connect(&worker, &LiveWorker::endAsked, &loop, &QEventLoop::quit);
    made.set_value(&worker);
    loop.exec();
}

LiveGuest::~LiveGuest()
{
    leave();
    m_task.wait();
}

void LiveGuest::leave()
{
    if (m_leaving.exchange(true))
        return;
    m_worker->askToStop();
    // A launch or a fetch that still goes on is cancelled, not waited for; a guest that is stopped is
    // detached without cancelling.
    if (m_state == State::Connecting)
        m_worker->giveUp();
    // Requests that still wait find that nothing is wanted any more.
    QMetaObject::invokeMethod(m_worker, &LiveWorker::endAsked, Qt::QueuedConnection);
}

template <class Work>
void LiveGuest::post(Work work)
{
    if (m_leaving)
        return;
    QMetaObject::invokeMethod(
        m_worker,
        [this, work = std::move(work)] {
            if (!m_leaving)
                work();
        },
        Qt::QueuedConnection);
}

void LiveGuest::become(State state)
{
    m_state = state;
    emit stateChanged(state);
}

void LiveGuest::start()
{
    become(State::Connecting);
    post([worker = m_worker] { worker->open(); });
}

QString LiveGuest::whyNot(Granularity granularity) const
{
    if (granularity == Granularity::Instruction)
        return {};
    return granularity == Granularity::PgtBuf && m_limits.boot.isEmpty() ? m_limits.pgtBuf : m_limits.boot;
}

QString LiveGuest::whyNoStores() const
{
    if (m_source.everyStore)
        return {};
    return !m_source.launches() ? tr("its QEMU runs already, without the plugin that reports every store")
                                : tr("it was launched without \u201cRecord every store\u201d");
}

void LiveGuest::run()
{
    post([worker = m_worker] { worker->runUntil([](const core::Step&) { return false; }); });
}

void LiveGuest::interrupt()
{
    if (!m_leaving)
        m_worker->askToStop();
}

void LiveGuest::step(Granularity granularity)
{
    post([worker = m_worker, granularity] { worker->step(granularity); });
}

void LiveGuest::runTo(const QString& place)
{
    post([worker = m_worker, place] { worker->runTo(place); });
}

void LiveGuest::recordTo(const QString& path)
{
    post([worker = m_worker, path] { worker->recordTo(path); });
}

QString LiveGuest::whyNotShare() const
{
    return m_source.everyStore ? tr("Every store is recorded, which does not allow another debugger")
                               : m_limits.share;
}

void LiveGuest::share()
{
    post([worker = m_worker] { worker->share(); });
}

void LiveGuest::useSymbols(const QString& kernelFile)
{
    post([worker = m_worker, kernelFile] { worker->useSymbols(kernelFile); });
}

void LiveGuest::edit(const core::EntryEdit& edit)
{
    post([worker = m_worker, edit] { worker->edit(edit); });
}

void LiveGuest::detach()
{
    interrupt();
    post([worker = m_worker] { worker->detach(); });
}

void LiveGuest::attachAgain()
{
    post([worker = m_worker] { worker->attachAgain(); });
}

void LiveGuest::cancel()
{
    interrupt();
    if (m_state == State::Connecting && !m_leaving)
        m_worker->giveUp();
}

void LiveGuest::completeGdbCommand(const QString& begin)
{
    post([worker = m_worker, begin] { worker->completeGdbCommand(begin); });
}

void LiveGuest::gdbCommand(const QString& command)
{
    post([worker = m_worker, command] { worker->gdbCommand(command); });
}

} // namespace pgtscope::app
