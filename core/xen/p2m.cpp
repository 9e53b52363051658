// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/xen/p2m.h"

#include <algorithm>
#include <utility>

namespace pgtscope::core {

namespace {

/// FOREIGN_FRAME_BIT and IDENTITY_FRAME_BIT; INVALID_P2M_ENTRY has both.
constexpr std::uint64_t noFrameOfOwn = 3ULL << 62;
/// Frame numbers that an entry can hold.
constexpr std::uint64_t frameNumbers = 1ULL << 40;

} // namespace

XenExtents extentsOf(std::span<const std::uint64_t> p2m, std::uint16_t domain)
{
    std::vector<XenExtent> single;
    for (std::size_t guest = 0; guest < p2m.size(); ++guest)
        if ((p2m[guest] & noFrameOfOwn) == 0 && p2m[guest] < frameNumbers)
            single.push_back({FrameNumber(p2m[guest]), GuestFrame(guest), 1, domain});
    std::stable_sort(single.begin(), single.end(),
        [](const XenExtent& a, const XenExtent& b) { return a.machine < b.machine; });
    std::vector<XenExtent> extents;
    for (const XenExtent& frame : single) {
        const bool behind = !extents.empty();
        const XenExtent last = behind ? extents.back() : XenExtent();
        if (behind && frame.machine - last.machine < last.frames)
            continue;
        if (behind && frame.machine == last.machine + last.frames && frame.guest == last.guest + last.frames)
            ++extents.back().frames;
        else
            extents.push_back(frame);
    }
    return XenExtents(std::move(extents));
}

} // namespace pgtscope::core
