// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/catch.h"

#include <algorithm>

#include "core/rules/bufferstate.h"
#include "core/rules/findinghistory.h"
#include "ruleguest.h"

using namespace pgtscope::tests;

namespace {

bool says(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

const Clause* clause(const Finding& finding, const std::string& text)
{
    for (const Clause& c : finding.clauses)
        if (c.text == text)
            return &c;
    return nullptr;
}

} // namespace

TEST_CASE("a reachable table with a writable mapping is a violation")
{
    RuleGuest guest;
    guest.map(4, rw);
    const auto report = check(guest.context(), "xen-ro");
    CHECK(findingsText(report) == "violation 0x4 at 0x4020\n");
    const Finding& finding = report.findings.front();
    CHECK(finding.entry.linear == LinearAddress(RuleGuest::directBase + 0x4000));
    CHECK(finding.entry.paths == 1);
    CHECK(finding.entry.level == 1);
    CHECK(clause(finding, "the frame is a page table")->holds);
    CHECK(clause(finding, "the mapping is effectively writable")->holds);
    REQUIRE(finding.mappings.size() == 1);
    CHECK(finding.mappingsTotal == 1);
}

TEST_CASE("a table that is mapped read-only is as the rule wants it")
{
    RuleGuest guest;
    guest.map(4, p);
    CHECK(check(guest.context(), "xen-ro").total() == 0);
}

TEST_CASE("a writable entry below a read-only one maps nothing writable")
{
    RuleGuest guest;
    guest.map(4, rw);
    guest.set(RuleGuest::pmdTable, 0, RuleGuest::directTable | p);
    CHECK(check(guest.context(), "xen-ro").total() == 0);
}

TEST_CASE("CR0.WP plays no part in what a hypervisor accepts")
{
    RuleGuest guest;
    guest.cpu.control.cr0 &= ~cr0Wp;
    guest.map(4, p);
    CHECK(check(guest.context(), "xen-ro").total() == 0);
}

TEST_CASE("a frame that was handed out is a table in the making even before it is filled")
{
    RuleGuest guest;
    guest.map(0x20, rw);
    guest.map(0x23, rw);
    const auto report = check(guest.context(), "xen-ro");
    CHECK(findingsText(report) == "transient 0x20 at 0x4100\ntransient 0x23 at 0x4118\n");
    CHECK(says(report.findings.front().summary, "being made"));
}

TEST_CASE("a filled page of PTEs that is not the newest is complete: it may not be writable any more")
{
    RuleGuest guest;
    guest.map(0x22, rw);
    guest.set(0x22000, 0, 0x90000 | p);
    const auto report = check(guest.context({{PhysicalAddress(0x22000), 1}}), "xen-ro");
    CHECK(findingsText(report) == "violation 0x22 at 0x4110\n");
}

TEST_CASE("what the hypervisor takes as a table decides whether a page is being made")
{
    RuleGuest guest;
    guest.map(0x22, rw);
    guest.set(0x22000, 0, 0x90000 | p);
    const std::vector<DetachedRoot> filled{{PhysicalAddress(0x22000), 1}};
    SECTION("where nothing tells it, the order of allocation does, and that is a gap")
    {
        const auto report = check(guest.context(filled), "xen-ro");
        REQUIRE(report.coverage.gaps.size() == 1);
        CHECK(says(report.coverage.gaps.front(), "concluded from the order"));
        CHECK(check(guest.context(filled), "mask-rw-end").coverage.gaps == report.coverage.gaps);
    }
    SECTION("on bare hardware nobody pins anything: no gap")
    {
        guest.buffer.enforced = false;
        CHECK(check(guest.context(filled), "xen-ro").coverage.gaps.empty());
    }
    SECTION("no verdict hangs on it: no gap")
    {
        guest.map(0x22, p);
        CHECK(check(guest.context(filled), "xen-ro").coverage.gaps.empty());
    }
    SECTION("not pinned yet: it is being made, though it is complete and not the newest")
    {
        guest.checker.known = true;
        const auto report = check(guest.context(filled), "xen-ro");
        CHECK(findingsText(report) == "transient 0x22 at 0x4110\n");
        CHECK(report.broken() == 0);
        CHECK(report.coverage.gaps.empty());
        const auto masked = check(guest.context(filled), "mask-rw-end");
        CHECK(findingsText(masked) == "transient 0x22 at 0x4110\n");
        CHECK(masked.broken() == 0);
    }
    SECTION("not pinned, but the writable mapping is in a table that no root reaches: a violation")
    {
        guest.checker.known = true;
        guest.map(0x22, p);
        guest.set(0x21000, 7, 0x22000 | rw);
        const auto report = check(guest.context({{PhysicalAddress(0x21000), 1}}), "xen-ro");
        CHECK(findingsText(report) == "violation 0x22 at 0x21038 detached\n");
    }
    SECTION("pinned: a violation, even of the newest page")
    {
        guest.map(0x22, p);
        guest.map(0x23, rw);
        guest.checker = {true, {{FrameNumber(0x23), XenFrameType::L1, true, 1}}};
        const auto report = check(guest.context(), "xen-ro");
        CHECK(findingsText(report) == "violation 0x23 at 0x4118\n");
        const Clause* typed
            = clause(report.findings.front(), "the checker's frame_table has it as a page table");
        REQUIRE(typed);
        CHECK(typed->holds);
        CHECK(says(typed->values, "L1 table, pinned, 1 use"));
    }
}

TEST_CASE("a writable mapping that only a detached table holds is found")
{
    RuleGuest guest;
    // Frame 0x21 is a filled L1 that nothing references yet; it maps the later table 0x22 writable.
    guest.set(0x21000, 7, 0x22000 | rw);
    CHECK(check(guest.context(), "xen-ro").total() == 0);
    const auto report = check(guest.context({{PhysicalAddress(0x21000), 1}}), "xen-ro");
    CHECK(findingsText(report) == "violation 0x22 at 0x21038 detached\n");
    CHECK(says(report.findings.front().summary, "detached table"));
}

TEST_CASE("a detached table that is mapped writable is a violation too")
{
    RuleGuest guest;
    guest.buffer = {};
    guest.buffer.enforced = true;
    guest.map(0x30, rw);
    guest.set(0x30000, 0, 0x100000 | p);
    const auto report = check(guest.context({{PhysicalAddress(0x30000), 1}}), "xen-ro");
    CHECK(findingsText(report) == "violation 0x30 at 0x4180\n");
    CHECK(says(report.findings.front().summary, "is a detached table of level 1"));
}

TEST_CASE("a reserved frame that is mapped writable is pending")
{
    RuleGuest guest;
    guest.map(0x24, rw);
    guest.map(0x27, rw);
    guest.map(0x28, rw);
    const auto report = check(guest.context(), "xen-ro");
    CHECK(findingsText(report) == "pending 0x24 at 0x4120\npending 0x27 at 0x4138\n");
    const Clause* reserved = clause(report.findings.front(), "pgt_buf_end <= pfn < pgt_buf_top");
    REQUIRE(reserved);
    CHECK(reserved->values == "pfn:0x24 <= pfn:0x24 < pfn:0x28");
    CHECK(reserved->holds);
}

TEST_CASE("a reserved frame that is mapped read-only is fine")
{
    RuleGuest guest;
    guest.map(0x25, p);
    const RuleContext context = guest.context();
    CHECK(check(context, "xen-ro").total() == 0);
    CHECK(mappingVerdict(context, FrameNumber(0x25), {PhysicalAddress(0x4128), false, false})
        == MappingVerdict::ReservedFine);
}

TEST_CASE("the early_ioremap slot of the newest page is an allowed transient")
{
    RuleGuest guest;
    guest.set(RuleGuest::slotTable, 9, 0x23000 | rw);
    const auto report = check(guest.context(), "xen-ro");
    CHECK(findingsText(report) == "transient 0x23 at 0x5048\n");
    CHECK(clause(report.findings.front(), "pfn == pgt_buf_end - 1")->holds);
}

TEST_CASE("an early_ioremap slot of an older page is a violation once the page is complete")
{
    RuleGuest guest;
    guest.set(RuleGuest::slotTable, 9, 0x22000 | rw);
    guest.set(0x22000, 0, 0x90000 | p);
    const auto report = check(guest.context({{PhysicalAddress(0x22000), 1}}), "xen-ro");
    CHECK(findingsText(report) == "violation 0x22 at 0x5048\n");
    CHECK_FALSE(clause(report.findings.front(), "pfn == pgt_buf_end - 1")->holds);
    CHECK_FALSE(
        clause(report.findings.front(), "pgt_buf handed the frame out, and it is being filled")->holds);
}

TEST_CASE("a page of PMDs keeps its slot while the pages below it are handed out")
{
    RuleGuest guest;
    guest.set(RuleGuest::slotTable, 9, 0x21000 | rw);
    guest.set(0x21000, 0, 0x22000 | rw);
    SECTION("empty as yet")
    {
        CHECK(findingsText(check(guest.context(), "xen-ro")) == "transient 0x21 at 0x5048\n");
    }
    SECTION("with its first entry")
    {
        const auto report = check(guest.context({{PhysicalAddress(0x21000), 2}}), "xen-ro");
        CHECK(findingsText(report) == "transient 0x21 at 0x5048\n");
    }
    SECTION("hooked in, the slot is a violation")
    {
        guest.set(0x20000, 0, 0x21000 | rw);
        const auto report = check(guest.context({{PhysicalAddress(0x20000), 3}}), "xen-ro");
        CHECK(findingsText(report) == "violation 0x21 at 0x5048\n");
    }
}

TEST_CASE("a page handed back but still mapped read-only is stale")
{
    RuleGuest guest;
    guest.buffer.trust = PgtBufTrust::HandedBack;
    guest.map(0x25, p);
    guest.map(0x26, rw);
    guest.map(0x21, p);
    CHECK(findingsText(check(guest.context(), "xen-ro")) == "stale 0x25 at 0x4128\n");
}

TEST_CASE("the rest of an earlier epoch was handed back, the live one's is pending")
{
    RuleGuest guest;
    guest.buffer.epochs.insert(
        guest.buffer.epochs.begin(), {GuestFrame(0x40), GuestFrame(0x42), GuestFrame(0x44), false});
    guest.map(0x41, rw);
    guest.map(0x42, p);
    guest.map(0x43, rw);
    guest.map(0x24, rw);
    CHECK(findingsText(check(guest.context(), "xen-ro"))
        == "pending 0x24 at 0x4120\nviolation 0x41 at 0x4208\nstale 0x42 at 0x4210\n");
}

TEST_CASE("a page taken from memblock is a table like one of the buffer")
{
    RuleGuest guest;
    guest.buffer.beyond = {{GuestFrame(0x60), GuestFrame(0x62)}};
    guest.map(0x61, rw);
    CHECK(findingsText(check(guest.context(), "xen-ro")) == "violation 0x61 at 0x4308\n");
}

TEST_CASE("after free_initmem the buffer's frames are nobody's, tables still count")
{
    RuleGuest guest;
    guest.buffer.trust = PgtBufTrust::Stale;
    guest.map(0x21, rw);
    guest.map(0x25, p);
    guest.map(4, rw);
    CHECK(findingsText(check(guest.context(), "xen-ro")) == "violation 0x4 at 0x4020\n");
}

TEST_CASE(
    "after free_initmem the page that a dying kernel has failed to write is stale still, and no other is")
{
    RuleGuest guest;
    guest.buffer.trust = PgtBufTrust::Stale;
    guest.dying = true;
    guest.map(0x25, p);
    guest.map(0x26, p);
    guest.cpu.control.cr2 = RuleGuest::directBase + 0x25008;
    CHECK(findingsText(check(guest.context(), "xen-ro")) == "stale 0x25 at 0x4128\n");
    guest.map(0x25, rw);
    CHECK(check(guest.context(), "xen-ro").total() == 0);
}

TEST_CASE("what pgt_buf said of a page that is no table is not judged any more once its values are dead")
{
    RuleGuest guest;
    guest.buffer.trust = PgtBufTrust::HandedBack;
    guest.map(0x25, p);
    guest.map(4, rw);
    FindingHistory history;
    const auto step = [&](std::uint64_t number) {
        const std::vector reports{check(guest.context(), "xen-ro")};
        history.note(number, reports);
    };
    step(1);
    guest.buffer.trust = PgtBufTrust::Stale;
    guest.map(4, p);
    step(2);
    step(3);
    const auto& left = history.stays({"xen-ro", FrameNumber(0x25), PhysicalAddress(0x4128)});
    REQUIRE(left.size() == 1);
    CHECK_FALSE(left[0].resolved);
    CHECK(left[0].unseenSince == 2U);
    CHECK(history.stays({"xen-ro", FrameNumber(4), PhysicalAddress(0x4020)})[0].resolved == 2U);
}

TEST_CASE("where a kernel dies and no table shows why, that is a gap")
{
    RuleGuest guest;
    guest.dying = true;
    const auto gaps = [&] { return check(guest.context(), "xen-ro").coverage.gaps; };
    REQUIRE(gaps().size() == 1);
    CHECK(says(gaps()[0], "an update that the checker refuses is in no table"));
    guest.map(4, rw);
    CHECK(gaps().empty());
    guest.map(4, p);
    guest.buffer.enforced = false;
    CHECK(gaps().empty());
}

TEST_CASE("under a hypervisor, without the kernel's symbols, pages that are to become tables are a gap")
{
    RuleGuest guest;
    guest.buffer = {};
    CHECK(check(guest.context(), "xen-ro").coverage.gaps.empty());
    guest.buffer.enforced = true;
    const auto report = check(guest.context(), "xen-ro");
    REQUIRE(report.coverage.gaps.size() == 1);
    CHECK(says(report.coverage.gaps[0], "pgt_buf is not known"));
    CHECK(report.standing == Standing::Broken);
}

TEST_CASE("a table is written bypassing the hypervisor only if it is one to the hypervisor")
{
    RuleGuest guest;
    guest.map(4, rw);
    guest.checker = {true, {{FrameNumber(4), XenFrameType::L1, true, 1}}};
    const auto summary = [&] { return check(guest.context(), "xen-ro").findings.at(0).summary; };
    CHECK(says(summary(), "both are page tables: the entry was written bypassing the checker"));
    guest.checker = {true, {{FrameNumber(0x21), XenFrameType::L1, true, 1}}};
    guest.map(4, p);
    guest.map(0x21, rw);
    CHECK(says(summary(), "the table with the entry is none yet: it is refused as one"));
}

TEST_CASE("a large page that covers tables maps each of them")
{
    RuleGuest guest;
    guest.set(RuleGuest::pmdTable, 2, 0x0 | rw | bit::ps);
    // Root, PUD, PMD, both PTs; four frames handed out that are being made; four reserved ones.
    const auto report = check(guest.context(), "xen-ro");
    CHECK(report.count(FindingState::Violation) == 5);
    CHECK(report.count(FindingState::Transient) == 4);
    CHECK(report.count(FindingState::Pending) == 4);
    CHECK(report.findings.front().entry.level == 2);
    CHECK(report.findings.front().entry.linear == LinearAddress(RuleGuest::directBase + 0x401000));
}

TEST_CASE("on a native boot the rule says what Xen would say")
{
    RuleGuest guest;
    guest.buffer.enforced = false;
    guest.map(4, rw);
    guest.map(0x24, rw);
    const auto report = check(guest.context(), "xen-ro");
    REQUIRE(report.findings.size() == 2);
    CHECK(report.standing == Standing::Hypothetical);
    for (const Finding& finding : report.findings) {
        CHECK(finding.standing == Standing::Hypothetical);
        CHECK(says(finding.summary, "would"));
    }
    guest.buffer.enforced = true;
    for (const Finding& finding : check(guest.context(), "xen-ro").findings)
        CHECK_FALSE(says(finding.summary, "would"));
}

TEST_CASE("findings beyond the limit are counted exactly and marked")
{
    RuleGuest guest;
    for (std::uint64_t frame = 0x20; frame < 0x28; ++frame)
        guest.map(frame, rw);
    RuleLimits limits;
    limits.findings = 2;
    limits.marks = 5;
    const auto report = check(guest.context({}, limits), "xen-ro");
    CHECK(report.findings.size() == 4);
    CHECK(report.count(FindingState::Transient) == 4);
    CHECK(report.count(FindingState::Pending) == 4);
    CHECK(report.marks.size() == 5);
    CHECK_FALSE(report.marksComplete());
}

TEST_CASE("a table that maps itself at many addresses is reported once for each entry")
{
    RuleGuest guest;
    guest.set(RuleGuest::rootTable, 511, RuleGuest::rootTable | rw);
    const auto report = check(guest.context(), "xen-ro");
    // Through the self-map every table becomes reachable one level lower, the root and PUD as leaves too.
    CHECK(report.total() > 0);
    CHECK(report.total() < 64);
    CHECK(std::ranges::any_of(report.findings, [](const Finding& finding) {
        return says(finding.summary, "is a table of levels 1, 2, 3 and 4 (it maps itself)");
    }));
}

TEST_CASE("while paging is off the rule cannot be evaluated")
{
    RuleGuest guest;
    guest.cpu.control.cr0 = cr0Pe;
    CHECK_FALSE(check(guest.context(), "xen-ro").notEvaluated().empty());
}

TEST_CASE("an absurd buffer is cut and said to be")
{
    RuleGuest guest;
    guest.buffer.epochs = {{GuestFrame(0), GuestFrame(~0ULL - 1), GuestFrame(~0ULL), false}};
    RuleLimits limits;
    limits.bufferFrames = 100;
    const auto report = check(guest.context({}, limits), "xen-ro");
    CHECK_FALSE(report.incomplete().empty());
}
