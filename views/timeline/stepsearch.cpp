// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/timeline/stepsearch.h"

#include <QElapsedTimer>

#include "core/filter/fields.h"
#include "core/filter/runsubject.h"
#include "core/filter/snapshotknowledge.h"
#include "core/filter/stepfilter.h"
#include "views/model/document.h"
#include "views/widgets/viewtext.h"

namespace pgtscope::views {

namespace {
constexpr int searchPauseMilliseconds = 10;
constexpr int searchSliceMilliseconds = 6;
} // namespace

StepSearch::StepSearch(Document& document, QObject* parent)
    : QObject(parent)
    , m_document(document)
{
    m_timer.setInterval(searchPauseMilliseconds);
    connect(&m_timer, &QTimer::timeout, this, &StepSearch::work);
    connect(&document, &Document::grown, this, [this] {
        if (!m_filter.empty())
            m_timer.start();
    });
}

QStringList StepSearch::unknownFields(const core::Filter& filter)
{
    using core::Field;
    QStringList names;
    for (const Field field : {Field::Va, Field::End, Field::EffRw, Field::EffUser, Field::EffNx, Field::Role,
             Field::Alias, Field::SameAs})
        if (filter.uses(field))
            names += toText(core::info(field).name);
    return names;
}

/// Whether any mapping of the step matches.
bool StepSearch::walkFinds(core::StepNumber number) const
{
    const auto snapshot = m_document.timeline()->snapshot(number);
    if (!snapshot)
        return false;
    core::SnapshotKnowledge knowledge(*snapshot);
    bool found = false;
    core::forEachRun(
        **snapshot, {.detached = true}, m_filter, knowledge.knowledge(), [&found](const core::Run&) {
            found = true;
            return false;
        });
    return found;
}

void StepSearch::start(core::Filter filter, bool walk)
{
    m_filter = std::move(filter);
    m_walk = walk;
    m_found.clear();
    m_next = 0;
    m_timer.stop();
    if (m_filter.empty())
        return;
    m_snapshots = core::asksForSnapshots(m_filter, endsUnderXen());
    work();
}

/// Xen starts some steps after the machine, and stays.
bool StepSearch::endsUnderXen() const
{
    if (m_document.size() == 0)
        return false;
    const auto last = m_document.timeline()->snapshot(m_document.size() - 1);
    return last && (*last)->xen();
}

bool StepSearch::complete() const { return m_filter.empty() || m_next >= m_document.size(); }

void StepSearch::work()
{
    QElapsedTimer clock;
    clock.start();
    while (!complete() && clock.elapsed() < searchSliceMilliseconds)
        look(m_next++);
    if (complete())
        m_timer.stop();
    else if (!m_timer.isActive())
        m_timer.start();
    emit progressed();
}

void StepSearch::finish()
{
    while (!complete())
        look(m_next++);
    m_timer.stop();
    emit progressed();
}

void StepSearch::look(core::StepNumber number)
{
    if (m_walk) {
        if (walkFinds(number))
            m_found.push_back(number);
        return;
    }
    const auto& timeline = m_document.timeline();
    const auto step = timeline->step(number);
    const auto changes = timeline->changes(number);
    if (!step || !changes)
        return;
    // A snapshot costs more than the step.
    core::SnapshotPtr snapshot;
    if (m_snapshots || core::asksForSnapshot(m_filter, *changes))
        if (const auto read = timeline->snapshot(number))
            snapshot = *read;
    if (core::stepMatches(m_filter, *step, *changes, snapshot.get()))
        m_found.push_back(number);
}

} // namespace pgtscope::views
