// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/model/writehistory.h"

#include <chrono>

#include <QThread>

#include "core/recording/recording.h"
#include "views/writes/writecolours.h"

namespace pgtscope::views {

namespace {

// The first picture of a recording comes first.
constexpr int pauseMilliseconds = 50;
// A guest that runs appends all the time; each go costs a copy of what is known.
constexpr int growingMilliseconds = 400;
constexpr auto longestGo = std::chrono::seconds(1);

} // namespace

/// What the thread works on while it runs, and nobody else.
struct WriteHistory::Job {
    std::string path;
    bool growing = false;
    core::CancelFlag cancel;
    std::unique_ptr<core::Recording> recording; // its own: a view's reading must not wait for this one's
    core::WriteIndexBuilder builder;
    core::WriteIndexPtr index;
    std::vector<Event> events;
    QString problem;

    core::Result<void> open();
    core::Result<void> learn();
    void work();
};

core::Result<void> WriteHistory::Job::open()
{
    if (recording)
        return recording->refresh();
    auto opened = growing ? core::Recording::follow(path) : core::Recording::open(path);
    if (!opened)
        return tl::unexpected(opened.error());
    recording = std::move(*opened);
    return {};
}

core::Result<void> WriteHistory::Job::learn()
{
    if (auto done = open(); !done)
        return done;
    const auto begun = std::chrono::steady_clock::now();
    while (builder.steps() < recording->size() && !cancel.cancelled()) {
        const auto changes = recording->changes(builder.steps());
        if (!changes)
            return tl::unexpected(changes.error());
        const auto step = recording->step(builder.steps());
        if (step && step->cause == core::StepCause::BootEvent && !step->event.empty())
            events.push_back({builder.steps(), QString::fromStdString(step->event)});
        builder.add(*changes);
        // A finished recording is shown when all of it is known: its colours do not change any more.
        if (growing && std::chrono::steady_clock::now() - begun > longestGo)
            break;
    }
    return {};
}

void WriteHistory::Job::work()
{
    if (const auto done = learn(); !done)
        problem = QString::fromStdString(done.error().message());
    if (!cancel.cancelled())
        index = builder.index();
}

WriteHistory::WriteHistory(QObject* parent)
    : QObject(parent)
{
    m_next.setSingleShot(true);
    connect(&m_next, &QTimer::timeout, this, &WriteHistory::begin);
}

WriteHistory::~WriteHistory() { end(); }

void WriteHistory::end()
{
    m_next.stop();
    if (m_job)
        m_job->cancel.cancel();
    if (m_thread)
        m_thread->wait();
    m_thread.reset();
    m_job.reset();
}

void WriteHistory::restart(const std::string& path, bool growing)
{
    end();
    m_path = path;
    m_growing = growing;
    m_size = 0;
    m_index.reset();
    m_lanes.clear();
    m_events.clear();
    m_problem.clear();
    emit changed();
}

void WriteHistory::grow(core::StepNumber size)
{
    m_size = size;
    if (!m_path.empty() && !m_thread && !m_next.isActive() && !complete())
        m_next.start(m_index ? growingMilliseconds : pauseMilliseconds);
}

bool WriteHistory::complete() const
{
    return !m_problem.isEmpty() || (m_index && m_index->steps() >= m_size);
}

void WriteHistory::begin()
{
    if (!m_job) {
        m_job = std::make_shared<Job>();
        m_job->path = m_path;
        m_job->growing = m_growing;
    }
    m_thread.reset(QThread::create([job = m_job] { job->work(); }));
    connect(m_thread.get(), &QThread::finished, this, [this, job = m_job] { take(job); });
    m_thread->start(QThread::LowPriority);
}

void WriteHistory::take(const std::shared_ptr<Job>& job)
{
    if (job != m_job || !m_thread)
        return;
    m_thread->wait();
    m_thread.reset();
    m_index = job->index;
    m_events = job->events;
    m_problem = job->problem;
    giveLanes();
    emit changed();
    grow(m_size);
}

void WriteHistory::giveLanes()
{
    if (!m_index)
        return;
    QStringList busiest;
    for (const core::WriteIndex::Function& function : m_index->functions())
        if (function.writes != 0 && busiest.size() < mostLanes)
            busiest += writerName(function.name);
    // A boot begins with functions that write little: as it goes on they make way.
    for (QString& lane : m_lanes)
        if (!busiest.contains(lane))
            lane.clear();
    for (const QString& name : busiest) {
        if (m_lanes.contains(name))
            continue;
        const auto free = m_lanes.indexOf(QString());
        if (free < 0)
            m_lanes += name;
        else
            m_lanes[free] = name;
    }
}

void WriteHistory::finish()
{
    while (!m_path.empty() && !complete()) {
        m_next.stop();
        if (!m_thread)
            begin();
        m_thread->wait();
        take(m_job);
    }
}

QString laneMark(int lane) { return QString(QLatin1Char(static_cast<char>('A' + lane))); }

} // namespace pgtscope::views
