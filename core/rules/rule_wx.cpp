// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/linux/events.h"
#include "core/linux/imageprotection.h"
#include "core/linux/pageisolation.h"
#include "core/model/frametext.h"
#include "core/model/regionnames.h"
#include "core/rules/findingtext.h"
#include "core/rules/leafruns.h"
#include "core/rules/reportbuilder.h"

namespace pgtscope::core {

namespace {

class WritableExecutable : public Rule {
public:
    WritableExecutable()
        : Rule({.name = "w-x",
            .plain = "writable and executable",
            .title = "No page is both writable and executable",
            .description
            = "Rights are those of the whole path, under CR0.WP, EFER.NXE and CR4.SMEP, for the "
              "supervisor and for user mode. Pages of programs are expected to be what the program asked "
              "for. While EFER.NXE is off every page is executable and "
              "the findings are notes.",
            .source
            = "arch/x86/mm/dump_pagetables.c, Linux 6.1 (ptdump_walk_pgd_level_checkwx); SDM vol. 3, 4.6",
            .version = 3})
    {
    }

    RuleReport check(const RuleContext& context) const override;
};

bool supervisorBoth(const Paging& paging, Rights rights)
{
    return paging.supervisorMayWrite(rights) && paging.supervisorMayExecute(rights);
}

bool userBoth(Rights rights) { return rights.user && rights.write && rights.execute; }

void explain(const Paging& paging, const LeafRun& run, Finding& finding)
{
    const Rights rights = run.first.rights;
    const bool user = userBoth(rights);
    finding.clauses = {
        {"the supervisor may write and execute",
            rightsText(rights) + ", CR0.WP=" + (paging.writeProtect() ? '1' : '0')
                + ", CR4.SMEP=" + ((paging.control().cr4 & cr4Smep) != 0 ? '1' : '0'),
            supervisorBoth(paging, rights)},
        {"user mode may write and execute", rightsText(rights), user},
        {"pages can be made non-executable", std::string("EFER.NXE=") + (paging.noExecute() ? '1' : '0'),
            paging.noExecute()},
    };
    finding.summary = countText(run.entries, "page") + " of " + sizeText(paging.span(run.first.entry.level))
        + ' ' + placeText(finding.entry) + " writable and executable "
        + (supervisorBoth(paging, rights) ? (user ? "by supervisor and user" : "by the supervisor")
                                          : "by user mode");
    finding.remedy = paging.noExecute() ? "set NX or clear R/W in the entries from "
            + physicalText(finding.entry.address) + " on, or in an entry above them"
                                        : "EFER.NXE has to be set before NX can be";
}

/// The next table goes on where the previous run ended.
bool continues(const Paging& paging, const LeafRun& before, const LeafRun& run)
{
    return before.entries != 0 && !before.first.reach.detached && !run.first.reach.detached
        && before.first.entry.level == run.first.entry.level && before.first.rights == run.first.rights
        && before.first.reach.paths == run.first.reach.paths
        && before.first.reach.half == run.first.reach.half
        && before.first.linear + before.bytes(paging) == run.first.linear
        && before.frame() + before.frames(paging) == run.frame();
}

/// A page of a process. What a program asks for is its own affair: Linux looks for such pages in its own part
/// only (ptdump_walk_pgd_level_checkwx()).
bool isOfProgram(const Snapshot& snapshot, const LeafRun& run)
{
    const LinearRegion* region = run.first.reach.detached ? nullptr : snapshot.regionAt(run.first.linear);
    return region && region->name == region::user && run.first.rights.user;
}

/// Of what the kernel has copied into KPTI's user half before any CPU runs in it.
void standAsCopy(ReportBuilder& report)
{
    const std::string sealing(firstEvent(&BootEvent::sealsUserHalf).name);
    report.setStanding(Standing::Expected,
        "a copy in KPTI's user half, in which no CPU has run yet: " + sealing
            + "() makes it again with the rights that the text has by then",
        "KPTI's copies until " + sealing);
}

void stand(ImageProtection protection, ReportBuilder& report)
{
    const std::string sealing(firstEvent(&BootEvent::sealsImage).name);
    switch (protection) {
    case ImageProtection::InForce:
        report.setStanding(Standing::Broken);
        break;
    case ImageProtection::NotYet:
        report.setStanding(Standing::Expected,
            "the kernel's own text is still writable: until " + sealing
                + "() it makes no difference between code and data",
            "early W+X until " + sealing);
        break;
    case ImageProtection::Off:
        report.setStanding(Standing::Expected,
            "the kernel was started with rodata=off: it makes no difference between code and data",
            "W+X by rodata=off");
        break;
    case ImageProtection::Unknown:
        report.setStanding(Standing::Hypothetical,
            "no text of a known Linux kernel is mapped here, which would separate code and data");
        break;
    }
}

RuleReport WritableExecutable::check(const RuleContext& context) const
{
    ReportBuilder report(*this, context);
    const Paging& paging = context.paging();
    if (!paging.enabled())
        return report.notApplicable("paging is off: there are no rights yet");
    const ImageProtection protection = imageProtection(context.snapshot());
    const FindingState state = paging.noExecute() ? FindingState::Violation : FindingState::Note;
    const auto wanted = [&](Rights rights) { return supervisorBoth(paging, rights) || userBoth(rights); };
    const bool unusedHalf = isUserHalfUnused(context.snapshot());
    LeafRun whole;
    const auto addWhole = [&] {
        const bool done = protection == ImageProtection::InForce || protection == ImageProtection::Off;
        const bool program = done && whole.entries != 0 && isOfProgram(context.snapshot(), whole);
        if (program)
            report.setStanding(Standing::Expected,
                "a program's own page: the kernel separates code and data only in its own part");
        else if (unusedHalf && whole.entries != 0 && whole.first.reach.half == IsolationHalf::User)
            standAsCopy(report);
        else
            stand(protection, report);
        Finding* finding = whole.entries == 0
            ? nullptr
            : report.add(
                state, whole.frame(), findingEntry(context.snapshot(), whole.first), whole.frames(paging));
        if (finding)
            explain(paging, whole, *finding);
    };
    forEachLeafRun(context, wanted, [&](const LeafRun& run) {
        if (continues(paging, whole, run)) {
            whole.entries += run.entries;
            return;
        }
        addWhole();
        whole = run;
    });
    addWhole();
    stand(protection, report);
    return report.take();
}

} // namespace

namespace rules {
std::unique_ptr<Rule> wx() { return std::make_unique<WritableExecutable>(); }
} // namespace rules

} // namespace pgtscope::core
