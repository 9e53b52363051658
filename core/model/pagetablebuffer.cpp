// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/model/pagetablebuffer.h"

#include <algorithm>

namespace pgtscope::core {

const PgtBufEpoch* liveEpoch(const PageTableBuffer& buffer)
{
    return buffer.trust == PgtBufTrust::Live && !buffer.epochs.empty() ? &buffer.epochs.back() : nullptr;
}

BufferPlace bufferPlace(const PageTableBuffer& buffer, GuestFrame frame)
{
    if (buffer.trust != PgtBufTrust::Live && buffer.trust != PgtBufTrust::HandedBack)
        return BufferPlace::Outside;
    const PgtBufEpoch* live = liveEpoch(buffer);
    // The newest epoch decides: it may have been given frames that an earlier one handed back.
    for (auto epoch = buffer.epochs.rbegin(); epoch != buffer.epochs.rend(); ++epoch) {
        if (epoch->used().contains(frame))
            return BufferPlace::Used;
        if (epoch->reserved().contains(frame))
            return live == &*epoch ? BufferPlace::Reserved : BufferPlace::HandedBack;
    }
    const bool beyond = std::any_of(buffer.beyond.begin(), buffer.beyond.end(),
        [frame](const GuestFrameRange& range) { return range.contains(frame); });
    return beyond ? BufferPlace::Beyond : BufferPlace::Outside;
}

bool isEarlyIoremapSlot(const PageTableBuffer& buffer, PhysicalAddress entry)
{
    return buffer.bmPte && frameOf(entry) == frameOf(*buffer.bmPte);
}

} // namespace pgtscope::core
