// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/model/writehistory.h"

#include <chrono>

#include "core/recording/recording.h"
#include "views/model/text.h"

namespace pgtscope::views {

namespace {

// A recording is shown first, and looked through after that.
constexpr int pauseMilliseconds = 50;
// A guest that runs appends all the time; each pass costs a copy of what is known.
constexpr int growingMilliseconds = 400;
constexpr auto longestGo = std::chrono::seconds(1);
// What is still being written may be readable a moment later, what is complete will not.
constexpr int maxFailuresGrowing = 3;

} // namespace

/// What the thread works on while it runs; nothing else uses it then.
struct WriteHistory::Job {
    std::string path;
    bool growing = false;
    std::unique_ptr<core::Recording> recording; // its own: a view's reading must not wait for this one's
    core::WriteIndexBuilder builder;
    core::WriteIndexPtr index;
    std::vector<Event> events;
    std::vector<Event> landmarks;
    QString problem;

    core::Result<void> open();
    void note(const core::Step& step);
    core::Result<void> learn(const core::CancelFlag& cancel);
    void work(const core::CancelFlag& cancel);
};

core::Result<void> WriteHistory::Job::open()
{
    if (recording)
        return recording->refresh();
    ASSIGN_OR_RETURN(auto opened, growing ? core::Recording::follow(path) : core::Recording::open(path));
    recording = std::move(opened);
    return {};
}

/// Notes the step that comes next, if the boot reached something at it.
void WriteHistory::Job::note(const core::Step& step)
{
    if (step.cause == core::StepCause::PgtBufChange)
        landmarks.push_back({builder.steps(), QString::fromUtf8(core::causeText(step.cause).data())});
    if (step.cause != core::StepCause::BootEvent || step.event.empty())
        return;
    events.push_back({builder.steps(), QString::fromStdString(step.event)});
    landmarks.push_back(events.back());
}

core::Result<void> WriteHistory::Job::learn(const core::CancelFlag& cancel)
{
    RETURN_IF_ERROR(open());
    const auto begun = std::chrono::steady_clock::now();
    while (builder.steps() < recording->size() && !cancel.cancelled()) {
        ASSIGN_OR_RETURN(const auto changes, recording->changes(builder.steps()));
        const auto step = recording->step(builder.steps());
        if (step)
            note(*step);
        builder.add(changes);
        // A finished recording is shown when all of it is known: its colours do not change any more.
        if (growing && std::chrono::steady_clock::now() - begun > longestGo)
            break;
    }
    return {};
}

void WriteHistory::Job::work(const core::CancelFlag& cancel)
{
    problem.clear();
    if (const auto done = learn(cancel); !done)
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
    m_task.cancel();
    m_task.wait();
    m_job.reset();
    ++m_run;
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
    m_landmarks.clear();
    m_problem.clear();
    m_failures = 0;
    emit changed();
}

void WriteHistory::grow(core::StepNumber size)
{
    if (size != m_size)
        m_failures = 0;
    m_size = size;
    if (!m_path.empty() && !m_task.started() && !m_next.isActive() && !complete())
        m_next.start(m_index ? growingMilliseconds : pauseMilliseconds);
}

bool WriteHistory::complete() const
{
    return m_failures >= (m_growing ? maxFailuresGrowing : 1) || (m_index && m_index->steps() >= m_size);
}

void WriteHistory::begin()
{
    if (!m_job) {
        m_job = std::make_shared<Job>();
        m_job->path = m_path;
        m_job->growing = m_growing;
    }
    m_task.start([this, job = m_job, run = ++m_run](const core::CancelFlag& cancel) {
        job->work(cancel);
        const auto done = [this, run] {
            if (run == m_run && m_task.started())
                take();
        };
        QMetaObject::invokeMethod(this, done, Qt::QueuedConnection);
    });
}

void WriteHistory::take()
{
    m_task.wait();
    const core::StepNumber before = m_index ? m_index->steps() : 0;
    m_index = m_job->index;
    m_events = m_job->events;
    m_landmarks = m_job->landmarks;
    m_problem = m_job->problem;
    if (m_problem.isEmpty() || (m_index && m_index->steps() > before))
        m_failures = 0;
    if (!m_problem.isEmpty())
        ++m_failures;
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
        if (function.writes != 0 && busiest.size() < maxLanes)
            busiest += writerName(function.name);
    // A boot begins with functions that write little: busier ones replace them later.
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
        if (!m_task.started())
            begin();
        take();
    }
}

QString writerName(const std::string& function)
{
    return function.empty() ? Text::tr("(no symbol)") : QString::fromStdString(function);
}

QString laneMark(int lane) { return QString(QLatin1Char(static_cast<char>('A' + lane))); }

} // namespace pgtscope::views
