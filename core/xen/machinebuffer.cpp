// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/xen/machinebuffer.h"

namespace pgtscope::core {

namespace {

/// Frames beyond the buffer that are looked at; a kernel takes a few thousand at most.
constexpr std::size_t mostFrames = 1U << 16;

void addFrame(std::vector<FrameRange>& ranges, FrameNumber frame)
{
    if (!ranges.empty() && ranges.back().end == frame)
        ranges.back().end = frame + 1;
    else
        ranges.push_back({frame, frame + 1});
}

} // namespace

std::optional<FrameRange> inMachineFrames(FrameRange guest, const XenState& xen)
{
    const auto first = xen.machineFrame(guest.begin);
    if (!first)
        return std::nullopt;
    const std::uint64_t frames = guest.end - guest.begin;
    for (std::uint64_t i = 1; i < frames; ++i)
        if (i == mostFrames || xen.machineFrame(guest.begin + i) != *first + i)
            return std::nullopt;
    return FrameRange{*first, *first + frames};
}

PageTableBuffer inMachineFrames(const PageTableBuffer& buffer, const XenState& xen)
{
    PageTableBuffer result = buffer;
    result.epochs.clear();
    for (const PgtBufEpoch& epoch : buffer.epochs) {
        if (const auto whole = inMachineFrames({epoch.start, epoch.top}, xen))
            result.epochs.push_back(
                {whole->begin, whole->begin + (epoch.end - epoch.start), whole->end, epoch.startRecovered});
    }
    result.beyond.clear();
    std::size_t seen = 0;
    for (const FrameRange& range : buffer.beyond)
        for (FrameNumber frame = range.begin; frame < range.end && ++seen < mostFrames; frame = frame + 1)
            if (const auto machine = xen.machineFrame(frame))
                addFrame(result.beyond, *machine);
    return result;
}

std::pair<FrameNumber, PgtBufEpoch> asKernelCounts(
    const XenState* xen, FrameNumber machine, const PgtBufEpoch& epoch)
{
    const auto frame = xen ? xen->guestFrame(machine) : std::nullopt;
    const auto start = xen ? xen->guestFrame(epoch.start) : std::nullopt;
    if (!frame || !start)
        return {machine, epoch};
    // An epoch is kept only if its frames follow each other in both counts.
    return {*frame,
        {*start, *start + (epoch.end - epoch.start), *start + (epoch.top - epoch.start),
            epoch.startRecovered}};
}

} // namespace pgtscope::core
