// SPDX-License-Identifier: GPL-2.0-or-later
#include <optional>

#include "core/base/numbers.h"
#include "core/linux/layout.h"
#include "core/model/regionnames.h"
#include "core/rules/findingtext.h"
#include "core/rules/reportbuilder.h"
#include "core/walk/walk.h"

namespace pgtscope::core {

namespace {

/// VSYSCALL_ADDR, arch/x86/include/uapi/asm/vsyscall.h, Linux 6.1.
constexpr LinearAddress vsyscallPage{0xffffffffff600000};
/// VVAR_PAGE, VSYSCALL_HPET and the pvclock pages lie below it up to v3.15 (enum fixed_addresses,
/// arch/x86/include/asm/fixmap.h, v3.0 and v3.6); pvclock takes a page for every 64 CPUs.
constexpr LinearRange timePages{vsyscallPage - 16 * frameBytes, vsyscallPage + frameBytes};

bool isUsersByDesign(const WalkedEntry& walked)
{
    return walked.entry.level == 1 && timePages.contains(walked.linear)
        && (walked.linear == vsyscallPage || !walked.rights.write);
}
/// The default of CONFIG_PAGE_OFFSET on 32-bit kernels.
constexpr std::uint64_t defaultSplit = 0xc0000000;

class UserKernel : public Rule {
public:
    UserKernel()
        : Rule({.name = "user-kernel",
            .plain = "user mode has no access to the kernel",
            .title = "User mode reaches no kernel address",
            .description
            = "No mapping in the kernel's part of the linear address space may be accessible to user mode on "
              "its whole path. The vsyscall page, and the pages that it reads the time from, are the "
              "exception. A Xen PV kernel runs in user mode itself: the rule does not apply to it.",
            .source = "Documentation/x86/x86_64/mm.rst, arch/x86/entry/vsyscall/vsyscall_64.c, Linux 6.1",
            .version = 2})
    {
    }

    RuleReport check(const RuleContext& context) const override;
};

/// First linear address of the kernel's part.
LinearAddress kernelBase(const Snapshot& snapshot)
{
    const Paging& paging = snapshot.paging();
    if (paging.linearBits() != 32)
        return paging.canonicalised(LinearAddress(1ULL << (paging.linearBits() - 1)));
    for (const LinearRegion& region : snapshot.linearRegions())
        if (region.name == region::user)
            return region.range.end;
    return LinearAddress(defaultSplit);
}

/// A PV kernel's code runs at CPL 3 and lies in the kernel's part; a stop in the hypervisor shows RIP in the
/// range that Linux leaves to it (ffff800000000000 to ffff87ffffffffff).
bool isXenPv(const Snapshot& snapshot)
{
    const CpuState& cpu = snapshot.cpu();
    if (snapshot.xen())
        return true;
    if (snapshot.paging().linearBits() == 32 || hasPlainRegions(snapshot))
        return false;
    const LinearRange hypervisor{LinearAddress(0xffff800000000000), LinearAddress(0xffff880000000000)};
    return hypervisor.contains(cpu.rip) || (cpu.cpl() == 3 && cpu.rip >= kernelBase(snapshot));
}

/// Joins neighbours and leaves out tables that were seen with the same rights.
class UserOps {
public:
    UserOps(const RuleContext& context, ReportBuilder& report)
        : m_context(context)
        , m_report(report)
        , m_base(kernelBase(context.snapshot()))
        , m_visited(context.snapshot())
    {
    }

    WalkAction table(const WalkedEntry& walked, TableId child)
    {
        const LinearAddress last = walked.linear + (m_context.paging().span(walked.entry.level) - 1);
        if (!walked.rights.user || last < m_base)
            return WalkAction::Skip;
        // A table on the border belongs to both parts and may be met again.
        if (walked.linear < m_base)
            return WalkAction::Continue;
        const LinearAddress before = m_visited.visit(child, walked.rights, walked.linear);
        return before == VisitedTables::notYet ? WalkAction::Continue : WalkAction::Skip;
    }

    WalkAction page(const WalkedEntry& walked)
    {
        if (!walked.rights.user || walked.linear < m_base)
            return WalkAction::Continue;
        const std::uint64_t span = m_context.paging().span(walked.entry.level);
        const bool extends = m_first && m_first->entry.level == walked.entry.level
            && m_first->rights == walked.rights && m_first->linear + m_entries * span == walked.linear
            && walked.linear != vsyscallPage && isUsersByDesign(*m_first) == isUsersByDesign(walked);
        if (!extends) {
            flush();
            m_first = walked;
        }
        ++m_entries;
        return WalkAction::Continue;
    }

    void flush()
    {
        if (m_first)
            report(*m_first);
        m_first.reset();
        m_entries = 0;
    }

private:
    void report(const WalkedEntry& walked)
    {
        const Snapshot& snapshot = m_context.snapshot();
        Alias alias;
        alias.reach.table = walked.table;
        alias.reach.paths = 1;
        alias.reach.half = halfOf(walked);
        alias.index = walked.index;
        alias.entry = walked.entry;
        alias.entryAddress = walked.address;
        alias.rights = walked.rights;
        alias.linear = walked.linear;
        const bool byDesign = isUsersByDesign(walked);
        Finding* finding = m_report.add(byDesign ? FindingState::Note : FindingState::Violation,
            frameOf(walked.entry.target), findingEntry(snapshot, alias),
            m_entries * (m_context.paging().span(walked.entry.level) >> frameShift));
        if (finding)
            explain(byDesign, *finding);
    }

    IsolationHalf halfOf(const WalkedEntry& walked) const
    {
        for (const Reach& reach : m_context.reachesOf(walked.table))
            if (!reach.detached && (reach.rights & walked.entry.rights) == walked.rights)
                return reach.half;
        return IsolationHalf::None;
    }

    void explain(bool byDesign, Finding& finding) const
    {
        const Paging& paging = m_context.paging();
        const FindingEntry& entry = finding.entry;
        const bool vsyscall = entry.linear == vsyscallPage;
        const LinearRegion* region = m_context.snapshot().regionAt(entry.linear);
        finding.clauses = {
            {"every entry of the path permits user mode", rightsText(entry.rights), true},
            {"the address is the kernel's",
                hexText(entry.linear.value) + " >= " + hexText(m_base.value)
                    + (region ? ", " + region->title : ""),
                true},
            {"the page is the vsyscall page, or one of those below it that it reads the time from",
                rangeText(timePages), byDesign},
        };
        finding.summary = countText(m_entries, "page") + " of " + sizeText(paging.span(entry.level)) + " at "
            + hexText(entry.linear.value)
            + (!byDesign       ? ": user mode may access the kernel's part"
                    : vsyscall ? ": the vsyscall page, which old programs call at this fixed address, is "
                                 "meant for user mode"
                               : ": what user mode reads the time from (vvar, the HPET's registers), "
                                 "meant for it and not writable");
        finding.remedy = byDesign ? "nothing; vsyscall=none removes the vsyscall page"
                                  : "clear U/S in " + entryText(paging, entry) + " or in an entry above it";
    }

    const RuleContext& m_context;
    ReportBuilder& m_report;
    LinearAddress m_base;
    VisitedTables m_visited;
    std::optional<WalkedEntry> m_first;
    std::uint64_t m_entries = 0;
};

RuleReport UserKernel::check(const RuleContext& context) const
{
    ReportBuilder report(*this, context);
    if (!context.paging().enabled())
        return report.notApplicable("paging is off: every address is accessible");
    if (isXenPv(context.snapshot()))
        return report.notApplicable(
            "a Xen PV kernel runs at CPL 3 and needs user access to its own part of the address space");
    if (context.paging().linearBits() == 32 && hasPlainRegions(context.snapshot()))
        return report.notApplicable(
            "the running system is not known to be Linux: which addresses are its kernel's is unknown");
    if (hasPlainRegions(context.snapshot()))
        report.setStanding(Standing::Hypothetical,
            "the running system is not known to be Linux, which keeps user mode out of this half");
    UserOps user(context, report);
    walk(context.snapshot(), user);
    user.flush();
    const TableId other = context.snapshot().otherRoot();
    if (other != noTable && context.snapshot().table(other).page)
        walkTable(context.snapshot(), other, LinearAddress(0), Rights{}, user);
    user.flush();
    return report.take();
}

} // namespace

namespace rules {
std::unique_ptr<Rule> userkernel() { return std::make_unique<UserKernel>(); }
} // namespace rules

} // namespace pgtscope::core
