// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/xen/framescan.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "core/model/xenlayout.h"

namespace pgtscope::core {

namespace {

/// Frames whose entries in the machine-to-physical table fill one page.
constexpr std::uint64_t blockFrames = frameBytes / sizeof(std::uint64_t);
/// Frames whose entries in frame_table fill one page.
constexpr std::uint64_t infoFrames = frameBytes / xen::frameInfoBytes;

template <class Word>
Word wordAt(const std::byte* at)
{
    Word value;
    std::memcpy(&value, at, sizeof value);
    return value;
}

} // namespace

FrameScan::FrameScan(PhysicalMemory& memory, RootReader& reader)
    : m_memory(memory)
    , m_reader(reader)
{
}

Result<void> FrameScan::run(XenState& state, bool whole, const CancelFlag* cancel)
{
    const auto root = info(frameOf(state.root));
    if (root)
        state.domain = domainOf(*root);
    if (!whole)
        return {};
    for (const PhysicalRange& range : m_memory.ramMap().ranges())
        RETURN_IF_ERROR(readRange(state, frameOf(range.begin), frameOf(range.end), cancel));
    append(std::exchange(m_growing, {}));
    state.extents = XenExtents(std::exchange(m_extents, {}));
    // A process's root may lack the machine-to-physical table: then nothing was read.
    state.complete = root.has_value()
        && m_reader.translate(xen::machineToPhysical + frameOf(state.root).value * sizeof(std::uint64_t));
    return {};
}

std::optional<FrameNumber> FrameScan::findRoot(
    const std::function<bool(FrameNumber)>& is, const CancelFlag* cancel)
{
    for (const PhysicalRange& range : m_memory.ramMap().ranges())
        for (FrameNumber frame = frameOf(range.begin); frame < frameOf(range.end); frame = frame + 1) {
            if (frame.value % blockFrames == 0 && cancel && cancel->cancelled())
                return std::nullopt;
            const auto found = info(frame);
            const auto table = found ? tableFrom(frame, found->type) : std::nullopt;
            if (table && table->type == XenFrameType::L4 && is(frame))
                return frame;
        }
    return std::nullopt;
}

std::optional<FrameScan::Info> FrameScan::info(FrameNumber frame)
{
    const LinearAddress at = xen::frameTable + frame.value * xen::frameInfoBytes;
    const std::byte* page = m_reader.frameAt(LinearAddress(at.value & ~(frameBytes - 1)));
    if (!page)
        return std::nullopt;
    const std::byte* entry = page + at.value % frameBytes;
    return Info{wordAt<std::uint64_t>(entry + xen::countInfo), wordAt<std::uint64_t>(entry + xen::typeInfo),
        wordAt<std::uint32_t>(entry + xen::ownerFrame)};
}

std::optional<std::uint16_t> FrameScan::domainOf(const Info& info)
{
    if ((info.count & xen::allocated) == 0 || info.owner == 0)
        return std::nullopt;
    if (info.owner == m_lastOwner)
        return m_lastDomain;
    const auto [known, isNew] = m_domains.try_emplace(info.owner);
    if (isNew) {
        std::array<std::byte, sizeof(std::uint16_t)> bytes{};
        const PhysicalAddress address = addressOf(FrameNumber(info.owner));
        PhysicalRead read{address, bytes};
        if (m_memory.ramMap().contains(address, frameBytes) && m_memory.read(std::span(&read, 1)) && read.ok)
            known->second = wordAt<std::uint16_t>(bytes.data());
        if (known->second >= xen::firstReservedDomain)
            known->second.reset();
    }
    m_lastOwner = info.owner;
    return m_lastDomain = known->second;
}

Result<void> FrameScan::readRange(
    XenState& state, FrameNumber begin, FrameNumber end, const CancelFlag* cancel)
{
    for (FrameNumber frame = begin; frame < end;) {
        const FrameNumber blockEnd((frame.value / blockFrames + 1) * blockFrames);
        readBlock(state, frame, std::min(blockEnd, end));
        frame = blockEnd;
        if (cancel && cancel->cancelled())
            return failure("read Xen's frame table", "cancelled");
    }
    return {};
}

void FrameScan::readBlock(XenState& state, FrameNumber begin, FrameNumber end)
{
    std::array<std::byte, frameBytes> guests;
    const FrameNumber first(begin.value / blockFrames * blockFrames);
    const std::byte* page = m_reader.frameAt(xen::machineToPhysical + first.value * sizeof(std::uint64_t));
    if (!page)
        return;
    std::memcpy(guests.data(), page, guests.size());
    for (FrameNumber frame = begin; frame < end;) {
        const FrameNumber infosBegin(frame.value / infoFrames * infoFrames);
        const FrameNumber infosEnd = std::min(end, infosBegin + infoFrames);
        const std::byte* infos = m_reader.frameAt(xen::frameTable + infosBegin.value * xen::frameInfoBytes);
        if (infos)
            readInfos(state, frame, infosEnd, infos + (frame - infosBegin) * xen::frameInfoBytes,
                guests.data() + (frame - first) * sizeof(std::uint64_t));
        frame = infosEnd;
    }
}

/// A machine has millions of frames, most of which extend the previous run: its state stays in locals.
void FrameScan::readInfos(
    XenState& state, FrameNumber begin, FrameNumber end, const std::byte* infos, const std::byte* guests)
{
    XenExtent growing = m_growing;
    const auto ours = state.domain;
    std::uint32_t owner = 0;
    std::optional<std::uint16_t> domain;
    for (FrameNumber frame = begin; frame < end;
         frame = frame + 1, infos += xen::frameInfoBytes, guests += sizeof(std::uint64_t)) {
        const Info info{wordAt<std::uint64_t>(infos + xen::countInfo),
            wordAt<std::uint64_t>(infos + xen::typeInfo), wordAt<std::uint32_t>(infos + xen::ownerFrame)};
        if ((info.count & xen::allocated) == 0 || info.owner == 0)
            continue;
        if (info.owner != owner) {
            owner = info.owner;
            domain = domainOf(info);
        }
        if (!domain)
            continue;
        const GuestFrame guest(wordAt<std::uint64_t>(guests));
        const bool isGuests = guest.value < xen::notAGuestFrame;
        if (isGuests && growing.domain == *domain && growing.machine + growing.frames == frame
            && growing.guest + growing.frames == guest) {
            ++growing.frames;
        } else if (isGuests) {
            append(growing);
            growing = {frame, guest, 1, *domain};
        }
        if (domain == ours)
            if (const auto table = tableFrom(frame, info.type))
                state.tables.push_back(*table);
    }
    m_growing = growing;
}

void FrameScan::append(const XenExtent& extent)
{
    if (extent.frames != 0)
        m_extents.push_back(extent);
}

} // namespace pgtscope::core
