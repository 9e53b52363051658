// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/rules/bufferstate.h"

#include <algorithm>

namespace pgtscope::core {

const PgtBufEpoch* liveEpoch(const PageTableBuffer& buffer)
{
    return buffer.trust == PgtBufTrust::Live && !buffer.epochs.empty() ? &buffer.epochs.back() : nullptr;
}

BufferPlace bufferPlace(const PageTableBuffer& buffer, FrameNumber frame)
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
        [frame](const FrameRange& range) { return range.contains(frame); });
    return beyond ? BufferPlace::Beyond : BufferPlace::Outside;
}

bool isEarlyIoremapSlot(const PageTableBuffer& buffer, PhysicalAddress entry)
{
    return buffer.bmPte && frameOf(entry) == frameOf(*buffer.bmPte);
}

bool isNoTableToXen(const RuleContext& context, FrameNumber frame)
{
    const XenState* xen = context.snapshot().xen();
    const TableFrame* table = context.tableFrame(frame);
    return xen && xen->complete && !xen->table(frame) && (!table || table->detached);
}

bool isTablePage(const RuleContext& context, FrameNumber frame)
{
    if (context.tableFrame(frame))
        return true;
    const BufferPlace place = bufferPlace(context.pgtBuf(), frame);
    return place == BufferPlace::Used || place == BufferPlace::Beyond;
}

bool isBeingFilled(const RuleContext& context, FrameNumber frame)
{
    const PgtBufEpoch* live = liveEpoch(context.pgtBuf());
    if (!live || !live->used().contains(frame) || context.isHooked(frame))
        return false;
    // Nothing is handed out while a page of PTEs is filled: an older one is complete, and pinned at once.
    const TableFrame* table = context.tableFrame(frame);
    return frame + 1 == live->end || !table || (table->levels & (1U << 1)) == 0;
}

MappingVerdict mappingVerdict(
    const RuleContext& context, FrameNumber frame, PhysicalAddress entry, bool writable)
{
    const PageTableBuffer& buffer = context.pgtBuf();
    if (isTablePage(context, frame)) {
        if (!writable)
            return MappingVerdict::Fine;
        if (isEarlyIoremapSlot(buffer, entry) && isBeingFilled(context, frame))
            return MappingVerdict::AllowedTransient;
        return isNoTableToXen(context, frame) ? MappingVerdict::Pending : MappingVerdict::Violation;
    }
    switch (bufferPlace(buffer, frame)) {
    case BufferPlace::Reserved:
        return writable ? MappingVerdict::Pending : MappingVerdict::ReservedFine;
    case BufferPlace::HandedBack:
        return writable ? MappingVerdict::Fine : MappingVerdict::StaleReadOnly;
    case BufferPlace::Outside:
    case BufferPlace::Used:
    case BufferPlace::Beyond:
        break;
    }
    return MappingVerdict::Fine;
}

} // namespace pgtscope::core
