// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/model/xenstate.h"

#include <algorithm>
#include <array>

#include "core/base/numbers.h"
#include "core/model/xenlayout.h"

namespace pgtscope::core {

std::string_view frameTypeText(XenFrameType type)
{
    constexpr std::array<std::string_view, 8> texts{
        "none", "L1 table", "L2 table", "L3 table", "L4 table", "segments", "shared", "writable"};
    return texts[static_cast<std::size_t>(type)];
}

const XenExtent* XenState::extentAt(FrameNumber machine) const
{
    auto next = std::upper_bound(extents.begin(), extents.end(), machine,
        [](FrameNumber frame, const XenExtent& extent) { return frame < extent.machine; });
    if (next == extents.begin())
        return nullptr;
    const XenExtent& extent = *std::prev(next);
    return machine - extent.machine < extent.frames ? &extent : nullptr;
}

std::optional<FrameNumber> XenState::guestFrame(FrameNumber machine) const
{
    const XenExtent* extent = extentAt(machine);
    return extent ? std::optional(extent->guest + (machine - extent->machine)) : std::nullopt;
}

std::optional<FrameNumber> XenState::machineFrame(FrameNumber guest) const
{
    for (const XenExtent& extent : extents)
        if (extent.domain == domain && guest >= extent.guest && guest - extent.guest < extent.frames)
            return extent.machine + (guest - extent.guest);
    return std::nullopt;
}

std::optional<std::uint16_t> XenState::owner(FrameNumber machine) const
{
    const XenExtent* extent = extentAt(machine);
    return extent ? std::optional(extent->domain) : std::nullopt;
}

const XenTable* XenState::table(FrameNumber frame) const
{
    const auto found = std::lower_bound(tables.begin(), tables.end(), frame,
        [](const XenTable& table, FrameNumber f) { return table.frame < f; });
    return found != tables.end() && found->frame == frame ? &*found : nullptr;
}

std::string tableText(const XenTable* table)
{
    if (!table)
        return "no page table";
    return std::string(frameTypeText(table->type)) + (table->pinned ? ", pinned, " : ", ")
        + std::to_string(table->uses) + (table->uses == 1 ? " use" : " uses");
}

std::string domainText(std::uint16_t domain)
{
    if (domain == XenState::untoldDomain)
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
        return "no XPTI";
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

std::string guestFrameText(const XenState* xen, FrameNumber machine)
{
    const auto guest = xen ? xen->guestFrame(machine) : std::nullopt;
    return guest ? " (pfn " + hexText(guest->value) + ")" : std::string();
}

} // namespace pgtscope::core
