// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/timeline/timeline.h"

#include <algorithm>

#include "core/steps/findingcounts.h"

namespace pgtscope::core {

namespace {

// Snapshots share most of their pages: one more costs its list of tables.
constexpr std::size_t maxKeptSnapshots = 32;

} // namespace

Timeline::Timeline(std::unique_ptr<Recording> recording, std::string path)
    : m_recording(std::move(recording))
    , m_path(std::move(path))
    , m_otherRules(m_recording->guest().rules != ruleIds())
{
}

Timeline::~Timeline()
{
    if (m_writer)
        m_writer->onAppend({});
}

Result<std::shared_ptr<Timeline>> Timeline::open(const std::string& path)
{
    ASSIGN_OR_RETURN(auto recording, Recording::open(path));
    // Where nothing can be read there is nothing to show.
    if (recording->size() == 0 && !recording->damage().empty())
        return failure("open the recording " + path, recording->damage());
    return std::shared_ptr<Timeline>(new Timeline(std::move(recording), path));
}

Result<std::shared_ptr<Timeline>> Timeline::follow(const std::shared_ptr<RecordingWriter>& writer)
{
    ASSIGN_OR_RETURN(auto recording, Recording::follow(writer->path()));
    std::shared_ptr<Timeline> timeline(new Timeline(std::move(recording), writer->path()));
    timeline->m_writer = writer;
    writer->onAppend([weak = std::weak_ptr(timeline)](StepNumber size) {
        if (const auto target = weak.lock())
            target->appended(size);
    });
    return timeline;
}

void Timeline::appended(StepNumber size)
{
    {
        const std::lock_guard lock(m_mutex);
        if (!m_recording->refresh())
            return;
    }
    // Outside the lock: the callback may read the timeline.
    m_onAppend(size);
}

void Timeline::onAppend(std::function<void(StepNumber)> callback) { m_onAppend.set(std::move(callback)); }

GuestDescription Timeline::guest() const
{
    const std::lock_guard lock(m_mutex);
    return m_recording->guest();
}

bool Timeline::finished() const
{
    const std::lock_guard lock(m_mutex);
    return m_recording->finished() || (m_writer && m_writer->finished());
}

std::string Timeline::damage() const
{
    const std::lock_guard lock(m_mutex);
    return m_recording->damage();
}

StepNumber Timeline::size() const
{
    const std::lock_guard lock(m_mutex);
    return m_recording->size();
}

Result<Step> Timeline::step(StepNumber number) const
{
    std::unique_lock lock(m_mutex);
    auto step = m_recording->step(number);
    if (!step || !m_otherRules)
        return step;
    const StepNumber stop = stopOf(number);
    if (const auto known = m_counts.find(stop); known != m_counts.end()) {
        step->findings = known->second;
        return step;
    }
    lock.unlock();
    ASSIGN_OR_RETURN(auto counts, countedAnew(stop));
    lock.lock();
    m_counts.insert_or_assign(stop, counts);
    step->findings = std::move(counts);
    return step;
}

/// A single write has the counts of the previous stop, as its recorder gave it those.
StepNumber Timeline::stopOf(StepNumber number) const
{
    for (; m_stopsSeen <= number; ++m_stopsSeen) {
        // An unreadable step hides none of those after it.
        const auto step = m_recording->step(m_stopsSeen);
        if (m_stops.empty() || !step || step->cause != StepCause::TableWrite)
            m_stops.push_back(m_stopsSeen);
    }
    return *std::prev(std::upper_bound(m_stops.begin(), m_stops.end(), number));
}

Result<std::vector<FindingCount>> Timeline::countedAnew(StepNumber stop) const
{
    ASSIGN_OR_RETURN(const auto snapshot, this->snapshot(stop));
    RuleLimits limits;
    limits.findings = 0;
    limits.marks = 0;
    std::vector<const Rule*> rules;
    for (const auto& rule : allRules())
        rules.push_back(rule.get());
    return countFindings(checkRules(RuleContext(snapshot, limits), rules));
}

Result<StepChanges> Timeline::changes(StepNumber number) const
{
    const std::lock_guard lock(m_mutex);
    return m_recording->changes(number);
}

Result<SnapshotPtr> Timeline::snapshot(StepNumber number) const
{
    const std::lock_guard lock(m_mutex);
    // What is expected is no step yet.
    const auto kept = number < m_recording->size() ? findKept(number) : m_kept.end();
    if (kept != m_kept.end()) {
        m_kept.splice(m_kept.begin(), m_kept, kept);
        return kept->snapshot;
    }
    auto snapshot = m_recording->snapshot(number);
    if (snapshot)
        cache({number, *snapshot, {}});
    return snapshot;
}

RuleReportsPtr Timeline::reports(StepNumber number) const
{
    const std::lock_guard lock(m_mutex);
    const auto kept = number < m_recording->size() ? findKept(number) : m_kept.end();
    return kept == m_kept.end() ? RuleReportsPtr() : kept->reports;
}

void Timeline::expect(StepNumber number, const SnapshotPtr& snapshot, const RuleReportsPtr& reports)
{
    const std::lock_guard lock(m_mutex);
    // A step that is there stays as it is recorded; one that could not be appended is expected anew.
    if (number < m_recording->size())
        return;
    if (const auto before = findKept(number); before != m_kept.end())
        m_kept.erase(before);
    cache({number, snapshot, reports});
}

std::list<Timeline::Kept>::iterator Timeline::findKept(StepNumber number) const
{
    return std::find_if(m_kept.begin(), m_kept.end(), [&](const Kept& k) { return k.number == number; });
}

void Timeline::cache(Kept kept) const
{
    m_kept.push_front(std::move(kept));
    if (m_kept.size() > maxKeptSnapshots)
        m_kept.pop_back();
}

Result<SymbolTable> Timeline::symbols() const
{
    const std::lock_guard lock(m_mutex);
    return m_recording->symbols();
}

Result<std::vector<CodeLine>> Timeline::code(StepNumber number) const
{
    const std::lock_guard lock(m_mutex);
    return m_recording->code(number);
}

Result<Annotations> Timeline::annotations() const { return loadAnnotations(m_path); }

Result<void> Timeline::changeAnnotations(const Annotations& before, const Annotations& after)
{
    return core::changeAnnotations(m_path, before, after);
}

} // namespace pgtscope::core
