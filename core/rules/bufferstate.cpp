// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/rules/bufferstate.h"

#include <algorithm>

#include "core/base/numbers.h"
#include "core/linux/events.h"
#include "core/walk/translation.h"

namespace pgtscope::core {

namespace {

/// The kernel's number of a frame that the live epoch of pgt_buf has handed out.
std::optional<GuestFrame> handedOut(const RuleContext& context, FrameNumber frame)
{
    const PgtBufEpoch* live = liveEpoch(context.pgtBuf());
    const auto guest = live ? context.snapshot().guestFrame(frame) : std::nullopt;
    return guest && live->used().contains(*guest) ? guest : std::nullopt;
}

/// The page is written to through a slot of early_ioremap: the kernel closes it before it offers the page to
/// the hypervisor.
bool isOpenInSlot(const RuleContext& context, FrameNumber frame)
{
    const FrameMappings& mappings = context.bufferMappings();
    const std::size_t position = mappings.positionOf(frame);
    if (position == mappings.frames().size())
        return false;
    for (std::size_t i = 0; i < mappings.listed(position); ++i) {
        const Alias alias = mappings.alias(position, i);
        if (alias.rights.write && isEarlyIoremapSlot(context.pgtBuf(), alias.entryAddress))
            return true;
    }
    return false;
}

/// What a kernel dies of is a page that it has offered: that one is not being made any more.
bool mayHaveBeenRefused(const RuleContext& context, FrameNumber frame)
{
    return isDying(context.snapshot()) && !isOpenInSlot(context, frame);
}

/// No table leads to the frame, and nothing says that a hypervisor takes it for a table yet.
bool isBeingMade(const RuleContext& context, FrameNumber frame)
{
    if (context.isHooked(frame) || mayHaveBeenRefused(context, frame))
        return false;
    return context.snapshot().typesKnown() ? isNoTableToHypervisor(context, frame)
                                           : isBeingFilled(context, frame);
}

} // namespace

BufferPlace placeInBuffer(const RuleContext& context, FrameNumber frame)
{
    const Snapshot& snapshot = context.snapshot();
    if (context.pgtBuf().trust != PgtBufTrust::Stale || !isDying(snapshot))
        return snapshot.bufferPlace(frame);
    const Translation fault = translate(snapshot, LinearAddress(snapshot.cpu().control.cr2));
    const auto guest = snapshot.guestFrame(frame);
    if (!guest || fault.end != TranslationEnd::Mapped || frameOf(fault.physical) != frame)
        return snapshot.bufferPlace(frame);
    const auto& epochs = context.pgtBuf().epochs;
    const bool handedBack = std::any_of(epochs.begin(), epochs.end(),
        [&](const PgtBufEpoch& epoch) { return epoch.reserved().contains(*guest); });
    return handedBack ? BufferPlace::HandedBack : BufferPlace::Outside;
}

bool isNoTableToHypervisor(const RuleContext& context, FrameNumber frame)
{
    const Snapshot& snapshot = context.snapshot();
    const TableFrame* table = context.tableFrame(frame);
    return snapshot.typesKnown() && !snapshot.typedTable(frame) && (!table || table->detached);
}

bool isTablePage(const RuleContext& context, FrameNumber frame)
{
    if (context.tableFrame(frame))
        return true;
    const BufferPlace place = placeInBuffer(context, frame);
    return place == BufferPlace::Used || place == BufferPlace::Beyond;
}

bool isNewest(const RuleContext& context, FrameNumber frame)
{
    const auto guest = handedOut(context, frame);
    return guest && *guest + 1 == liveEpoch(context.pgtBuf())->end;
}

bool isBeingFilled(const RuleContext& context, FrameNumber frame)
{
    if (!handedOut(context, frame) || context.isHooked(frame))
        return false;
    // Nothing is handed out while a page of PTEs is filled: an older one is complete, and pinned at once.
    const TableFrame* table = context.tableFrame(frame);
    return isNewest(context, frame) || !table || (table->levels & (1U << 1)) == 0;
}

void noteUnplaced(const RuleContext& context, ReportBuilder& report)
{
    const std::uint64_t unplaced = context.bufferUnplaced();
    if (unplaced != 0)
        report.addGap(countText(unplaced, "frame") + " of pgt_buf"
            + (unplaced == 1 ? " has no known machine frame: it was not checked"
                             : " have no known machine frames: they were not checked"));
}

void noteUnjudged(const RuleContext& context, ReportBuilder& report)
{
    if (context.pgtBuf().trust != PgtBufTrust::Stale)
        return;
    const auto& epochs = context.pgtBuf().epochs;
    for (const FrameNumber frame : context.bufferMappings().frames()) {
        const auto guest = context.snapshot().guestFrame(frame);
        const bool inBuffer = guest
            && std::any_of(epochs.begin(), epochs.end(),
                [&](const PgtBufEpoch& epoch) { return epoch.whole().contains(*guest); });
        if (inBuffer && !isTablePage(context, frame))
            report.addUnjudged(frame);
    }
}

void standUnderXen(const RuleContext& context, ReportBuilder& report)
{
    if (context.pgtBuf().enforced)
        report.setStanding(Standing::Broken);
    else
        report.setStanding(
            Standing::Hypothetical, "no hypervisor enforces the rule here: this is what Xen would say");
}

void noteUnknownTypes(const RuleContext& context, ReportBuilder& report)
{
    if (!context.pgtBuf().enforced || context.snapshot().typesKnown())
        return;
    const FrameMappings& mappings = context.bufferMappings();
    const auto concluded = [&](std::size_t position) {
        const FrameNumber frame = mappings.frames()[position];
        return mappings.tally(position).writable != 0 && handedOut(context, frame)
            && !context.isHooked(frame);
    };
    for (std::size_t position = 0; position < mappings.frames().size(); ++position)
        if (concluded(position)) {
            report.addGap(std::string(context.snapshot().xen() ? "Xen's frame_table"
                                                               : "the hypervisor's list of page tables")
                + " was not read: which pages of pgt_buf are pinned is concluded from the order "
                  "in which they were handed out");
            return;
        }
}

MappingVerdict mappingVerdict(const RuleContext& context, FrameNumber frame, const MappingFacts& mapping)
{
    const bool writable = mapping.writable;
    if (isTablePage(context, frame)) {
        if (!writable)
            return MappingVerdict::Fine;
        if (isEarlyIoremapSlot(context.pgtBuf(), mapping.entry) && isBeingFilled(context, frame))
            return MappingVerdict::AllowedTransient;
        if (!mapping.detached && isBeingMade(context, frame))
            return MappingVerdict::BeingMade;
        return MappingVerdict::Violation;
    }
    switch (placeInBuffer(context, frame)) {
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
