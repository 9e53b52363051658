// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/rules/findingtext.h"
#include "core/rules/reportbuilder.h"

namespace pgtscope::core {

namespace {

class ReservedBits : public Rule {
public:
    ReservedBits()
        : Rule({.name = "reserved-bits",
            .plain = "bits that must be 0",
            .title = "No entry sets a bit that the paging mode reserves",
            .description
            = "A present entry with a reserved bit set makes every access through it a page fault "
              "with RSVD in its error code, whatever the rest of the entry says.",
            .source = "SDM vol. 3, 4.3 to 4.5, tables 4-4 to 4-20"})
    {
    }

    RuleReport check(const RuleContext& context) const override;
};

void explain(const Paging& paging, const Entry& entry, Finding& finding)
{
    const CpuFeatures& features = paging.features();
    finding.clauses = {
        {"the entry is present", hexText(entry.raw), true},
        {"the entry sets reserved bits",
            hexText(entry.raw) + " & reserved = " + hexText(entry.reserved)
                + ", MAXPHYADDR=" + std::to_string(features.physicalAddressBits)
                + (features.known ? "" : " (assumed)") + ", EFER.NXE=" + (paging.noExecute() ? '1' : '0'),
            true},
    };
    finding.summary = entryText(paging, finding.entry) + ' ' + placeText(finding.entry)
        + " sets reserved bits " + hexText(entry.reserved) + ": every access through it faults";
    finding.remedy = "clear these bits, or the present bit";
}

RuleReport ReservedBits::check(const RuleContext& context) const
{
    ReportBuilder report(*this, context);
    const Snapshot& snapshot = context.snapshot();
    const Paging& paging = context.paging();
    if (!paging.enabled())
        return report.notApplicable("paging is off: no entry is used");
    for (TableId id = 0; id < snapshot.tables().size(); ++id) {
        // How the table is reached: any path will do.
        const auto reaches = context.reachesOf(id);
        if (reaches.empty())
            continue;
        for (const std::uint16_t index : context.digest(id).reserved) {
            const EntryAt at = snapshot.table(id).entryAt(paging, index);
            const FindingEntry place = findingEntry(snapshot, aliasAt(paging, reaches.front(), at));
            if (Finding* finding = report.add(FindingState::Violation, frameOf(at.entry.target), place))
                explain(paging, at.entry, *finding);
        }
    }
    return report.take();
}

} // namespace

namespace rules {
std::unique_ptr<Rule> reservedbits() { return std::make_unique<ReservedBits>(); }
} // namespace rules

} // namespace pgtscope::core
