// SPDX-License-Identifier: GPL-2.0-or-later
// Rules where a machine, a mode or a table is not the usual one.
#include "tests/support/catch.h"

#include "core/rules/findinghistory.h"
#include "ruleguest.h"
#include "xenguest.h"

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

/// A Xen of hand-made extents: the frames below 0x400 are the domain's own, its numbers the machine's plus
/// 0x1000.
std::shared_ptr<XenState> plainXen()
{
    auto xen = std::make_shared<XenState>();
    xen->domain = 0;
    xen->complete = true;
    xen->root = PhysicalAddress(RuleGuest::rootTable);
    xen->extents = XenExtents({{FrameNumber(0), GuestFrame(0x1000), 0x400, 0}});
    return xen;
}

SnapshotPtr captureUnder(RuleGuest& guest, const XenStatePtr& xen)
{
    SnapshotBuilder builder(guest.memory, guest.cpu, guest.features);
    builder.setXen(xen);
    REQUIRE(builder.captureTables({}));
    builder.setPgtBuf(guest.buffer);
    return builder.finish();
}

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

TEST_CASE("xen-types: what leads to frame_table, or does not, is said")
{
    RuleGuest guest;
    auto xen = plainXen();
    const auto why = [&] { return check(RuleContext(captureUnder(guest, xen)), "xen-types").notEvaluated(); };
    SECTION("too slow")
    {
        xen->complete = false;
        CHECK(says(why(), "the memory channel is too slow"));
        xen->rootKnown = false;
        CHECK(says(why(), "CR3 holds a process's root"));
        xen->isolated = true;
        CHECK(says(why(), "CR3 holds Xen's copy of the root"));
        CHECK(check(RuleContext(captureUnder(guest, xen)), "xen-types").answer() == RuleAnswer::Gap);
    }
    SECTION("Xen's own root")
    {
        xen->domain.reset();
        CHECK(says(why(), "its tables belong to no domain"));
        CHECK(
            check(RuleContext(captureUnder(guest, xen)), "xen-types").answer() == RuleAnswer::NotApplicable);
    }
    SECTION("no tables")
    {
        guest.cpu.control.cr0 = cr0Pe;
        CHECK(says(why(), "paging is off"));
    }
}

TEST_CASE("xen-types: a root that was not read is no table of another type, and a frame is reported once")
{
    RuleGuest guest;
    auto xen = plainXen();
    guest.memory.unreadable = {1};
    CHECK(check(RuleContext(captureUnder(guest, xen)), "xen-types").total() == 0);
    guest.memory.unreadable.clear();
    xen->tables = {{FrameNumber(1), XenFrameType::L4, true, 1}, {FrameNumber(2), XenFrameType::L3, false, 1},
        {FrameNumber(3), XenFrameType::L2, false, 2}, {FrameNumber(5), XenFrameType::L2, false, 1}};
    guest.set(RuleGuest::pmdTable, 7, RuleGuest::directTable | rw); // again
    const auto report = check(RuleContext(captureUnder(guest, xen)), "xen-types");
    CHECK(findingsText(report) == "violation 0x4 at 0x3000\nviolation 0x5 at 0x3008\n");
    CHECK(says(report.findings[0].summary, "to Xen it is no page table"));
    CHECK(says(report.findings[1].summary, "to Xen it is an L2 table"));
    // The root itself, of no type.
    xen->tables.erase(xen->tables.begin());
    CHECK(check(RuleContext(captureUnder(guest, xen)), "xen-types").findings[0].clauses[0].values
        == "the walk starts there");
}

TEST_CASE("xen-types: a table that Xen has and nothing references is noted, read or not")
{
    RuleGuest guest;
    auto xen = plainXen();
    xen->tables = {{FrameNumber(1), XenFrameType::L4, true, 1}, {FrameNumber(2), XenFrameType::L3, false, 1},
        {FrameNumber(3), XenFrameType::L2, false, 2}, {FrameNumber(4), XenFrameType::L1, false, 1},
        {FrameNumber(5), XenFrameType::L1, false, 1}, {FrameNumber(0x30), XenFrameType::L2, true, 1}};
    const auto capture = [&](const std::vector<DetachedRoot>& detached) {
        SnapshotBuilder builder(guest.memory, guest.cpu, guest.features);
        builder.setXen(xen);
        CaptureOptions options;
        options.detached = detached;
        REQUIRE(builder.captureTables(options));
        return builder.finish();
    };
    CHECK(findingsText(check(RuleContext(capture({})), "xen-types")) == "note 0x30 at 0x0\n");
    // What a detached table leads to is Xen's affair where Xen has that table; else it has none to be in.
    guest.set(0x30000, 0, 0x31000 | rw);
    guest.set(0x40000, 0, 0x41000 | rw);
    const auto report = check(
        RuleContext(capture({{PhysicalAddress(0x30000), 2}, {PhysicalAddress(0x40000), 2}})), "xen-types");
    CHECK(findingsText(report) == "violation 0x31 at 0x30000 detached\nnote 0x30 at 0x30000 detached\n");
}

TEST_CASE("user-kernel: where a 32-bit kernel begins is what its regions say")
{
    PaeGuest guest;
    // Nothing says that it is Linux's default; that is assumed.
    CHECK(guest.places() == "0xc0000000 0xf0000000 ");
    guest.kernelBegins(0x80000000);
    // The tables serve the last GiB as well: what is in them is reported once.
    CHECK(guest.places() == "0x80000000 0xb0000000 ");
    // In the midst of a table of level 2: the part before is the user's.
    guest.kernelBegins(0xb0000000);
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
    const auto report = check(guest.context(), "alias-attr");
    CHECK(findingsText(report) == "violation 0x12 at 0x5010\n");
    CHECK(report.findings[0].frames == 2);
    CHECK(report.findings[0].clauses[0].values == "pa:0x5010 and pa:0x5050");
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

TEST_CASE("xen-ro: what a frame is, for each way to be one")
{
    RuleGuest guest;
    guest.buffer.epochs.insert(
        guest.buffer.epochs.begin(), {GuestFrame(0x40), GuestFrame(0x42), GuestFrame(0x44), false});
    guest.buffer.beyond = {{GuestFrame(0x60), GuestFrame(0x62)}};
    guest.map(0x42, p);
    guest.map(0x61, rw);
    guest.map(0x24, rw);
    guest.map(0x22, rw);
    guest.map(0x4, rw);
    const auto report = check(guest.context(), "xen-ro");
    const auto what = [&](std::uint64_t frame) {
        for (const Finding& finding : report.findings)
            if (finding.frame == FrameNumber(frame))
                return finding.clauses[0].values;
        return std::string();
    };
    CHECK(what(0x42) == "frame:0x42 was handed back");
    CHECK(what(0x61) == "frame:0x61 was taken from memblock as a table and is not filled yet");
    CHECK(what(0x24) == "frame:0x24 is reserved for tables to come");
    CHECK(what(0x22) == "frame:0x22 was handed out as a table and is not filled yet");
    CHECK(what(0x4) == "frame:0x4 is a table of level 1");
}

TEST_CASE("xen-ro: what is left read-only does harm on the machine, or would do it under Xen")
{
    RuleGuest guest;
    guest.buffer.trust = PgtBufTrust::HandedBack;
    guest.map(0x25, p);
    CHECK(says(check(guest.context(), "xen-ro").findings.at(0).summary, "a later write through it faults"));
    guest.buffer.enforced = false;
    const auto report = check(guest.context(), "xen-ro");
    CHECK(says(report.findings.at(0).summary, "a later write through it would fault"));
    CHECK(report.broken() == 0);
}

TEST_CASE("xen-ro: a system that is not known, without Xen, has no such rule")
{
    RuleGuest guest;
    guest.map(4, rw);
    guest.buffer.enforced = false;
    guest.linearRegions = {{"lower_half", "Lower half", {LinearAddress(0), LinearAddress(1ULL << 47)}}};
    CHECK(check(guest.context(), "xen-ro").answer() == RuleAnswer::NotApplicable);
    CHECK(
        check(RuleContext(captureUnder(guest, plainXen())), "xen-ro").answer() != RuleAnswer::NotApplicable);
    guest.buffer.enforced = true;
    CHECK(check(guest.context(), "xen-ro").answer() == RuleAnswer::Findings);
}

TEST_CASE("xen-ro: a table that was written past the hypervisor is distinguished from one that it refused")
{
    RuleGuest guest;
    guest.map(4, rw);
    guest.checker = {true, {{FrameNumber(4), XenFrameType::L1, false, 1}}};
    CHECK(says(check(guest.context(), "xen-ro").findings.at(0).summary, "bypassing the checker"));
    guest.checker.known = false;
    guest.checker.tables.clear();
    CHECK(says(check(guest.context(), "xen-ro").findings.at(0).summary, "the hypervisor refuses to take it"));
    guest.buffer.enforced = false;
    CHECK(says(check(guest.context(), "xen-ro").findings.at(0).summary, "Xen would refuse it"));
}

TEST_CASE("xen-ro: whatever a kernel dies of, the page that it offered last was refused")
{
    RuleGuest guest;
    guest.map(0x23, rw);
    guest.checker.known = true;
    const auto summary = [&](bool dying) {
        SnapshotBuilder builder(guest.memory, guest.cpu, guest.features);
        REQUIRE(builder.captureTables({}));
        builder.setPgtBuf(guest.buffer);
        builder.setCheckerTypes(guest.checker);
        builder.setDying(dying);
        builder.setRipSymbol("default_idle+0x1");
        const auto report = check(RuleContext(builder.finish()), "xen-ro");
        return report.findings.empty() ? "" : report.findings[0].summary;
    };
    CHECK(says(summary(false), "the page is being made"));
    CHECK(says(summary(true), "the kernel is dying: a page with such a mapping is refused"));
}

TEST_CASE("a page is being made through its slot as long as nothing is known to refuse it")
{
    RuleGuest guest;
    guest.set(RuleGuest::slotTable, 9, 0x23000 | p);
    // Read-only by now: it is no open slot, and nothing to find.
    CHECK(check(guest.context(), "xen-ro").total() == 0);
    // Without a live buffer no slot is filled through.
    guest.set(RuleGuest::slotTable, 9, 0x23000 | rw);
    guest.buffer.trust = PgtBufTrust::HandedBack;
    const auto report = check(guest.context(), "xen-ro");
    CHECK(findingsText(report) == "violation 0x23 at 0x5048\n");
    CHECK(report.findings[0].clauses.size() == 3);
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
    RuleReport clean = report;
    clean.marks.clear();
    clean.totals = {};
    history.note(3, std::vector{clean});
    CHECK(history.all().size() == 1);
    CHECK(history.stays({"r", FrameNumber(1), PhysicalAddress(8)})[0].went == 3);

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
    CHECK_FALSE(stay.went);
    CHECK(stay.states.back().state == FindingState::Note);
    look(3, {});
    CHECK(stay.went == 3);
}

TEST_CASE("only what the machine forbids is drawn as grave")
{
    CHECK(drawnAs(FindingState::Violation, Standing::Broken) == FindingState::Violation);
    CHECK(drawnAs(FindingState::Violation, Standing::Expected) == FindingState::Note);
    CHECK(drawnAs(FindingState::Stale, Standing::Broken) == FindingState::Stale);
    CHECK(drawnAs(FindingState::Stale, Standing::Hypothetical) == FindingState::Note);
    CHECK(drawnAs(FindingState::Pending, Standing::Expected) == FindingState::Pending);
    CHECK(stateCountText(FindingState::Note, 1) == "1 note");
    CHECK(stateCountText(FindingState::Note, 2) == "2 notes");
    CHECK(stateCountText(FindingState::Stale, 2) == "2 stale");
    CHECK(labelText(FindingState::Stale, Standing::Broken) == "stale");
    CHECK(labelText(FindingState::Note, Standing::Hypothetical) == "hypothetical note");
}
