// SPDX-License-Identifier: GPL-2.0-or-later
// The rules about Xen where a table, a frame or what is known of Xen is not the usual.
#include "tests/support/catch.h"

#include <algorithm>

#include "core/rules/bufferstate.h"
#include "rulexen.h"

using namespace pgtscope::tests;

namespace {

bool says(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

} // namespace

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
    RuleLimits limits;
    limits.findings = 1;
    const auto cut = check(RuleContext(captureUnder(guest, xen), limits), "xen-types");
    CHECK(cut.findings.size() == 1);
    CHECK(cut.count(FindingState::Violation) == 2);
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

TEST_CASE("a kernel that dies has offered the page that no slot is open to, and not the others")
{
    RuleGuest guest;
    guest.map(0x22, rw);
    guest.set(RuleGuest::slotTable, 1, 0x22000 | p);
    guest.set(RuleGuest::slotTable, 2, 0x21000 | rw);
    guest.map(0x21, rw);
    guest.checker.known = true;
    const auto verdict = [&](std::uint64_t frame, std::size_t bufferFrames) {
        SnapshotBuilder builder(guest.memory, guest.cpu, guest.features);
        REQUIRE(builder.captureTables({}));
        builder.setPgtBuf(guest.buffer);
        builder.setCheckerTypes(guest.checker);
        builder.setDying(true);
        RuleLimits limits;
        limits.bufferFrames = bufferFrames;
        const RuleContext context(builder.finish(), limits);
        return mappingVerdict(
            context, FrameNumber(frame), {PhysicalAddress(0x4000 + frame * 8), true, false});
    };
    CHECK(verdict(0x22, 100) == MappingVerdict::Violation); // its slot is closed
    CHECK(verdict(0x21, 100) == MappingVerdict::BeingMade); // its slot is open
    CHECK(verdict(0x23, 1) == MappingVerdict::Violation); // its mappings were not looked at
}

TEST_CASE("xen-ro: a slot that maps a table of other make says that it is not the newest page")
{
    RuleGuest guest;
    guest.set(RuleGuest::slotTable, 9, 0x4000 | rw);
    const auto report = check(guest.context(), "xen-ro");
    CHECK(findingsText(report) == "violation 0x4 at 0x5048\n");
    REQUIRE(report.findings[0].clauses.size() == 5);
    CHECK(report.findings[0].clauses[3].text == "pfn == pgt_buf_end - 1");
    CHECK_FALSE(report.findings[0].clauses[3].holds);
    // One that has no number of the kernel's is compared with nothing.
    guest.set(RuleGuest::slotTable, 9, 0x800000 | rw);
    guest.set(RuleGuest::rootTable, 300, 0x800000 | rw);
    const auto others = check(RuleContext(captureUnder(guest, plainXen())), "xen-ro");
    const auto found = std::ranges::find(others.findings, FrameNumber(0x800), &Finding::frame);
    REQUIRE(found != others.findings.end());
    CHECK(found->clauses.size() == 4);
}

TEST_CASE("xen-ro: a root that does not begin its page is found by its page")
{
    Guest guest(PagingMode::Pae);
    guest.cpu.control.cr3 = 0x1020;
    guest.set(0x1020, 0, 0x2000 | p);
    guest.set(0x2000, 0, 0x3000 | rw);
    guest.set(0x3000, 1, 0x1000 | rw);
    SnapshotBuilder builder(guest.memory, guest.cpu, guest.features);
    REQUIRE(builder.captureTables({}));
    PageTableBuffer buffer;
    buffer.enforced = true;
    builder.setPgtBuf(buffer);
    const auto report = check(RuleContext(builder.finish()), "xen-ro");
    REQUIRE(report.findings.size() == 1);
    CHECK(report.findings[0].clauses[0].values == "frame:0x1 is a table of level 3");
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
