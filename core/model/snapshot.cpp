// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/model/snapshot.h"

#include <algorithm>

#include "core/model/regionnames.h"

namespace pgtscope::core {

std::string_view stateText(TableState state)
{
    switch (state) {
    case TableState::Read:
        return "";
    case TableState::OutsideRam:
        return "outside RAM";
    case TableState::Unreadable:
        return "unreadable";
    case TableState::OverLimit:
        return "not read: too many tables";
    case TableState::Hypervisor:
        return "not followed: Xen's own";
    }
    return "";
}

TableId Snapshot::find(PhysicalAddress address, unsigned level) const
{
    const auto found = m_index.find(Key{address, level});
    return found == m_index.end() ? noTable : found->second;
}

const XenTable* Snapshot::typedTable(FrameNumber frame) const
{
    return m_xen ? m_xen->table(frame) : tableIn(m_facts.checker.tables, frame);
}

std::optional<GuestFrame> Snapshot::guestFrame(FrameNumber frame) const
{
    return m_xen ? m_xen->ownGuestFrame(frame) : GuestFrame(frame.value);
}

std::optional<FrameNumber> Snapshot::frame(GuestFrame guest) const
{
    return m_xen ? m_xen->machineFrame(guest) : FrameNumber(guest.value);
}

std::vector<FramePiece> Snapshot::pieces(GuestFrameRange guest) const
{
    if (!(guest.begin < guest.end))
        return {};
    if (!m_xen)
        return {{guest.begin, {FrameNumber(guest.begin.value), FrameNumber(guest.end.value)}}};
    return m_xen->domain ? m_xen->extents.pieces(*m_xen->domain, guest) : std::vector<FramePiece>();
}

void Snapshot::nameRegions()
{
    m_namedRegions = m_facts.physicalRegions;
    if (m_facts.pgtBuf.trust != PgtBufTrust::Live && m_facts.pgtBuf.trust != PgtBufTrust::HandedBack)
        return;
    for (const PgtBufEpoch& epoch : m_facts.pgtBuf.epochs)
        for (const FramePiece& piece : pieces(epoch.whole()))
            m_namedRegions.push_back({std::string(region::pgtBuf), std::string(region::pgtBuf),
                {addressOf(piece.frames.begin), addressOf(piece.frames.end)}});
}

BufferPlace Snapshot::bufferPlace(FrameNumber frame) const
{
    const auto guest = guestFrame(frame);
    return guest ? core::bufferPlace(m_facts.pgtBuf, *guest) : BufferPlace::Outside;
}

const LinearRegion* Snapshot::regionAt(LinearAddress address) const
{
    auto next = std::upper_bound(m_facts.linearRegions.begin(), m_facts.linearRegions.end(), address,
        [](LinearAddress a, const LinearRegion& r) { return a < r.range.begin; });
    if (next == m_facts.linearRegions.begin())
        return nullptr;
    const LinearRegion& region = *std::prev(next);
    return region.range.contains(address) ? &region : nullptr;
}

} // namespace pgtscope::core
