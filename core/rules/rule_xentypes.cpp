// SPDX-License-Identifier: GPL-2.0-or-later
#include <unordered_set>

#include "core/model/frametext.h"
#include "core/rules/findingtext.h"
#include "core/rules/reportbuilder.h"

namespace pgtscope::core {

namespace {

class XenTypes : public Rule {
public:
    XenTypes()
        : Rule({.name = "xen-types",
            .plain = "the walk and Xen's frame_table",
            .title = "The walk and Xen's frame_table agree on what is a page table",
            .description
            = "Xen keeps for each machine frame what its domain uses it as, and lets a frame serve as a page "
              "table only under the type of its level. A table that the walk reaches must have that type. A "
              "frame of that type that no table references is reported too: Xen counts it all the same.",
            .source
            = "PGT_* of xen/arch/x86/include/asm/mm.h, get_page_and_type in xen/arch/x86/mm.c, Xen 4.17"})
    {
    }

    RuleReport check(const RuleContext& context) const override;
};

std::string frameText(const XenState& xen, FrameNumber frame)
{
    return frameText(frame) + guestFrameText(&xen, frame);
}

class Comparison {
public:
    Comparison(const RuleContext& context, ReportBuilder& report)
        : m_context(context)
        , m_snapshot(context.snapshot())
        , m_xen(*m_snapshot.xen())
        , m_report(report)
    {
    }

    void compareRoot()
    {
        const Table& root = m_snapshot.table(0);
        if (root.page && !hasType(root.frame(), root.level))
            report(root.frame(), root.level, placeOf(root), "the walk starts there");
    }

    /// Every entry that leads to a table, of the tables that Xen answers for.
    void compareEntries(TableId id)
    {
        const Table& table = m_snapshot.table(id);
        const Paging& paging = m_context.paging();
        const bool answeredFor = table.origin == TableOrigin::Reachable || m_xen.table(table.frame());
        const auto reaches = m_context.reachesOf(id);
        if (table.level == 1 || !answeredFor || reaches.empty())
            return;
        for (const EntryAt& at : table.entries(paging)) {
            if (m_snapshot.readChild(at.entry) == noTable)
                continue;
            const FrameNumber frame = frameOf(at.entry.target);
            if (hasType(frame, table.level - 1U) || !m_reported.insert(frame).second)
                continue;
            const FindingEntry place = findingEntry(m_snapshot, aliasAt(paging, reaches.front(), at));
            report(frame, table.level - 1U, place,
                entryText(paging, place) + ' ' + placeText(place) + " leads to it");
        }
    }

    void compareTypes()
    {
        for (const XenTable& typed : m_xen.tables) {
            const TableFrame* known = m_context.tableFrame(typed.frame);
            if ((known && !known->detached) || m_context.isHooked(typed.frame))
                continue;
            const TableId id = m_snapshot.find(addressOf(typed.frame), typed.level());
            const FindingEntry place = id == noTable ? FindingEntry{} : placeOf(m_snapshot.table(id));
            Finding* finding = m_report.add(FindingState::Note, typed.frame, place);
            if (!finding)
                continue;
            finding->clauses = {{"Xen has a page-table type for the frame", tableText(&typed), true},
                {"a walk from the root reaches the frame", "root " + physicalText(m_snapshot.root()), false}};
            finding->summary = frameText(m_xen, typed.frame) + " is an " + tableText(&typed)
                + " to Xen, and no table references it: a table of another root, or one to be hooked in";
            finding->remedy = "nothing: it is decoded as a detached table, and every rule counts it";
        }
    }

private:
    bool hasType(FrameNumber frame, unsigned level) const
    {
        const XenTable* typed = m_xen.table(frame);
        return typed && typed->level() == level;
    }

    static FindingEntry placeOf(const Table& table)
    {
        FindingEntry place;
        place.tableAddress = table.address;
        place.address = table.address;
        place.level = table.level;
        place.detached = table.origin == TableOrigin::Detached;
        return place;
    }

    void report(FrameNumber frame, unsigned level, const FindingEntry& place, const std::string& how)
    {
        Finding* finding = m_report.add(FindingState::Violation, frame, place);
        if (!finding)
            return;
        const XenTable* typed = m_xen.table(frame);
        finding->clauses
            = {{"the walk reaches the frame as a table of level " + std::to_string(level), how, true},
                {"Xen has the frame as an L" + std::to_string(level) + " table", tableText(typed), false}};
        finding->summary = frameText(m_xen, frame) + " serves as a table of level " + std::to_string(level)
            + ": " + how + "; to Xen it is " + (typed ? "an " : "") + tableText(typed);
        finding->remedy = "have Xen set the entry (mmu_update), so that it validates the frame first";
    }

    const RuleContext& m_context;
    const Snapshot& m_snapshot;
    const XenState& m_xen;
    ReportBuilder& m_report;
    std::unordered_set<FrameNumber> m_reported;
};

RuleReport XenTypes::check(const RuleContext& context) const
{
    ReportBuilder report(*this, context);
    const Snapshot& snapshot = context.snapshot();
    const XenState* xen = snapshot.xen();
    if (!xen)
        return report.notApplicable("no Xen runs here");
    if (!xen->complete)
        return report.notEvaluated(xen->rootKnown
                ? "frame_table was not read completely: the memory channel is too slow for it"
                : xen->isolated ? "CR3 holds Xen's copy of the root, which does not lead to frame_table"
                                : "CR3 holds a process's root, and its kernel's was not found");
    if (!xen->domain)
        return report.notApplicable("the root is Xen's own: its tables belong to no domain");
    if (snapshot.tables().empty())
        return report.notApplicable("paging is off: there are no tables yet");
    Comparison comparison(context, report);
    comparison.compareRoot();
    for (TableId id = 0; id < snapshot.tables().size(); ++id)
        comparison.compareEntries(id);
    comparison.compareTypes();
    return report.take();
}

} // namespace

namespace rules {
std::unique_ptr<Rule> xentypes() { return std::make_unique<XenTypes>(); }
} // namespace rules

} // namespace pgtscope::core
