// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <memory>

#include "ruleguest.h"

namespace pgtscope::tests {

/// A Xen of hand-made extents: the frames below 0x400 are the domain's own, its numbers the machine's plus
/// 0x1000.
inline std::shared_ptr<XenState> plainXen()
{
    auto xen = std::make_shared<XenState>();
    xen->domain = 0;
    xen->complete = true;
    xen->root = PhysicalAddress(RuleGuest::rootTable);
    xen->extents = XenExtents({{FrameNumber(0), GuestFrame(0x1000), 0x400, 0}});
    return xen;
}

inline SnapshotPtr captureUnder(RuleGuest& guest, const XenStatePtr& xen)
{
    SnapshotBuilder builder(guest.memory, guest.cpu, guest.features);
    builder.setXen(xen);
    if (auto done = builder.captureTables({}); !done)
        throw std::runtime_error(done.error().message());
    builder.setPgtBuf(guest.buffer);
    return builder.finish();
}

} // namespace pgtscope::tests
