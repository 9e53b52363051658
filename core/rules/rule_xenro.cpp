// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <optional>

#include "core/linux/events.h"
#include "core/linux/layout.h"
#include "core/model/frametext.h"
#include "core/rules/bufferstate.h"
#include "core/rules/findingtext.h"
#include "core/rules/reportbuilder.h"

namespace pgtscope::core {

namespace {

/// nullopt where the verdict is no finding.
std::optional<FindingState> stateOf(MappingVerdict verdict)
{
    switch (verdict) {
    case MappingVerdict::Violation:
        return FindingState::Violation;
    case MappingVerdict::Pending:
        return FindingState::Pending;
    case MappingVerdict::AllowedTransient:
    case MappingVerdict::BeingMade:
        return FindingState::Transient;
    case MappingVerdict::StaleReadOnly:
        return FindingState::Stale;
    case MappingVerdict::Fine:
    case MappingVerdict::ReservedFine:
        break;
    }
    return std::nullopt;
}

class XenReadOnly : public Rule {
public:
    XenReadOnly()
        : Rule({.name = "xen-ro",
            .plain = "page tables read-only",
            .title = "Page tables have no writable mapping",
            .description
            = "Under Xen PV a page that serves as a page table may have no writable mapping anywhere, "
              "whether its table is reachable or still detached. The one exception is the early_ioremap slot "
              "through which a new page of pgt_buf is filled before it is hooked in.",
            .source = "PGT_* of xen/arch/x86/include/asm/mm.h, Xen 4.17; arch/x86/xen/mmu.c, Linux 3.6 "
                      "(mask_rw_pte, pin_pagetable_pfn); arch/x86/xen/mmu_pv.c, "
                      "Linux 6.1",
            .version = 2,
            .question = RuleQuestion::TablesReadOnly,
            .leads = true})
    {
    }

    RuleReport check(const RuleContext& context) const override;
};

/// Whether an entry of the table references the table itself, one level lower.
bool mapsItself(const Snapshot& snapshot, FrameNumber frame, unsigned level)
{
    const TableId id = snapshot.find(addressOf(frame), level);
    if (id == noTable)
        return false;
    for (const EntryAt& at : snapshot.table(id).entries(snapshot.paging()))
        if (at.entry.leadsToTable() && frameOf(at.entry.target) == frame)
            return true;
    return false;
}

/// "level 1"; "levels 3 and 4 (it maps itself)" of a table that serves at several.
std::string levelsText(const Snapshot& snapshot, const TableFrame& table)
{
    std::string before;
    std::string last;
    bool itself = false;
    for (unsigned level = 1; level <= maxLevels; ++level) {
        if ((table.levels & (1U << level)) == 0)
            continue;
        if (!last.empty())
            before += (before.empty() ? "" : ", ") + last;
        last = std::to_string(level);
        itself = itself || mapsItself(snapshot, table.frame, level);
    }
    return (before.empty() ? "level " : "levels " + before + " and ") + last
        + (itself ? " (it maps itself)" : "");
}

/// What the frame is, in the words of the table of states.
std::string frameText(const RuleContext& context, FrameNumber frame)
{
    const XenState* xen = context.snapshot().xen();
    std::string text = frameText(frame) + guestFrameText(xen, frame);
    if (const TableFrame* table = context.tableFrame(frame)) {
        text += table->detached ? " is a detached table of " : " is a table of ";
        return text + levelsText(context.snapshot(), *table);
    }
    switch (placeInBuffer(context, frame)) {
    case BufferPlace::Used:
        return text + " was handed out as a table and is not filled yet";
    case BufferPlace::Beyond:
        return text + " was taken from memblock as a table and is not filled yet";
    case BufferPlace::Reserved:
        return text + " is reserved for tables to come";
    case BufferPlace::HandedBack:
        return text + " was handed back";
    case BufferPlace::Outside:
        break;
    }
    return text + " is no table";
}

std::string hypervisorText(const RuleContext& context)
{
    return context.snapshot().xen() ? "Xen" : "the checker";
}

void addReservedClause(const RuleContext& context, Finding& finding)
{
    const auto& epochs = context.pgtBuf().epochs;
    const auto pfn = context.snapshot().guestFrame(finding.frame);
    const auto epoch = std::find_if(epochs.rbegin(), epochs.rend(),
        [&](const PgtBufEpoch& e) { return pfn && e.whole().contains(*pfn); });
    if (epoch == epochs.rend())
        return;
    finding.clauses.push_back({"pgt_buf_end <= pfn < pgt_buf_top", orderText(epoch->reserved(), *pfn),
        epoch->reserved().contains(*pfn)});
}

/// The exception of the rule, where the entry may be one.
void addSlotClauses(const RuleContext& context, Finding& finding)
{
    const PageTableBuffer& buffer = context.pgtBuf();
    if (!buffer.bmPte)
        return;
    const PgtBufEpoch* live = liveEpoch(buffer);
    const PhysicalAddress entry = finding.entry.address;
    const bool slot = isEarlyIoremapSlot(buffer, entry);
    finding.clauses.push_back({"the entry is an early_ioremap slot (in bm_pte[])",
        physicalText(entry) + ", bm_pte[] at " + physicalText(*buffer.bmPte), slot});
    const auto pfn = context.snapshot().guestFrame(finding.frame);
    if (!slot || !live || !pfn)
        return;
    finding.clauses.push_back({"pfn == pgt_buf_end - 1", frameText(*pfn) + " == " + frameText(live->end - 1),
        isNewest(context, finding.frame)});
    finding.clauses.push_back({"pgt_buf handed the frame out, and it is being filled",
        orderText(live->used(), *pfn)
            + (context.isHooked(finding.frame) ? ", a table references it" : ", no table references it"),
        isBeingFilled(context, finding.frame)});
}

void addClauses(const RuleContext& context, Finding& finding)
{
    const bool table = isTablePage(context, finding.frame);
    const FindingEntry& entry = finding.entry;
    finding.clauses.push_back({"the frame is a page table", frameText(context, finding.frame), table});
    if (!table)
        addReservedClause(context, finding);
    if (context.snapshot().typesKnown()) {
        const XenTable* typed = context.snapshot().typedTable(finding.frame);
        finding.clauses.push_back({hypervisorText(context) + "'s frame_table has it as a page table",
            frameText(finding.frame) + guestFrameText(context.snapshot().xen(), finding.frame) + ": "
                + tableText(typed),
            typed != nullptr});
    }
    finding.clauses.push_back({"the mapping is effectively writable",
        entryText(context.paging(), entry) + ", its path gives " + rightsText(entry.rights),
        entry.rights.write});
    if (table)
        addSlotClauses(context, finding);
}

void explainViolation(const RuleContext& context, Finding& finding)
{
    const std::string mapped = frameText(context, finding.frame) + " and is mapped writable by "
        + entryText(context.paging(), finding.entry) + ' ' + placeText(finding.entry);
    // A hypervisor checks an entry only when it writes the entry itself, and a frame when its type changes: a
    // bit that is set in another way goes unnoticed.
    const std::string hypervisor = hypervisorText(context);
    const Snapshot& snapshot = context.snapshot();
    const bool typed = snapshot.typedTable(finding.frame) != nullptr;
    if (typed && snapshot.typedTable(frameOf(finding.entry.tableAddress)))
        finding.summary = mapped + "; to " + hypervisor
            + " both are page tables: the entry was written bypassing " + hypervisor;
    else if (typed)
        finding.summary = mapped + "; to " + hypervisor
            + " the frame is a page table, and the table with the entry is none yet: it is refused as one";
    else if (isNoTableToHypervisor(context, finding.frame) && isDying(context.snapshot()))
        finding.summary = mapped + "; " + hypervisor
            + " does not have it as a page table, and the kernel is dying"
            + (isDeathSymbol(context.snapshot().ripSymbol()) ? " in " + context.snapshot().ripSymbol() : "")
            + ": a page with such a mapping is refused";
    else
        finding.summary = mapped
            + (finding.standing == Standing::Hypothetical
                    ? "; legal on a native boot, but Xen would refuse it as a page table"
                    : "; the hypervisor refuses to take it as a page table");
    finding.remedy = "clear R/W in the entry at " + physicalText(finding.entry.address)
        + " before the frame is pinned or hooked into a table";
}

void explainBeingMade(Finding& finding, const std::string& mapped)
{
    finding.summary = mapped
        + "; the page is being made: it is neither hooked in nor pinned, and a root reaches the table that "
          "maps it, so that the kernel can make it read-only first";
    finding.remedy = "nothing now: the mapping has to be read-only before the frame is pinned";
}

void explain(const RuleContext& context, Finding& finding)
{
    addClauses(context, finding);
    const std::string entry = entryText(context.paging(), finding.entry) + ' ' + placeText(finding.entry);
    const std::string frame = frameText(context, finding.frame);
    switch (finding.state) {
    case FindingState::Violation:
        explainViolation(context, finding);
        break;
    case FindingState::Pending:
        finding.summary = frame + " and is mapped writable by " + entry + "; harmless now, it "
            + (finding.standing == Standing::Hypothetical ? "would become" : "becomes")
            + " a violation as soon as the allocator reaches it";
        finding.remedy
            = "map [pgt_buf_end, pgt_buf_top) read-only from the start, or make the frame read-only "
              "when it is handed out";
        break;
    case FindingState::Transient:
        if (!isEarlyIoremapSlot(context.pgtBuf(), finding.entry.address)) {
            explainBeingMade(finding, frame + " and is mapped writable by " + entry);
            break;
        }
        finding.summary = frame + ", hooked in nowhere yet, and is mapped writable by early_ioremap slot "
            + entry + "; allowed while it is being filled";
        finding.remedy = "nothing now: the slot has to be unmapped before the frame is hooked in";
        break;
    case FindingState::Stale:
        finding.summary = frame + " but is still mapped read-only by " + entry + "; a later write through it "
            + (finding.standing == Standing::Hypothetical ? "would fault" : "faults");
        finding.remedy = "set [pgt_buf_end, pgt_buf_top) back to RW in "
            + std::string(calledName(firstEventWith(PgtBufEffect::HandedBack)));
        break;
    case FindingState::Note:
        break;
    }
}

/// Mappings of one frame.
void checkFrame(
    const RuleContext& context, const FrameMappings& mappings, std::size_t position, ReportBuilder& report)
{
    const FrameNumber frame = mappings.frames()[position];
    const MappingTally tally = mappings.tally(position);
    // Most frames are tables without a writable mapping. Read-only is a finding only of what was handed back.
    if (tally.writable == 0 && placeInBuffer(context, frame) != BufferPlace::HandedBack)
        return;
    std::uint64_t listedWritable = 0;
    for (std::size_t i = 0; i < mappings.listed(position); ++i) {
        const Alias alias = mappings.alias(position, i);
        listedWritable += alias.rights.write ? 1 : 0;
        const auto state = stateOf(mappingVerdict(context, frame, mappingFacts(alias)));
        if (!state)
            continue;
        const FindingEntry entry = findingEntry(context.snapshot(), alias);
        if (Finding* finding = report.add(*state, frame, entry))
            explain(context, *finding);
    }
    const std::uint64_t writable = tally.writable - listedWritable;
    const std::uint64_t readOnly = tally.entries - mappings.listed(position) - writable;
    for (const auto& [count, right] : {std::pair(writable, true), std::pair(readOnly, false)}) {
        // Where they are is not known: the graver case counts.
        const auto state = stateOf(mappingVerdict(context, frame, {{}, right, true}));
        if (count != 0 && state)
            report.addUnlisted(*state, count);
    }
}

RuleReport XenReadOnly::check(const RuleContext& context) const
{
    ReportBuilder report(*this, context);
    if (!context.paging().enabled())
        return report.notApplicable("paging is off: there are no mappings yet");
    if (!context.pgtBuf().enforced && !context.snapshot().xen() && hasPlainRegions(context.snapshot()))
        return report.notApplicable("no Xen runs here, and the running system is not known to be Linux");
    standUnderXen(context, report);
    const FrameMappings& mappings = context.bufferMappings();
    for (std::size_t i = 0; i < mappings.frames().size(); ++i)
        checkFrame(context, mappings, i, report);
    if (context.bufferCut())
        report.addGap("pgt_buf is too large to look at every frame");
    if (context.pgtBuf().enforced && context.pgtBuf().trust == PgtBufTrust::Absent)
        report.addGap("pgt_buf is not known, since the kernel's symbols are missing or it has no such "
                      "buffer: pages that are to become page tables were not checked");
    noteUnplaced(context, report);
    noteUnjudged(context, report);
    noteUnknownTypes(context, report);
    if (context.pgtBuf().enforced && isDying(context.snapshot()) && report.broken() == 0)
        report.addGap("the kernel is dying, and no table shows why: an update that " + hypervisorText(context)
            + " refuses is in no table");
    return report.take();
}

} // namespace

namespace rules {
std::unique_ptr<Rule> xenro() { return std::make_unique<XenReadOnly>(); }
} // namespace rules

} // namespace pgtscope::core
