// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/catch.h"

#include "core/rules/maskrw.h"
#include "core/rules/ruledifference.h"
#include "ruleguest.h"

using namespace pgtscope::tests;

TEST_CASE("mask_rw_pte as a predicate")
{
    const PgtBufEpoch epoch{GuestFrame(0x20), GuestFrame(0x24), GuestFrame(0x28), false};
    const auto top = [&](std::uint64_t frame, bool slot) {
        return mustBeReadOnly(epoch, GuestFrame(frame), slot, MaskLimit::Top);
    };
    const auto end = [&](std::uint64_t frame, bool slot) {
        return mustBeReadOnly(epoch, GuestFrame(frame), slot, MaskLimit::End);
    };
    CHECK_FALSE(top(0x1f, false));
    CHECK(top(0x20, false));
    CHECK(top(0x27, false));
    CHECK_FALSE(top(0x28, false));
    CHECK(end(0x23, false));
    CHECK_FALSE(end(0x24, false));
    // In a slot only the newest page may be writable, whatever the limit.
    for (const auto& rule : {std::function<bool(std::uint64_t, bool)>(top), {end}}) {
        CHECK_FALSE(rule(0x23, true));
        CHECK(rule(0x22, true));
        CHECK(rule(0x24, true));
        CHECK(rule(0x100, true));
    }
}

TEST_CASE("the two rules differ by exactly the pending mappings")
{
    RuleGuest guest;
    for (const std::uint64_t frame : {0x1fU, 0x20U, 0x22U, 0x23U, 0x24U, 0x26U, 0x27U, 0x28U})
        guest.map(frame, rw);
    guest.map(0x25, p);
    guest.set(RuleGuest::slotTable, 0, 0x23000 | rw);
    guest.set(RuleGuest::slotTable, 1, 0x21000 | rw);
    guest.set(RuleGuest::slotTable, 2, 0x100000 | rw);
    guest.set(0x21000, 0, 0x26000 | rw);
    const RuleContext context = guest.context({{PhysicalAddress(0x21000), 1}});
    const auto top = check(context, "mask-rw-2012");
    const auto end = check(context, "mask-rw-end");
    const RuleDifference difference = ruleDifference(top, end);

    std::vector<FindingMark> pending;
    for (const FindingMark& mark : check(context, "xen-ro").marks)
        if (mark.state == FindingState::Pending)
            pending.push_back(mark);
    CHECK(pending.size() == 4);
    std::sort(pending.begin(), pending.end());
    CHECK(difference.onlyFirst == pending);
    CHECK(difference.onlySecond.empty());
    CHECK(difference.both.size() == end.marks.size());
    CHECK(difference.complete);
    // 0x20, 0x22 and 0x23 in the direct map; slots 1 and 2.
    CHECK(end.total() == 5);
}

TEST_CASE("a slot that maps a page outside the buffer is found")
{
    RuleGuest guest;
    guest.set(RuleGuest::slotTable, 3, 0x100000 | rw);
    CHECK(findingsText(check(guest.context(), "mask-rw-2012")) == "violation 0x100 at 0x5018\n");
    guest.set(RuleGuest::slotTable, 3, 0x100000 | p);
    CHECK(check(guest.context(), "mask-rw-2012").total() == 0);
}

TEST_CASE("the clauses show which half of the condition decided")
{
    RuleGuest guest;
    guest.map(0x24, rw);
    const auto report = check(guest.context(), "mask-rw-2012");
    REQUIRE(report.findings.size() == 1);
    const Finding& finding = report.findings.front();
    REQUIRE(finding.clauses.size() == 4);
    CHECK_FALSE(finding.clauses[0].holds);
    CHECK(finding.clauses[1].holds);
    CHECK(finding.clauses[1].values == "pfn:0x20 <= pfn:0x24 < pfn:0x28");
    CHECK_FALSE(finding.clauses[2].holds);
    CHECK(finding.clauses[3].holds);
    CHECK(check(guest.context(), "mask-rw-end").total() == 0);
}

TEST_CASE("where nothing tells whether there is a buffer, a hypervisor that enforces the rule makes it a gap")
{
    RuleGuest guest;
    guest.buffer = {};
    CHECK(check(guest.context(), "mask-rw-2012").answer() == RuleAnswer::NotApplicable);
    guest.buffer.enforced = true;
    CHECK(check(guest.context(), "mask-rw-2012").answer() == RuleAnswer::Gap);
    guest.buffer.trust = PgtBufTrust::Stale; // it is known, and gone
    CHECK(check(guest.context(), "mask-rw-2012").answer() == RuleAnswer::NotApplicable);
}

TEST_CASE("without a live buffer the rules are not evaluated")
{
    for (const PgtBufTrust trust :
        {PgtBufTrust::Absent, PgtBufTrust::NotYet, PgtBufTrust::HandedBack, PgtBufTrust::Stale}) {
        RuleGuest guest;
        guest.buffer.trust = trust;
        guest.map(0x21, rw);
        const auto report = check(guest.context(), "mask-rw-2012");
        CHECK_FALSE(report.notEvaluated().empty());
        CHECK(report.total() == 0);
    }
}

TEST_CASE("on a native boot the rules say what they would do")
{
    RuleGuest guest;
    guest.buffer.enforced = false;
    guest.map(0x24, rw);
    const auto report = check(guest.context(), "mask-rw-2012");
    REQUIRE(report.findings.size() == 1);
    CHECK(report.findings.front().summary.find("would") != std::string::npos);
}
