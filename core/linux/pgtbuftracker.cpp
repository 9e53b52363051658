// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/linux/pgtbuftracker.h"

#include <algorithm>
#include <utility>

#include "core/base/numbers.h"
#include "core/linux/events.h"

namespace pgtscope::core {

namespace {

/// More page tables than 2 TiB of memory take in 4 KiB pages: no early buffer is larger.
constexpr std::uint64_t maxBufferFrames = 1ULL << 22;
/// MAXPHYADDR is 52 at most.
constexpr std::uint64_t maxFrame = 1ULL << 40;
constexpr std::size_t maxEpochs = 64;
constexpr std::size_t maxBeyond = 1024;

} // namespace

PgtBufTracker::PgtBufTracker(GuestFrame frameLimit)
    : m_frameLimit(frameLimit.value == 0 ? GuestFrame(maxFrame) : frameLimit)
{
}

void PgtBufTracker::goOn(const PageTableBuffer& known)
{
    m_buffer = known;
    m_startDropped = !known.epochs.empty() && known.epochs.back().startRecovered;
    if (m_startDropped)
        m_recoveredStart = known.epochs.back().start.value;
}

void PgtBufTracker::reached(PgtBufEffect effect)
{
    if (m_buffer.trust == PgtBufTrust::Stale)
        return;
    switch (effect) {
    case PgtBufEffect::None:
    case PgtBufEffect::AllocatorEnds:
        break;
    case PgtBufEffect::SetUp:
        m_setUp = true;
        break;
    case PgtBufEffect::Tables:
    case PgtBufEffect::Allocator:
        m_allocated = true;
        break;
    case PgtBufEffect::HandBackBegins:
        m_handingBack = true;
        break;
    case PgtBufEffect::HandBackEnds:
        m_handingBack = false;
        [[fallthrough]];
    case PgtBufEffect::HandedBack:
        if (!m_handingBack && m_buffer.trust == PgtBufTrust::Live)
            m_buffer.trust = PgtBufTrust::HandedBack;
        break;
    case PgtBufEffect::Freed:
        if (m_buffer.trust != PgtBufTrust::Absent)
            m_buffer.trust = PgtBufTrust::Stale;
        break;
    }
}

void PgtBufTracker::read(const PgtBufReadings& readings)
{
    m_remark.clear();
    // After free_initmem() the memory of the variables has other uses.
    if (m_buffer.trust == PgtBufTrust::Stale)
        return;
    const auto values = believable(readings);
    m_setUp = false;
    if (values)
        apply(*values);
}

std::optional<PgtBufTracker::Values> PgtBufTracker::believable(const PgtBufReadings& readings)
{
    using Outcome = PgtBufReading::Outcome;
    if (readings.end.outcome == Outcome::NoSymbol || readings.top.outcome == Outcome::NoSymbol) {
        m_remark = "the kernel has no pgt_buf_end and pgt_buf_top, or its symbols are missing";
        return std::nullopt;
    }
    if (m_buffer.trust == PgtBufTrust::Absent)
        m_buffer.trust = PgtBufTrust::NotYet;
    if (!readings.end.hasValue() || !readings.top.hasValue()
        || readings.start.outcome == Outcome::NotMapped) {
        m_remark = "pgt_buf_start, pgt_buf_end and pgt_buf_top are not mapped yet";
        return std::nullopt;
    }
    if (readings.end.value == 0 || readings.top.value == 0)
        return std::nullopt;
    const auto start = startOf(readings);
    if (!start)
        return std::nullopt;
    const Values values{*start, readings.end.value, readings.top.value};
    return sensible(values) ? std::optional(values) : std::nullopt;
}

std::optional<std::uint64_t> PgtBufTracker::startOf(const PgtBufReadings& readings)
{
    if (readings.start.hasValue())
        return readings.start.value;
    m_startDropped = true;
    // early_alloc_pgt_buf() sets all three and takes nothing: at its return the next free frame is the first.
    if (m_setUp)
        m_recoveredStart = readings.end.value;
    if (!m_recoveredStart) {
        m_recoveredStart = readings.end.value;
        m_remark = std::string(pgtBufStart) + " is not in the symbols and "
            + std::string(firstEventWith(PgtBufEffect::SetUp).symbols.front())
            + "() was not seen to return: what was handed out before this stop is unknown";
    }
    return m_recoveredStart;
}

bool PgtBufTracker::sensible(const Values& values)
{
    if (values.start == 0 || values.start > values.end || values.end > values.top) {
        // Three stores set the buffer up; a stop between them shows a mixture.
        m_remark = "pgt_buf_start <= pgt_buf_end <= pgt_buf_top does not hold: " + hexText(values.start)
            + ", " + hexText(values.end) + ", " + hexText(values.top) + "; the previous values are kept";
        return false;
    }
    if (values.top > m_frameLimit.value || values.top - values.start > maxBufferFrames) {
        m_remark = "pgt_buf_top = " + hexText(values.top)
            + " is beyond RAM or makes the buffer impossibly large; the previous values are kept";
        return false;
    }
    return true;
}

void PgtBufTracker::apply(const Values& values)
{
    if (m_buffer.epochs.empty()) {
        openEpoch(values);
        return;
    }
    PgtBufEpoch& current = m_buffer.epochs.back();
    if (current.start.value == values.start) {
        applyToCurrent(current, values);
    } else if (current.end.value == values.end) {
        m_remark = "pgt_buf_start changed and pgt_buf_end did not yet; the previous values are kept";
    } else {
        openEpoch(values);
    }
}

void PgtBufTracker::applyToCurrent(PgtBufEpoch& current, const Values& values)
{
    const bool same = current.end.value == values.end && current.top.value == values.top;
    if (m_buffer.trust == PgtBufTrust::HandedBack) {
        if (same)
            return;
        // A buffer that nothing was taken from may be set up again at its own place; one in use cannot.
        if (current.start == current.end)
            openEpoch(values);
        else
            m_remark = "pgt_buf_end or pgt_buf_top changed after the hand-back; the previous values are kept";
        return;
    }
    if (values.end < current.end.value) {
        m_remark = "pgt_buf_end decreased from " + hexText(current.end.value) + " to " + hexText(values.end)
            + "; the previous values are kept";
        return;
    }
    current.end = GuestFrame(values.end);
    current.top = GuestFrame(values.top);
    m_buffer.trust = PgtBufTrust::Live;
}

void PgtBufTracker::openEpoch(const Values& values)
{
    if (m_buffer.epochs.size() == maxEpochs) {
        m_remark
            = "pgt_buf was set up more than " + std::to_string(maxEpochs) + " times: not followed any more";
        return;
    }
    m_buffer.epochs.push_back(
        {GuestFrame(values.start), GuestFrame(values.end), GuestFrame(values.top), m_startDropped});
    m_buffer.trust = PgtBufTrust::Live;
}

void PgtBufTracker::tablesAppeared(std::span<const GuestFrame> frames)
{
    const bool allocated = std::exchange(m_allocated, false);
    if (!allocated || m_buffer.trust != PgtBufTrust::Live)
        return;
    for (const GuestFrame frame : frames) {
        const bool inBuffer = std::any_of(m_buffer.epochs.begin(), m_buffer.epochs.end(),
            [frame](const PgtBufEpoch& epoch) { return epoch.whole().contains(frame); });
        if (!inBuffer)
            addBeyond(frame);
    }
}

void PgtBufTracker::addBeyond(GuestFrame frame)
{
    auto& ranges = m_buffer.beyond;
    for (GuestFrameRange& range : ranges) {
        if (range.contains(frame))
            return;
        if (range.end == frame) {
            range.end = frame + 1;
            return;
        }
        if (frame + 1 == range.begin) {
            range.begin = frame;
            return;
        }
    }
    if (ranges.size() < maxBeyond)
        ranges.push_back({frame, frame + 1});
    else
        m_remark = "too many pages were taken from memblock to follow them all";
}

} // namespace pgtscope::core
