// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/rules/maskrw.h"

#include "core/model/frametext.h"
#include "core/rules/bufferstate.h"
#include "core/rules/findingtext.h"
#include "core/rules/reportbuilder.h"

namespace pgtscope::core {

namespace {

std::string_view limitName(MaskLimit limit) { return limit == MaskLimit::Top ? pgtBufTop : pgtBufEnd; }

void addClauses(const RuleContext& context, MaskLimit limit, bool slot, Finding& finding)
{
    const PgtBufEpoch& epoch = *liveEpoch(context.pgtBuf());
    const FindingEntry& entry = finding.entry;
    const GuestFrame pfn = context.snapshot().guestFrame(finding.frame).value_or(GuestFrame());
    const GuestFrameRange range = maskedRange(epoch, limit);
    const auto bmPte = context.pgtBuf().bmPte;
    finding.clauses.push_back({"the pte is an early_ioremap slot",
        physicalText(entry.address) + ", bm_pte[] at "
            + (bmPte ? physicalText(*bmPte) : "an unknown address"),
        slot});
    const std::string name(limitName(limit));
    finding.clauses.push_back({"not a slot, and pgt_buf_start <= pfn < " + name, orderText(range, pfn),
        !slot && range.contains(pfn)});
    finding.clauses.push_back({"a slot, and pfn != pgt_buf_end - 1",
        frameText(pfn) + " != " + frameText(epoch.end - 1), slot && pfn + 1 != epoch.end});
    finding.clauses.push_back({"the mapping is effectively writable",
        entryText(context.paging(), entry) + ", its path gives " + rightsText(entry.rights),
        entry.rights.write});
}

void explain(const RuleContext& context, MaskLimit limit, bool slot, Finding& finding)
{
    addClauses(context, limit, slot, finding);
    const std::string which = slot ? "an early_ioremap slot of another page than the newest"
                                   : "a frame of [pgt_buf_start, " + std::string(limitName(limit)) + ')';
    finding.summary = entryText(context.paging(), finding.entry) + " maps " + frameText(finding.frame)
        + guestFrameText(context.snapshot().xen(), finding.frame) + " writable " + placeText(finding.entry)
        + ": " + which
        + (finding.standing == Standing::Hypothetical ? ", which this rule would map read-only under Xen"
                                                      : ", which this rule maps read-only");
    if (finding.state == FindingState::Transient) {
        finding.summary
            += "; the page is being made, and the kernel makes the mapping read-only before it pins it";
        finding.remedy = "nothing now: the mapping has to be read-only before the frame is pinned";
        return;
    }
    finding.remedy = "clear R/W in the entry at " + physicalText(finding.entry.address);
}

} // namespace

namespace {

/// Without symbols it is unknown whether the kernel has the variables; where a hypervisor enforces the rule,
/// that is something which should have been looked at.
RuleReport withoutBuffer(const RuleContext& context, ReportBuilder& report)
{
    const bool absent = context.pgtBuf().trust == PgtBufTrust::Absent;
    if (!absent || !context.paging().enabled())
        return report.notApplicable("pgt_buf is not in use at this stop");
    const char* why = "the kernel has no pgt_buf, or its symbols are missing";
    return context.pgtBuf().enforced ? report.notEvaluated(why) : report.notApplicable(why);
}

} // namespace

GuestFrameRange maskedRange(const PgtBufEpoch& epoch, MaskLimit limit)
{
    return {epoch.start, limit == MaskLimit::Top ? epoch.top : epoch.end};
}

bool mustBeReadOnly(const PgtBufEpoch& epoch, GuestFrame frame, bool slot, MaskLimit limit)
{
    if (slot)
        return frame + 1 != epoch.end;
    return maskedRange(epoch, limit).contains(frame);
}

RuleReport checkMaskRw(const Rule& rule, const RuleContext& context, MaskLimit limit)
{
    ReportBuilder report(rule, context);
    const PgtBufEpoch* epoch = liveEpoch(context.pgtBuf());
    if (!epoch || !context.paging().enabled())
        return withoutBuffer(context, report);
    standUnderXen(context, report);
    const FrameMappings& mappings = context.bufferMappings();
    for (std::size_t i = 0; i < mappings.frames().size(); ++i) {
        if (mappings.tally(i).writable == 0)
            continue;
        const FrameNumber frame = mappings.frames()[i];
        // Frames of Xen and of other domains are in no buffer of this kernel's.
        const GuestFrame pfn = context.snapshot().guestFrame(frame).value_or(GuestFrame());
        const FindingState state
            = epoch->reserved().contains(pfn) ? FindingState::Pending : FindingState::Violation;
        std::uint64_t listedWritable = 0;
        for (std::size_t which = 0; which < mappings.listed(i); ++which) {
            const Alias alias = mappings.alias(i, which);
            if (!alias.rights.write)
                continue;
            ++listedWritable;
            const bool slot = isEarlyIoremapSlot(context.pgtBuf(), alias.entryAddress);
            // The slot was set while the page was the newest, and the rule is not asked again.
            if (!mustBeReadOnly(*epoch, pfn, slot, limit) || (slot && isBeingFilled(context, frame)))
                continue;
            const bool made
                = mappingVerdict(context, frame, mappingFacts(alias)) == MappingVerdict::BeingMade;
            Finding* finding = report.add(slot ? FindingState::Violation
                    : made                     ? FindingState::Transient
                                               : state,
                frame, findingEntry(context.snapshot(), alias));
            if (finding)
                explain(context, limit, slot, *finding);
        }
        if (mustBeReadOnly(*epoch, pfn, false, limit))
            report.addUnlisted(state, mappings.tally(i).writable - listedWritable);
    }
    if (context.bufferCut())
        report.addGap("pgt_buf is too large to look at every frame");
    noteUnplaced(context, report);
    noteUnknownTypes(context, report);
    return report.take();
}

} // namespace pgtscope::core
