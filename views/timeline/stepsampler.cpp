// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/timeline/stepsampler.h"

#include <algorithm>
#include <utility>

#include <QElapsedTimer>

#include "views/model/document.h"

namespace pgtscope::views {

namespace {
constexpr int pauseMilliseconds = 15;
constexpr int sliceMilliseconds = 5;
constexpr int politeMilliseconds = 200; // after the user went to another step
} // namespace

StepSampler::StepSampler(Document& document, QObject* parent)
    : QObject(parent)
    , m_document(document)
{
    connect(&m_timer, &QTimer::timeout, this, &StepSampler::work);
    connect(&document, &Document::timelineChanged, this, &StepSampler::restart);
    connect(&document, &Document::grown, this, &StepSampler::grown);
    connect(&document, &Document::stepChanged, this, [this] {
        // Steps that follow each other for long must not put it off for ever.
        if (m_timer.isActive() && m_timer.interval() != politeMilliseconds)
            m_timer.start(politeMilliseconds);
    });
    restart();
}

void StepSampler::restart()
{
    m_samples.clear();
    m_wanted.clear();
    m_size = 0;
    m_stride = std::max<core::StepNumber>(1, (m_document.size() + maxSamples - 1) / maxSamples);
    grown(m_document.size());
    emit sampled();
}

void StepSampler::grown(quint64 size)
{
    const core::StepNumber first = m_size;
    m_size = size;
    if (m_size / m_stride > 2 * maxSamples)
        widen();
    m_bufferEvery = std::max<core::StepNumber>(1, std::min<core::StepNumber>(size, maxSamples) / maxBuffers);
    want((first + m_stride - 1) / m_stride * m_stride, size, m_stride);
    begin();
}

/// A timeline that grows without end is sampled ever more coarsely.
void StepSampler::widen()
{
    while (m_size / m_stride > maxSamples)
        m_stride *= 2;
    std::erase_if(m_samples,
        [this](const StepSample& sample) { return sample.step % m_stride != 0 && sample.event.isEmpty(); });
    std::erase_if(m_wanted, [this](core::StepNumber step) { return step % m_stride != 0; });
}

void StepSampler::focus(core::StepNumber begin, core::StepNumber end)
{
    end = std::min(end, m_size);
    const core::StepNumber stride
        = begin < end ? std::max<core::StepNumber>(1, (end - begin + maxSamples - 1) / maxSamples) : m_stride;
    if (stride >= m_stride)
        return;
    // What another part was looked at for.
    std::erase_if(m_samples, [&](const StepSample& sample) {
        const bool inside = sample.step >= begin && sample.step < end;
        return !inside && sample.step % m_stride != 0 && sample.event.isEmpty();
    });
    std::erase_if(m_wanted, [&](core::StepNumber step) { return step % m_stride != 0; });
    // Before what is still missing of the whole: this is what is looked at.
    std::vector<core::StepNumber> rest = std::exchange(m_wanted, {});
    want(begin, end, stride);
    m_wanted.insert(m_wanted.begin(), rest.begin(), rest.end());
    this->begin();
}

void StepSampler::begin()
{
    if (!m_wanted.empty() && !m_timer.isActive())
        m_timer.start(pauseMilliseconds);
}

/// Spreads the samples so that each half of the work shows the whole in twice the detail.
void StepSampler::want(core::StepNumber begin, core::StepNumber end, core::StepNumber stride)
{
    if (end <= begin)
        return;
    std::vector<core::StepNumber> order;
    core::StepNumber gap = 1;
    while (gap * stride * 2 < end - begin)
        gap *= 2;
    std::vector<bool> taken((end - begin + stride - 1) / stride);
    for (; gap != 0; gap /= 2)
        for (core::StepNumber i = 0; i < taken.size(); i += gap)
            if (!taken[i]) {
                taken[i] = true;
                order.push_back(begin + i * stride);
            }
    m_wanted.insert(m_wanted.begin(), order.rbegin(), order.rend());
}

void StepSampler::work()
{
    QElapsedTimer clock;
    clock.start();
    m_timer.setInterval(pauseMilliseconds);
    while (!m_wanted.empty() && clock.elapsed() < sliceMilliseconds) {
        read(m_wanted.back());
        m_wanted.pop_back();
    }
    if (m_wanted.empty())
        m_timer.stop();
    emit sampled();
}

void StepSampler::finish()
{
    for (; !m_wanted.empty(); m_wanted.pop_back())
        read(m_wanted.back());
    m_timer.stop();
    emit sampled();
}

void StepSampler::read(core::StepNumber number)
{
    const auto known = std::lower_bound(m_samples.begin(), m_samples.end(), number,
        [](const StepSample& s, core::StepNumber n) { return s.step < n; });
    if (known != m_samples.end() && known->step == number)
        return;
    const auto& timeline = m_document.timeline();
    const auto step = timeline->step(number);
    const auto changes = timeline->changes(number);
    if (!step || !changes)
        return;
    StepSample sample;
    sample.step = number;
    sample.entries = changes->entries.size();
    sample.findings = StepCounts(*step, m_document.enforced());
    if (step->cause == core::StepCause::BootEvent)
        sample.event = QString::fromStdString(step->event);
    if (m_samples.size() % m_bufferEvery == 0)
        if (const auto snapshot = timeline->snapshot(number);
            snapshot && !(*snapshot)->pgtBuf().epochs.empty())
            sample.buffer = (*snapshot)->pgtBuf().epochs.back();
    m_samples.insert(known, std::move(sample));
}

} // namespace pgtscope::views
