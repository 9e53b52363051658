// SPDX-License-Identifier: GPL-2.0-or-later
// Rules where a machine, a mode or a table is not the usual one.
#include "tests/support/catch.h"

#include "core/model/assembly.h"
#include "core/rules/bufferstate.h"
#include "core/rules/findinghistory.h"
#include "core/rules/ruledifference.h"
#include "rulexen.h"

using namespace pgtscope::tests;

namespace {

bool says(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

std::vector<RuleReport> reportsOf(const RuleContext& context) { return *checkAllRules(context); }

/// A 32-bit guest under PAE whose kernel begins at `split`, with one page of each GiB mapped for user mode.
struct PaeGuest : Guest {
    PaeGuest()
        : Guest(PagingMode::Pae)
    {
        for (unsigned gib = 0; gib < 4; ++gib) {
            set(0x1000, gib, (0x2000 + gib * frameBytes) | p);
            set(0x2000 + gib * frameBytes, 0, 0x8000 | rwu);
            set(0x2000 + gib * frameBytes, 384, 0x9000 | rwu);
        }
        set(0x8000, 0, 0x100000 | rwu | nx);
        set(0x9000, 0, 0x200000 | rwu | nx);
    }
    RuleReport userKernel() { return check(RuleContext(capture()), "user-kernel"); }
    std::string places()
    {
        std::string text;
        for (const Finding& finding : userKernel().findings)
            text += hexText(finding.entry.linear.value) + ' ';
        return text;
    }
    void kernelBegins(std::uint64_t split)
    {
        linearRegions = {{"user", "User Space", {LinearAddress(0), LinearAddress(split)}},
            {"kernel", "Kernel", {LinearAddress(split), LinearAddress(1ULL << 32)}}};
    }
};

} // namespace

TEST_CASE("while paging is off no rule looks for anything")
{
    RuleGuest guest;
    guest.map(4, rwu);
    guest.cpu.control.cr0 = cr0Pe;
    for (const RuleReport& report : reportsOf(guest.context())) {
        INFO(report.rule);
        CHECK(report.answer() == RuleAnswer::NotApplicable);
        CHECK_FALSE(report.notEvaluated().empty());
        CHECK(report.incomplete().empty());
    }
}

TEST_CASE("every rule goes on counting when it has explained enough")
{
    RuleGuest guest;
    RuleLimits limits;
    limits.findings = 1;
    guest.features.physicalAddressBits = 40;
    for (const unsigned index : {1U, 3U})
        guest.set(RuleGuest::directTable, index, index << frameShift | rw | 1ULL << 45);
    for (const unsigned index : {0x30U, 0x32U}) {
        guest.set(RuleGuest::directTable, index, index << frameShift | rwu);
        guest.set(RuleGuest::slotTable, index, index << frameShift | rwu | bit::pcd | nx);
    }
    guest.set(RuleGuest::rootTable, 273, RuleGuest::pudTable | rwu);
    guest.set(RuleGuest::pudTable, 0, RuleGuest::pmdTable | rwu);
    guest.set(RuleGuest::pmdTable, 0, RuleGuest::directTable | rwu);
    guest.set(RuleGuest::pmdTable, 1, RuleGuest::slotTable | rwu);
    for (const unsigned index : {0x20U, 0x22U})
        guest.map(index, rw);
    for (const RuleReport& report : reportsOf(guest.context({}, limits))) {
        if (report.answer() == RuleAnswer::NotApplicable)
            continue;
        INFO(report.rule);
        CHECK(report.total() > report.findings.size());
        CHECK_FALSE(report.findings.empty());
        CHECK(report.marks.size() == report.total());
    }
}

TEST_CASE("tables that were not read are named, the first few of many")
{
    RuleGuest guest;
    const auto gaps = [&](unsigned unread) {
        for (unsigned i = 0; i < 8; ++i)
            guest.set(RuleGuest::rootTable, 300 + i, i < unread ? 0x7f'0000'0000 + i * frameBytes + rw : 0);
        return check(guest.context(), "w-x").coverage.gaps;
    };
    CHECK(gaps(0).empty());
    CHECK(gaps(4).size() == 4);
    REQUIRE(gaps(5).size() == 5);
    CHECK(gaps(5).back() == "1 more table was not read");
    CHECK(gaps(7).back() == "3 more tables were not read");
    CHECK(says(check(guest.context(), "w-x").incomplete(), "outside RAM; the table at pa:"));
}

TEST_CASE("a frame that is a table in two parts is detached only if both are")
{
    RuleGuest guest;
    guest.map(0x21, rw);
    guest.set(0x21000, 0, 0x90000 | p);
    guest.buffer = {};
    const auto table = [&](const std::vector<DetachedRoot>& detached) {
        const RuleContext context = guest.context(detached);
        const TableFrame* found = context.tableFrame(FrameNumber(0x21));
        REQUIRE(found);
        return *found;
    };
    const DetachedRoot leaf{PhysicalAddress(0x21000), 1};
    const DetachedRoot directory{PhysicalAddress(0x21000), 2};
    CHECK(table({directory, leaf}).detached);
    CHECK(table({directory, leaf}).levels == 0b110);
    guest.set(RuleGuest::pmdTable, 3, 0x21000 | rw);
    CHECK_FALSE(table({directory}).detached);
    CHECK(table({directory}).levels == 0b110);
    // A recording may have the detached part first.
    SnapshotParts parts = partsOf(guest.context({directory}).snapshot());
    const auto part = std::ranges::find(parts.tables, TableOrigin::Detached, &Table::origin);
    REQUIRE(part->address == PhysicalAddress(0x21000));
    std::swap(parts.tables[1], *part);
    CHECK_FALSE(RuleContext(assembleSnapshot(parts).value()).tableFrame(FrameNumber(0x21))->detached);
}

TEST_CASE("while paging is off no table is hooked in, and nothing maps what a buffer names")
{
    RuleGuest guest;
    guest.cpu.control.cr0 = cr0Pe;
    const RuleContext context = guest.context();
    CHECK_FALSE(context.isHooked(FrameNumber(2)));
    CHECK(context.bufferMappings().frames().size() == 8);
    CHECK(context.bufferMappings().tally(0).entries == 0);
    // Whether the kernel has a buffer does not matter before there are mappings.
    guest.buffer.trust = PgtBufTrust::Absent;
    CHECK(check(guest.context(), "mask-rw-2012").notEvaluated() == "pgt_buf is not in use at this stop");
}

TEST_CASE("what each frame is used for is found when it is asked first")
{
    RuleGuest guest;
    const RuleContext context = guest.context();
    const FrameRoles& roles = context.roles();
    CHECK(roles.at(FrameNumber(4)).name() == "table");
    CHECK(roles.at(FrameNumber(0x90)).name() == "ram");
    CHECK(&context.roles() == &roles);
}

TEST_CASE("two rules are compared as far as both have marks")
{
    RuleGuest guest;
    for (const unsigned frame : {0x20U, 0x22U, 0x24U})
        guest.map(frame, rw);
    RuleLimits limits;
    const auto complete = [&](std::size_t marks) {
        limits.marks = marks;
        const RuleContext context = guest.context({}, limits);
        return ruleDifference(check(context, "mask-rw-2012"), check(context, "mask-rw-end")).complete;
    };
    CHECK(complete(3));
    CHECK_FALSE(complete(2)); // the first has three
    CHECK_FALSE(complete(1));
    const RuleContext context = guest.context({}, limits);
    const RuleReport whole = check(guest.context(), "mask-rw-2012");
    CHECK_FALSE(ruleDifference(whole, check(context, "mask-rw-end")).complete);
}

TEST_CASE("where more mappings exist than are listed, the rest is counted, and the graver case is assumed")
{
    RuleGuest guest;
    guest.buffer.epochs.insert(
        guest.buffer.epochs.begin(), {GuestFrame(0x40), GuestFrame(0x42), GuestFrame(0x44), false});
    // All tables, what is handed out, what is reserved and what was handed back, each of them several times.
    for (unsigned i = 2; i < 6; ++i)
        guest.set(RuleGuest::pmdTable, i, (i == 2 ? p : rw) | bit::ps | nx);
    const RuleContext all(guest.context());
    for (const char* rule : {"xen-ro", "mask-rw-2012", "mask-rw-end"}) {
        INFO(rule);
        const auto right = check(all, rule);
        RuleLimits limits;
        for (const std::size_t listed : {0U, 1U, 10U, 50U, 1000U}) {
            limits.listed = listed;
            const RuleContext some(guest.context({}, limits));
            CHECK(some.bufferMappings().complete() == (listed == 1000));
            const auto report = check(some, rule);
            CHECK(report.total() == right.total());
            CHECK(report.count(FindingState::Pending) == right.count(FindingState::Pending));
            CHECK(report.count(FindingState::Stale) == right.count(FindingState::Stale));
            CHECK(report.count(FindingState::Violation) >= right.count(FindingState::Violation));
        }
    }
    CHECK(check(all, "xen-ro").count(FindingState::Stale) == 2);
}

TEST_CASE("mask-rw: a slot in a bm_pte page that is not known is no slot")
{
    RuleGuest guest;
    guest.set(RuleGuest::slotTable, 3, 0x22000 | rw);
    guest.buffer.bmPte.reset();
    const auto report = check(guest.context(), "mask-rw-end");
    REQUIRE(report.findings.size() == 1);
    CHECK(report.findings[0].state == FindingState::Transient);
    CHECK_FALSE(report.findings[0].clauses[0].holds);
    CHECK(says(report.findings[0].clauses[0].values, "bm_pte[] at an unknown address"));
    CHECK(says(report.findings[0].clauses[1].text, "pgt_buf_end"));
    // One that no table of the guest is either.
    guest.buffer.bmPte = PhysicalAddress(0x77000);
    CHECK(findingsText(check(guest.context(), "mask-rw-end")) == "transient 0x22 at 0x5018\n");
}

TEST_CASE("mask-rw: a slot that would fault maps nothing")
{
    RuleGuest guest;
    guest.features.physicalAddressBits = 40;
    guest.set(RuleGuest::slotTable, 3, 0x300000 | rw | 1ULL << 45);
    CHECK(check(guest.context(), "mask-rw-2012").total() == 0);
    CHECK(check(guest.context(), "mask-rw-2012").answer() == RuleAnswer::Clean);
}

TEST_CASE("mask-rw and xen-ro say that a buffer is cut, and that a part of it has no place")
{
    RuleGuest guest;
    RuleLimits limits;
    limits.bufferFrames = 3;
    for (const char* rule : {"mask-rw-2012", "xen-ro"})
        CHECK(says(check(guest.context({}, limits), rule).incomplete(), "too large to look at every frame"));
    auto xen = plainXen();
    guest.buffer.epochs = {{GuestFrame(0x13f8), GuestFrame(0x13fa), GuestFrame(0x1401), false}};
    for (const char* rule : {"mask-rw-2012", "xen-ro"})
        CHECK(check(RuleContext(captureUnder(guest, xen)), rule).incomplete()
            == "1 frame of pgt_buf has no known machine frame: it was not checked");
}

TEST_CASE("frames that Xen does not give to the domain are in no buffer of its kernel's")
{
    RuleGuest guest;
    guest.buffer.epochs = {{GuestFrame(0x1020), GuestFrame(0x1024), GuestFrame(0x1028), false}};
    guest.map(0x24, rw); // the buffer's first reserved page
    guest.set(RuleGuest::slotTable, 3, 0x800000 | rw); // another domain's
    auto xen = plainXen();
    for (const std::uint64_t table : {1U, 2U, 3U, 4U, 5U})
        xen->tables.push_back(
            {FrameNumber(table), static_cast<XenFrameType>(table == 5 ? 1 : 5 - table), false, 1});
    const RuleContext context(captureUnder(guest, xen));
    CHECK(findingsText(check(context, "mask-rw-2012"))
        == "pending 0x24 at 0x4120\nviolation 0x800 at 0x5018\n");
    const auto report = check(context, "xen-ro");
    CHECK(findingsText(report) == "pending 0x24 at 0x4120\n");
    CHECK(says(report.findings[0].summary, "(pfn:0x1024)"));
}

TEST_CASE("without frame_table the order of allocation decides, and which hypervisor it is about is said")
{
    RuleGuest guest;
    guest.buffer.epochs = {{GuestFrame(0x1020), GuestFrame(0x1024), GuestFrame(0x1028), false}};
    guest.map(0x22, rw);
    auto xen = plainXen();
    xen->complete = false;
    const auto report = check(RuleContext(captureUnder(guest, xen)), "xen-ro");
    REQUIRE(report.coverage.gaps.size() == 1);
    CHECK(report.coverage.gaps[0].starts_with("Xen's frame_table was not read"));
    // A page that is hooked in is a table whatever the order: nothing hangs on frame_table then.
    guest.set(RuleGuest::pmdTable, 3, 0x22000 | rw);
    CHECK(check(RuleContext(captureUnder(guest, xen)), "xen-ro").coverage.gaps.empty());
}

TEST_CASE("user-kernel: where a 32-bit kernel begins is what its regions say")
{
    PaeGuest guest;
    // Nothing says that it is Linux's default; that is assumed.
    CHECK(guest.places() == "0xc0000000 0xf0000000 ");
    guest.linearRegions = {{"kernel", "Kernel", {LinearAddress(0xc0000000), LinearAddress(1ULL << 32)}}};
    CHECK(guest.places() == "0xc0000000 0xf0000000 ");
    guest.kernelBegins(0x80000000);
    // The tables serve the last GiB as well: what is in them is reported once.
    CHECK(guest.places() == "0x80000000 0xb0000000 ");
    // In the midst of a table of level 2: the part before is the user's.
    guest.kernelBegins(0xb0000000);
    guest.set(0x4000, 1, 0x400000 | rwu | bit::ps);
    CHECK(guest.places() == "0xb0000000 0xc0000000 ");
    CHECK(says(guest.userKernel().findings[0].clauses[1].values, "0xb0000000 >= 0xb0000000, Kernel"));
    // A system that is not known divides the space in ways that are not known.
    guest.linearRegions = {{"linear", "Linear addresses", {LinearAddress(0), LinearAddress(1ULL << 32)}}};
    CHECK(guest.userKernel().answer() == RuleAnswer::NotApplicable);
}

TEST_CASE("user-kernel: large pages, neighbours with other rights and a table met twice")
{
    RuleGuest guest;
    guest.set(RuleGuest::rootTable, 273, RuleGuest::pudTable | rwu);
    guest.set(RuleGuest::rootTable, 274, RuleGuest::pudTable | rwu);
    guest.set(RuleGuest::rootTable, 275, RuleGuest::pudTable | rw); // not for user mode
    guest.set(RuleGuest::pudTable, 0, RuleGuest::pmdTable | rwu);
    guest.set(RuleGuest::pmdTable, 0, RuleGuest::directTable | rwu);
    guest.set(RuleGuest::pmdTable, 1, 0x200000 | rwu | bit::ps);
    guest.set(RuleGuest::pmdTable, 2, 0x400000 | rwu | bit::ps);
    guest.set(RuleGuest::directTable, 510, 0x10000 | p | bit::us);
    guest.set(RuleGuest::directTable, 511, 0x11000 | rwu);
    const auto report = check(guest.context(), "user-kernel");
    CHECK(findingsText(report)
        == "violation 0x10 at 0x4ff0\nviolation 0x11 at 0x4ff8\nviolation 0x200 at 0x3008\n");
    CHECK(report.findings[2].frames == 1024);
    CHECK(says(report.findings[2].summary, "2 pages of 2M"));
}

TEST_CASE(
    "user-kernel: what is meant for user mode is apart from what is not, and the vsyscall page from all")
{
    RuleGuest guest;
    guest.set(RuleGuest::rootTable, 511, 0x6000 | rwu);
    guest.set(0x6000, 511, 0x7000 | rwu);
    guest.set(0x7000, 506, 0x8000 | rwu);
    guest.set(0x7000, 507, 0x9000 | rwu);
    for (unsigned i = 494; i < 512; ++i)
        guest.set(0x8000, i, (0x100000 + i * frameBytes) | p | bit::us);
    guest.set(0x9000, 0, 0x300000 | p | bit::us);
    guest.set(0x9000, 1, 0x301000 | p | bit::us);
    const auto report = check(guest.context(), "user-kernel");
    std::string text;
    for (const Finding& finding : report.findings)
        text += std::string(findingStateName(finding.state)) + ' ' + hexText(finding.entry.linear.value) + ' '
            + std::to_string(finding.frames) + '\n';
    CHECK(text
        == "violation 0xffffffffff5ee000 2\nnote 0xffffffffff5f0000 16\n"
           "note 0xffffffffff600000 1\nviolation 0xffffffffff601000 1\n");
}

TEST_CASE("user-kernel: a stop in Xen, or in a kernel at ring 3, is no kernel's own")
{
    RuleGuest guest;
    const auto applies = [&](unsigned cs, std::uint64_t rip) {
        guest.cpu.cs = static_cast<std::uint16_t>(cs);
        guest.cpu.rip = LinearAddress(rip);
        return check(guest.context(), "user-kernel").answer() != RuleAnswer::NotApplicable;
    };
    CHECK(applies(0x10, 0xffffffff81000000));
    CHECK(applies(0x33, 0x400000));
    CHECK_FALSE(applies(0x33, 0xffffffff81000000));
    CHECK_FALSE(applies(0xe008, 0xffff82d040200000));
    CHECK(applies(0x10, 0xffff888000000000));
    // What Xen itself says comes first, whatever runs.
    guest.cpu.cs = 0x10;
    CHECK(check(RuleContext(captureUnder(guest, plainXen())), "user-kernel").answer()
        == RuleAnswer::NotApplicable);
}

TEST_CASE("w-x: what goes on in the next table is one finding only if nothing but the place differs")
{
    RuleGuest guest;
    constexpr std::uint64_t nextTable = 0x9000;
    guest.set(RuleGuest::pmdTable, 1, nextTable | rw);
    guest.set(RuleGuest::directTable, 511, 0x1ff000 | rw);
    guest.set(RuleGuest::rootTable, 273, RuleGuest::pudTable | rwu);
    guest.set(RuleGuest::pudTable, 0, RuleGuest::pmdTable | rwu);
    guest.set(RuleGuest::pmdTable, 1, nextTable | rwu);
    const auto findings = [&](std::uint64_t flags) {
        guest.set(nextTable, 0, 0x200000 | flags);
        return check(guest.context(), "w-x").total();
    };
    CHECK(findings(rw) == 1); // the upper entries may differ
    CHECK(findings(rwu) == 2);
    SECTION("another frame")
    {
        guest.set(RuleGuest::directTable, 511, 0x1fe000 | rw);
        CHECK(findings(rw) == 2);
    }
    SECTION("another place")
    {
        guest.set(RuleGuest::pmdTable, 1, 0);
        guest.set(RuleGuest::pmdTable, 2, nextTable | rw);
        CHECK(findings(rw) == 2);
    }
    SECTION("a page of another size")
    {
        guest.set(RuleGuest::pmdTable, 1, 0x200000 | rw | bit::ps);
        CHECK(findings(rw) == 2);
    }
    SECTION("one of them is reached twice")
    {
        guest.set(RuleGuest::pmdTable, 7, nextTable | rwu);
        CHECK(findings(rw) == 2);
        CHECK(says(check(guest.context(), "w-x").findings[1].summary, "at 2 linear addresses from"));
    }
    SECTION("one of them is detached")
    {
        guest.set(RuleGuest::pmdTable, 1, 0);
        guest.set(nextTable, 0, 0x200000 | rw);
        CHECK(check(guest.context({{PhysicalAddress(nextTable), 1}}), "w-x").total() == 2);
    }
}

TEST_CASE("w-x: what only the supervisor, only user mode or both may write and execute")
{
    RuleGuest guest;
    guest.set(RuleGuest::rootTable, 273, RuleGuest::pudTable | rwu);
    guest.set(RuleGuest::pudTable, 0, RuleGuest::pmdTable | rwu);
    guest.set(RuleGuest::pmdTable, 0, RuleGuest::directTable | rwu);
    const auto summary = [&](std::uint64_t flags) {
        guest.set(RuleGuest::directTable, 16, 0x10000 | flags);
        const auto report = check(guest.context(), "w-x");
        return report.findings.empty() ? "" : report.findings[0].summary;
    };
    CHECK(says(summary(rw), "by the supervisor"));
    CHECK(says(summary(rwu), "by supervisor and user"));
    CHECK(summary(p | bit::us).empty());
    CHECK(summary(rwu | nx).empty());
    guest.cpu.control.cr4 |= cr4Smep;
    CHECK(says(summary(rwu), "by user mode"));
    CHECK(check(guest.context(), "w-x").findings[0].clauses[0].values == "RW user X, CR0.WP=1, CR4.SMEP=1");
}

TEST_CASE("w-x: a program's page is its own affair, the kernel's in the user's range is not")
{
    RuleGuest guest;
    guest.linearRegions = {{"user", "User Space", {LinearAddress(0), LinearAddress(1ULL << 47)}}};
    guest.rodataOff = true;
    guest.physicalRegions
        = {{"kernel_text", "kernel text", {PhysicalAddress(0x10000), PhysicalAddress(0x11000)}}};
    guest.linearRegions.push_back({"kernel", "Kernel",
        {LinearAddress(RuleGuest::directBase + 0x10000), LinearAddress(RuleGuest::directBase + 0x11000)}});
    guest.set(RuleGuest::directTable, 16, 0x10000 | rw);
    guest.set(RuleGuest::rootTable, 0, 0x6000 | rwu);
    guest.set(0x6000, 0, 0x7000 | rwu);
    guest.set(0x7000, 0, 0x8000 | rwu);
    guest.set(0x8000, 1, 0x100000 | rwu);
    guest.set(0x8000, 3, 0x102000 | rw);
    const auto report = check(guest.context(), "w-x");
    REQUIRE(report.findings.size() == 3);
    // Nothing says whose a detached table will be.
    guest.set(0x30000, 0, 0x110000 | rwu);
    const auto detached = check(guest.context({{PhysicalAddress(0x30000), 1}}), "w-x");
    CHECK(says(detached.findings.back().standingReason, "rodata=off"));
    CHECK(says(report.findings[0].standingReason, "a program's own page"));
    CHECK(says(report.findings[1].standingReason, "rodata=off"));
    CHECK(says(report.findings[2].standingReason, "rodata=off"));
}

TEST_CASE("reserved-bits: what the width of addresses is known from, and tables that no path reaches")
{
    RuleGuest guest;
    guest.features.physicalAddressBits = 40;
    guest.features.known = false;
    guest.cpu.control.efer &= ~eferNxe;
    guest.set(RuleGuest::directTable, 1, 0x1000 | rw | nx);
    guest.set(RuleGuest::rootTable, 300, 0x7f'ffff'f000 | rw); // cannot be read
    const auto report = check(guest.context(), "reserved-bits");
    REQUIRE(report.findings.size() == 1);
    CHECK(report.findings[0].clauses[1].values
        == "0x8000000000001003 & reserved = 0x8000000000000000, MAXPHYADDR=40 (assumed), EFER.NXE=0");
    CHECK(report.answer() == RuleAnswer::Findings);
}

TEST_CASE("alias-attr: mappings that differ in one PAT layout only, or not at all")
{
    RuleGuest guest;
    const auto states = [&](std::uint64_t one, std::uint64_t two) {
        guest.set(RuleGuest::slotTable, 0, 0x10000 | rw | one);
        guest.set(RuleGuest::slotTable, 2, 0x10000 | rw | two);
        return findingsText(check(guest.context(), "alias-attr"));
    };
    constexpr std::uint64_t wt = bit::pwt, ucMinus = bit::pcd, uc = bit::pcd | bit::pwt;
    constexpr std::uint64_t pat = bit::patSmall;
    CHECK(states(0, wt) == "violation 0x10 at 0x5010\n");
    CHECK(states(wt, uc) == "violation 0x10 at 0x5010\n");
    CHECK(states(ucMinus, uc) == "note 0x10 at 0x5010\n");
    CHECK(states(ucMinus, ucMinus | pat) == ""); // UC- by both layouts
    CHECK(states(wt, wt | pat) == "note 0x10 at 0x5010\n"); // WT at power-on, WC and WP under Linux
    CHECK(states(uc, uc | pat) == "note 0x10 at 0x5010\n"); // UC at power-on
    CHECK(states(wt, wt) == "");
}

TEST_CASE("alias-attr: runs that overlap in part are compared where they do")
{
    RuleGuest guest;
    for (unsigned i = 0; i < 4; ++i) {
        guest.set(RuleGuest::slotTable, i, (0x10000 + i * frameBytes) | rw | bit::pcd);
        guest.set(RuleGuest::slotTable, 10 + i, (0x12000 + i * frameBytes) | rw | bit::pwt);
    }
    guest.set(RuleGuest::slotTable, 20, 0x90000 | rw | bit::pwt); // alone
    guest.map(0x50, rw); // before, after and between
    guest.map(0x8, rw);
    // One that lies within a longer one, before what a third mapping meets of that.
    for (unsigned i = 0; i < 8; ++i)
        guest.set(RuleGuest::slotTable, 40 + i, (0x100000 + i * frameBytes) | rw | bit::pcd);
    guest.set(RuleGuest::slotTable, 60, 0x101000 | rw | bit::pcd);
    guest.map(0x105, rw);
    const auto report = check(guest.context(), "alias-attr");
    CHECK(findingsText(report) == "violation 0x105 at 0x5168\nviolation 0x12 at 0x5010\n");
    CHECK(report.findings[1].frames == 2);
    CHECK(report.findings[1].clauses[0].values == "pa:0x5010 and pa:0x5050");
}

TEST_CASE("alias-attr: a guest that maps too much uncached is compared in part, which is a gap")
{
    RuleGuest guest;
    const auto fill = [&](unsigned tables, const auto& entry) {
        for (unsigned i = 0; i < tables; ++i) {
            guest.set(RuleGuest::pudTable, 8 + i / 512, (0x60000 + i / 512 * frameBytes) | rw);
            guest.set(0x60000 + i / 512 * frameBytes, i % 512, (0x100000 + i * frameBytes) | rw);
            for (unsigned j = 0; j < 512; ++j)
                guest.set(0x100000 + i * frameBytes, j, entry(i * 512 + j));
        }
        return check(guest.context(), "alias-attr").coverage.gaps;
    };
    const std::vector<std::string> cut{"too many mappings that are not write-back to compare them all"};
    // One frame everywhere: each pair of mappings is an overlap.
    CHECK(fill(2, [](unsigned) { return 0x1000'0000 | rw | nx | bit::pcd; }).empty());
    CHECK(fill(6, [](unsigned n) { return 0x1000'0000 | rw | nx | (n % 2 ? bit::pcd : bit::pwt); }) == cut);
    // No two of them together.
    CHECK(
        fill(514, [](unsigned n) { return (0x1000'0000 + n * 2 * frameBytes) | rw | nx | bit::pcd; }) == cut);
}

TEST_CASE("a history is bounded in gaps, and knows only the findings that it has room for")
{
    FindingHistory history(1);
    RuleReport report;
    report.rule = "r";
    const auto mark = [](std::uint64_t frame) {
        return FindingMark{FrameNumber(frame), PhysicalAddress(frame * 8), FindingState::Violation};
    };
    report.marks = {mark(1), mark(2)};
    report.totals.add(FindingState::Violation, Standing::Broken, 2, 2);
    history.note(1, std::vector{report});
    CHECK(history.all().size() == 1);
    // The one without room is neither unseen nor resolved.
    RuleReport none = report;
    none.coverage.evaluated = false;
    history.note(2, std::vector{none});
    none.rule = "a rule that never found anything";
    history.note(2, std::vector{none});
    RuleReport clean = report;
    clean.marks.clear();
    clean.totals = {};
    history.note(3, std::vector{clean});
    CHECK(history.all().size() == 1);
    CHECK(history.stays({"r", FrameNumber(1), PhysicalAddress(8)})[0].resolved == 3);

    FindingHistory gaps;
    for (unsigned i = 0; i < 1001; ++i) {
        CHECK_FALSE(gaps.incomplete());
        clean.coverage.gaps = {"gap " + std::to_string(i)};
        gaps.note(i, std::vector{clean});
    }
    CHECK(gaps.incomplete());
    CHECK(gaps.gaps().size() == 1000);
    clean.coverage.gaps = {"gap 0"};
    gaps.note(2000, std::vector{clean});
    CHECK(gaps.gaps().begin()->second.last == 2000);
}

TEST_CASE("of two findings of one entry one stays when the other is resolved")
{
    FindingHistory history;
    RuleReport report;
    report.rule = "r";
    const FindingMark violation{FrameNumber(1), PhysicalAddress(8), FindingState::Violation};
    const FindingMark note{FrameNumber(1), PhysicalAddress(8), FindingState::Note};
    const auto look = [&](std::uint64_t step, std::vector<FindingMark> marks) {
        report.marks = std::move(marks);
        report.totals = {};
        for (const FindingMark& mark : report.marks)
            report.totals.add(mark.state, mark.standing, 1, 1);
        history.note(step, std::vector{report});
    };
    look(1, {violation, note});
    look(2, {note});
    const FindingStay& stay = history.stays({"r", FrameNumber(1), PhysicalAddress(8)})[0];
    CHECK_FALSE(stay.resolved);
    CHECK(stay.states.back().state == FindingState::Note);
    look(3, {});
    CHECK(stay.resolved == 3);
    // Two entries that map one frame are two findings.
    const FindingMark other{FrameNumber(1), PhysicalAddress(16), FindingState::Violation};
    look(4, {violation, other});
    look(5, {other});
    CHECK(history.stays({"r", FrameNumber(1), PhysicalAddress(8)}).back().resolved == 5);
    CHECK_FALSE(history.stays({"r", FrameNumber(1), PhysicalAddress(16)}).back().resolved);
    look(6, {violation, other});
    CHECK(history.stays({"r", FrameNumber(1), PhysicalAddress(8)}).back().appeared == 6);
    CHECK(history.stays({"r", FrameNumber(1), PhysicalAddress(16)}).size() == 1);
}

TEST_CASE("only what the machine forbids is drawn as grave")
{
    CHECK(drawnAs(FindingState::Violation, Standing::Broken) == FindingState::Violation);
    CHECK(drawnAs(FindingState::Violation, Standing::Expected) == FindingState::Note);
    CHECK(drawnAs(FindingState::Stale, Standing::Broken) == FindingState::Stale);
    CHECK(drawnAs(FindingState::Stale, Standing::Hypothetical) == FindingState::Note);
    CHECK(drawnAs(FindingState::Pending, Standing::Expected) == FindingState::Pending);
    CHECK(drawnAs(FindingState::Pending, Standing::Hypothetical) == FindingState::Note);
    CHECK(drawnAs(FindingState::Transient, Standing::Hypothetical) == FindingState::Note);
    CHECK(stateCountText(FindingState::Violation, 2) == "2 violations");
    CHECK(stateCountText(FindingState::Note, 1) == "1 note");
    CHECK(stateCountText(FindingState::Note, 2) == "2 notes");
    CHECK(stateCountText(FindingState::Stale, 2) == "2 stale");
    CHECK(labelText(FindingState::Stale, Standing::Broken) == "stale");
    CHECK(labelText(FindingState::Note, Standing::Hypothetical) == "hypothetical note");
}

TEST_CASE("that paging was off when a guest was last seen is no verdict on what could not be seen of it")
{
    Guest guest(PagingMode::Off);
    SnapshotBuilder builder(guest.memory, guest.cpu, guest.features);
    REQUIRE(builder.captureTables({}));
    builder.addGap("the guest has gone");
    const auto unseen = checkAllRules(RuleContext(builder.finish()));
    for (const RuleReport& report : *unseen) {
        INFO(report.rule);
        CHECK(report.answer() == RuleAnswer::Gap);
        CHECK(report.coverage.gaps == std::vector<std::string>{"the guest has gone"});
    }
    const auto seen = checkAllRules(RuleContext(guest.capture()));
    for (const RuleReport& report : *seen) {
        INFO(report.rule);
        CHECK(report.answer() == RuleAnswer::NotApplicable);
    }
}
