// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/model/document.h"

#include <algorithm>
#include <utility>

#include "core/model/assembly.h"

namespace pgtscope::views {

namespace {

// A guest whose every store is recorded appends hundreds of times a second while it runs: the window shows
// some of its steps, and has time for its user between them.
constexpr unsigned manyAppends = 3;
constexpr int restMilliseconds = 40;

/// Where a reader begins: at the first chapter of the narration; without one, at the first step with paging
/// on, for before that there are no tables.
core::StepNumber openingStep(const core::Timeline& timeline)
{
    constexpr core::StepNumber maxLookedAt = 1000;
    if (const auto annotations = timeline.annotations()) {
        const auto first = std::find_if(annotations->begin(), annotations->end(),
            [](const core::Annotation& a) { return a.kind == core::AnnotationKind::Chapter; });
        if (first != annotations->end())
            return std::min(first->step, timeline.size() - 1);
    }
    for (core::StepNumber number = 0; number < std::min(timeline.size(), maxLookedAt); ++number) {
        const auto step = timeline.step(number);
        if (step && (step->cpu.control.cr0 & core::cr0Pg) != 0)
            return number;
    }
    return 0;
}

} // namespace

Document::Document(QObject* parent)
    : QObject(parent)
{
    m_catchUp.setSingleShot(true);
    connect(&m_catchUp, &QTimer::timeout, this, &Document::catchUp);
}

Document::~Document()
{
    if (m_timeline)
        m_timeline->onAppend({});
}

void Document::setTimeline(std::shared_ptr<core::Timeline> timeline, bool live)
{
    if (m_timeline)
        m_timeline->onAppend({});
    m_timeline = std::move(timeline);
    m_live = live;
    m_enforced = m_enforcementLooked = false;
    m_state.reset();
    m_compared.reset();
    m_otherHalf = false;
    m_size = m_timeline ? m_timeline->size() : 0;
    m_symbols = {};
    if (m_timeline) {
        if (auto symbols = m_timeline->symbols())
            m_symbols = std::move(*symbols);
        // The guest's thread appends; the window's thread shows.
        m_timeline->onAppend([this, of = m_timeline.get()](core::StepNumber size) {
            const auto announce = [this, of, size] {
                if (of == m_timeline.get())
                    appended(size);
            };
            QMetaObject::invokeMethod(this, announce, Qt::QueuedConnection);
        });
    }
    m_catchUp.stop();
    m_appended = m_size;
    m_behind = m_wasBehind = 0;
    m_writes.restart(m_timeline ? m_timeline->path() : std::string(), m_live);
    m_writes.grow(m_size);
    emit timelineChanged();
    if (m_size != 0)
        load(live ? m_size - 1 : openingStep(*m_timeline));
}

void Document::appended(quint64 size)
{
    m_appended = size;
    ++m_behind;
    // A timer lets the window's other events have their turn, which calls that are posted again and again do
    // not.
    if (!m_catchUp.isActive())
        m_catchUp.start(m_wasBehind > manyAppends ? restMilliseconds : 0);
}

void Document::catchUp()
{
    const core::StepNumber size = m_appended;
    m_wasBehind = std::exchange(m_behind, 0);
    if (size <= m_size)
        return;
    const bool atEnd = m_size == 0 || m_step + 1 == m_size;
    m_size = size;
    if (m_symbols.empty())
        if (auto symbols = m_timeline->symbols())
            m_symbols = std::move(*symbols);
    m_writes.grow(size);
    emit grown(size);
    if (atEnd)
        load(size - 1);
}

bool Document::enforced() const
{
    // The guest's memory says it, step by step, and no field of the recording: the end knows best.
    if (!m_enforced && !m_enforcementLooked && m_size != 0) {
        m_enforcementLooked = true;
        for (const core::StepNumber quarter : {4U, 3U, 2U}) {
            const auto snapshot = m_timeline->snapshot((m_size - 1) * quarter / 4);
            m_enforced = snapshot && (*snapshot)->pgtBuf().enforced;
            if (m_enforced)
                break;
        }
    }
    return m_enforced;
}

core::Result<void> Document::annotate(const core::Annotations& before, const core::Annotations& after)
{
    auto saved = m_timeline->changeAnnotations(before, after);
    if (saved)
        emit annotated();
    return saved;
}

void Document::goTo(quint64 step)
{
    if (m_size == 0)
        return;
    step = std::min<quint64>(step, m_size - 1);
    if (step != m_step || !m_state)
        load(step);
}

void Document::compareWith(std::optional<core::StepNumber> step)
{
    if (step == m_compared || m_size == 0)
        return;
    m_compared = step;
    reload();
}

void Document::showOtherHalf(bool shown)
{
    if (shown == m_otherHalf)
        return;
    m_otherHalf = shown;
    if (m_state)
        reload();
}

/// The step stays; what is seen of it is another matter now.
void Document::reload()
{
    if (auto state = read(m_step)) {
        m_state = std::move(state);
        emit stepChanged(m_state);
    }
}

void Document::load(core::StepNumber number)
{
    auto state = read(number);
    if (!state)
        return;
    m_step = number;
    m_state = std::move(state);
    m_enforced = m_enforced || m_state->snapshot()->pgtBuf().enforced;
    emit stepArrived(m_state);
    emit stepChanged(m_state);
}

StepStatePtr Document::read(core::StepNumber number)
{
    auto step = m_timeline->step(number);
    auto snapshot = m_timeline->snapshot(number);
    auto changes = m_timeline->changes(number);
    if (!step || !snapshot || !changes) {
        const core::Error& error = !step ? step.error() : !snapshot ? snapshot.error() : changes.error();
        emit failed(QString::fromStdString(error.message()));
        return {};
    }
    const core::SnapshotPtr other = m_otherHalf ? core::fromOtherHalf(**snapshot) : core::SnapshotPtr();
    const core::SnapshotPtr& shown = other ? other : *snapshot;
    ComparisonPtr comparison = this->comparison(number, shown);
    // Reports name tables by their place in a snapshot, and the halves have different ones.
    return std::make_shared<const StepState>(std::move(*step), shown, std::move(*changes),
        other ? core::RuleReportsPtr() : m_timeline->reports(number), std::move(comparison));
}

ComparisonPtr Document::comparison(core::StepNumber number, const core::SnapshotPtr& snapshot)
{
    if (!m_compared || *m_compared == number)
        return {};
    const auto other = m_timeline->snapshot(*m_compared);
    if (!other) {
        emit failed(QString::fromStdString(other.error().message()));
        return {};
    }
    const core::SnapshotPtr half = m_otherHalf ? core::fromOtherHalf(**other) : core::SnapshotPtr();
    return std::make_shared<const Comparison>(
        Comparison::Side{number, snapshot}, Comparison::Side{*m_compared, half ? half : *other});
}

} // namespace pgtscope::views
