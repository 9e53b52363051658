// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/model/xenstate.h"

#include <algorithm>
#include <array>
#include <functional>
#include <numeric>
#include <queue>
#include <tuple>
#include <utility>

#include "core/base/numbers.h"
#include "core/model/xenlayout.h"

namespace pgtscope::core {

std::string_view frameTypeText(XenFrameType type)
{
    constexpr std::array<std::string_view, 8> texts{
        "none", "L1 table", "L2 table", "L3 table", "L4 table", "segments", "shared", "writable"};
    return texts[static_cast<std::size_t>(type)];
}

XenExtents::XenExtents(std::vector<XenExtent> byMachine)
    : m_extents(std::move(byMachine))
{
    std::vector<std::uint32_t> order(m_extents.size());
    std::iota(order.begin(), order.end(), 0U);
    std::stable_sort(order.begin(), order.end(), [this](std::uint32_t a, std::uint32_t b) {
        return std::tie(m_extents[a].domain, m_extents[a].guest)
            < std::tie(m_extents[b].domain, m_extents[b].guest);
    });
    const auto endOf = [this](std::uint32_t i) { return m_extents[i].guest + m_extents[i].frames; };
    // Those that hold the frame which has been reached, the lowest machine frame first.
    std::priority_queue<std::uint32_t, std::vector<std::uint32_t>, std::greater<>> open;
    GuestFrame reached;
    std::uint16_t domain = 0;
    for (std::size_t next = 0; next < order.size() || !open.empty();) {
        if (open.empty()) {
            domain = m_extents[order[next]].domain;
            reached = m_extents[order[next]].guest;
        }
        const auto isNext = [&] { return next < order.size() && m_extents[order[next]].domain == domain; };
        for (; isNext() && m_extents[order[next]].guest <= reached; ++next)
            open.push(order[next]);
        while (!open.empty() && endOf(open.top()) <= reached)
            open.pop();
        if (open.empty())
            continue;
        const XenExtent& extent = m_extents[open.top()];
        GuestFrame until = endOf(open.top());
        if (isNext())
            until = std::min(until, m_extents[order[next]].guest);
        addPiece({domain, {reached, until}, extent.machine + (reached - extent.guest)});
        reached = until;
    }
}

void XenExtents::addPiece(const Piece& piece)
{
    Piece* last = m_byGuest.empty() ? nullptr : &m_byGuest.back();
    if (last && last->domain == piece.domain && last->guest.end == piece.guest.begin
        && last->machine + last->guest.bytes() == piece.machine)
        last->guest.end = piece.guest.end;
    else
        m_byGuest.push_back(piece);
}

const XenExtent* XenExtents::at(FrameNumber machine) const
{
    auto next = std::upper_bound(m_extents.begin(), m_extents.end(), machine,
        [](FrameNumber frame, const XenExtent& extent) { return frame < extent.machine; });
    if (next == m_extents.begin())
        return nullptr;
    const XenExtent& extent = *std::prev(next);
    return machine - extent.machine < extent.frames ? &extent : nullptr;
}

XenExtents::PieceIterator XenExtents::pieceFrom(std::uint16_t domain, GuestFrame guest) const
{
    return std::partition_point(m_byGuest.begin(), m_byGuest.end(), [&](const Piece& piece) {
        return piece.domain < domain || (piece.domain == domain && piece.guest.end <= guest);
    });
}

std::optional<FrameNumber> XenExtents::machineFrame(std::uint16_t domain, GuestFrame guest) const
{
    const auto piece = pieceFrom(domain, guest);
    if (piece == m_byGuest.end() || piece->domain != domain || guest < piece->guest.begin)
        return std::nullopt;
    return piece->machine + (guest - piece->guest.begin);
}

std::vector<FramePiece> XenExtents::pieces(std::uint16_t domain, GuestFrameRange guest) const
{
    std::vector<FramePiece> result;
    for (auto piece = pieceFrom(domain, guest.begin);
         piece != m_byGuest.end() && piece->domain == domain && piece->guest.begin < guest.end; ++piece) {
        const GuestFrame begin = std::max(guest.begin, piece->guest.begin);
        const GuestFrame end = std::min(guest.end, piece->guest.end);
        const FrameNumber machine = piece->machine + (begin - piece->guest.begin);
        result.push_back({begin, {machine, machine + (end - begin)}});
    }
    return result;
}

std::optional<GuestFrame> XenState::guestFrame(FrameNumber machine) const
{
    const XenExtent* extent = extents.at(machine);
    return extent ? std::optional(extent->guest + (machine - extent->machine)) : std::nullopt;
}

std::optional<GuestFrame> XenState::ownGuestFrame(FrameNumber machine) const
{
    const XenExtent* extent = extents.at(machine);
    return extent && extent->domain == domain ? guestFrame(machine) : std::nullopt;
}

std::optional<FrameNumber> XenState::machineFrame(GuestFrame guest) const
{
    return domain ? extents.machineFrame(*domain, guest) : std::nullopt;
}

std::optional<std::uint16_t> XenState::owner(FrameNumber machine) const
{
    const XenExtent* extent = extents.at(machine);
    return extent ? std::optional(extent->domain) : std::nullopt;
}

const XenTable* tableIn(const std::vector<XenTable>& tables, FrameNumber frame)
{
    const auto found = std::lower_bound(tables.begin(), tables.end(), frame,
        [](const XenTable& table, FrameNumber f) { return table.frame < f; });
    return found != tables.end() && found->frame == frame ? &*found : nullptr;
}

const XenTable* XenState::table(FrameNumber frame) const { return tableIn(tables, frame); }

std::string tableText(const XenTable* table)
{
    if (!table)
        return "no page table";
    return std::string(frameTypeText(table->type)) + (table->pinned ? ", pinned, " : ", ")
        + countText(table->uses, "use");
}

std::string domainText(std::uint16_t domain)
{
    if (domain == XenState::unreportedDomain)
        return "a domain";
    return domain == 0 ? "dom0" : "domain " + std::to_string(domain);
}

std::string domainText(const XenState& xen)
{
    if (!xen.domain)
        return xen.complete ? "Xen" : "an unknown domain";
    return domainText(*xen.domain);
}

XenPlace xenPlace(const CpuState& cpu)
{
    if (cpu.cpl() == 0)
        return XenPlace::Hypervisor;
    constexpr LinearAddress kernelHalf{0xffff800000000000};
    return cpu.rip < kernelHalf ? XenPlace::Process : XenPlace::Kernel;
}

std::string_view placeText(XenPlace place)
{
    constexpr std::array<std::string_view, 3> texts{
        "in Xen (ring 0)", "in its kernel (ring 3)", "in a process (ring 3)"};
    return texts[static_cast<std::size_t>(place)];
}

std::string isolationText(const XenState& xen)
{
    if (!xen.isolated)
        return xen.rootKnown ? "no XPTI" : "no XPTI; CR3 holds a process's root, its kernel's was not found";
    return xen.rootKnown ? "XPTI: CR3 holds Xen's copy of the root"
                         : "XPTI: CR3 holds Xen's copy of the root, the own one was not found";
}

bool sameDistance(const XenState* xen, FrameNumber first, FrameNumber next)
{
    const auto guest = xen ? xen->guestFrame(first) : std::nullopt;
    const auto guestNext = xen ? xen->guestFrame(next) : std::nullopt;
    if (!guest || !guestNext)
        return !guest && !guestNext;
    return *guestNext == *guest + (next - first);
}

std::optional<GuestFrame> guestFrameOf(const XenState* xen, FrameNumber frame)
{
    return xen ? xen->guestFrame(frame) : GuestFrame(frame.value);
}

std::string guestFrameText(const XenState* xen, FrameNumber machine)
{
    const auto guest = xen ? xen->guestFrame(machine) : std::nullopt;
    return guest ? " (pfn:" + hexText(guest->value) + ")" : std::string();
}

} // namespace pgtscope::core
