// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/catch.h"

#include <nlohmann/json.hpp>

#include "core/report/findingformat.h"
#include "core/report/historyformat.h"
#include "core/rules/findinghistory.h"
#include "ruleguest.h"

using namespace pgtscope::tests;

namespace {

RuleReport reportOf(const std::string& rule, std::vector<FindingMark> marks)
{
    RuleReport report;
    report.rule = rule;
    report.marks = std::move(marks);
    for (const FindingMark& mark : report.marks)
        report.totals.add(mark.state, mark.standing, 1, 1);
    return report;
}

FindingMark mark(std::uint64_t frame, FindingState state = FindingState::Violation)
{
    return {FrameNumber(frame), PhysicalAddress(frame * 8), state};
}

FindingKey key(std::uint64_t frame) { return {"r", FrameNumber(frame), PhysicalAddress(frame * 8)}; }

} // namespace

TEST_CASE("a history tells at which step a finding appeared, changed and went")
{
    FindingHistory history;
    const auto step = [&](std::uint64_t number, std::vector<FindingMark> marks) {
        const std::vector<RuleReport> reports{reportOf("r", std::move(marks))};
        history.note(number, reports);
    };
    step(1, {});
    step(2, {mark(1, FindingState::Pending)});
    step(3, {mark(1, FindingState::Pending), mark(2)});
    step(5, {mark(1), mark(2)});
    step(6, {mark(2)});
    step(9, {mark(1), mark(2)});

    const auto stays = history.stays(key(1));
    REQUIRE(stays.size() == 2);
    CHECK(stays[0] == FindingStay{2, 6, {{2, FindingState::Pending}, {5, FindingState::Violation}}});
    CHECK(stays[1] == FindingStay{9, std::nullopt, {{9, FindingState::Violation}}});
    REQUIRE(history.stays(key(2)).size() == 1);
    CHECK(history.stays(key(2))[0].appeared == 3);
    CHECK_FALSE(history.stays(key(2))[0].resolved);
    CHECK(history.stays(key(3)).empty());
    CHECK_FALSE(history.incomplete());
}

TEST_CASE("what a step did not look at is neither gone nor said to last")
{
    FindingHistory history;
    history.note(1, std::vector<RuleReport>{reportOf("r", {mark(1), mark(2)})});
    RuleReport none = reportOf("r", {});
    none.coverage.notApplicable = "paging is off";
    none.coverage.evaluated = false;
    history.note(2, std::vector<RuleReport>{none});
    history.note(3, std::vector<RuleReport>{none});
    const FindingStay& first = history.stays(key(1))[0];
    CHECK_FALSE(first.resolved);
    CHECK(first.unseenSince == 2);
    CHECK(stayText(first) == "violation from step 1, not checked from step 2 on");
    history.note(4, std::vector<RuleReport>{reportOf("r", {mark(2)})});
    CHECK(first.resolved == 4);
    CHECK_FALSE(first.unseenSince);
    CHECK_FALSE(history.stays(key(2))[0].unseenSince);
    CHECK(stayText(history.stays(key(2))[0]) == "violation from step 1, present to the end");
}

TEST_CASE("a history keeps what could not be looked at, and at which steps")
{
    FindingHistory history;
    RuleReport report = reportOf("r", {});
    history.note(1, std::vector<RuleReport>{report});
    CHECK(history.gaps().empty());
    report.coverage.gaps = {"the table at 0x1000 was not read"};
    history.note(2, std::vector<RuleReport>{report});
    history.note(5, std::vector<RuleReport>{report});
    REQUIRE(history.gaps().size() == 1);
    const auto& [what, gap] = *history.gaps().begin();
    CHECK(what == std::pair<std::string, std::string>("r", "the table at 0x1000 was not read"));
    CHECK(gap.first == 2);
    CHECK(gap.last == 5);
    CHECK(gap.steps == 2);
    CHECK(gapsText(history) == "r, gap at 2 steps from 2 to 5: the table at 0x1000 was not read\n");
}

TEST_CASE("a finding that stays while the kernel goes on can change its standing")
{
    FindingHistory history;
    FindingMark early = mark(1);
    early.standing = Standing::Expected;
    history.note(1, std::vector<RuleReport>{reportOf("r", {early})});
    CHECK_FALSE(history.stays(key(1))[0].broken());
    history.note(2, std::vector<RuleReport>{reportOf("r", {mark(1)})});
    CHECK(history.stays(key(1)).size() == 1);
    CHECK(history.stays(key(1))[0].broken());
    CHECK(stayText(history.stays(key(1))[0])
        == "expected violation from step 1, violation from step 2, present to the end");
}

TEST_CASE("a history with a bound says what it left out")
{
    FindingHistory history(2);
    history.note(1, std::vector<RuleReport>{reportOf("r", {mark(1), mark(2), mark(3)})});
    CHECK(history.all().size() == 2);
    CHECK(history.incomplete());
    history.note(2, std::vector<RuleReport>{reportOf("r", {})});
    CHECK(history.stays(key(2))[0].resolved == 2);
}

TEST_CASE("where marks were cut, a missing finding is not said to have gone")
{
    FindingHistory history;
    history.note(1, std::vector<RuleReport>{reportOf("r", {mark(1), mark(2)})});
    RuleReport cut = reportOf("r", {mark(1)});
    cut.totals.add(FindingState::Violation, Standing::Broken, 1, 1);
    history.note(2, std::vector<RuleReport>{cut});
    CHECK_FALSE(history.stays(key(2))[0].resolved);
    CHECK(history.incomplete());
    history.note(3, std::vector<RuleReport>{reportOf("r", {mark(1)})});
    CHECK(history.stays(key(2))[0].resolved == 3);
}

TEST_CASE("a finding as text explains itself without colour")
{
    RuleGuest guest;
    guest.map(0x24, rw);
    const RuleContext context = guest.context();
    const auto report = check(context, "xen-ro");
    CHECK(findingText(context, report.findings.at(0))
        == "expected pending xen-ro: frame:0x24 is reserved for tables to come and is mapped writable by PTE "
           "pa:0x4120 = "
           "0x8000000000024003 at 0xffff888000024000; harmless now, it becomes a violation as soon as the "
           "allocator reaches it\n"
           "  [ ] the frame is a page table: frame:0x24 is reserved for tables to come\n"
           "  [x] pgt_buf_end <= pfn < pgt_buf_top: pfn:0x24 <= pfn:0x24 < pfn:0x28\n"
           "  [x] the mapping is effectively writable: PTE pa:0x4120 = 0x8000000000024003, its path gives RW "
           "sup "
           "NX\n"
           "  mappings of frame:0x24: 1\n"
           "      RW sup NX  PTE pa:0x4120 = 0x8000000000024003 at 0xffff888000024000\n"
           "  to satisfy the rule: map [pgt_buf_end, pgt_buf_top) read-only from the start, or make the "
           "frame "
           "read-only when it is handed out\n");
}

TEST_CASE("a report as text has totals and tells what is not shown")
{
    RuleGuest guest;
    for (std::uint64_t frame = 0x20; frame < 0x24; ++frame)
        guest.map(frame, rw);
    RuleLimits limits;
    limits.findings = 1;
    const RuleContext context = guest.context({}, limits);
    const std::string text = reportText(context, check(context, "xen-ro"));
    CHECK(text.starts_with("xen-ro: 4 transient; expected\n"));
    CHECK(text.find("3 more findings are counted above and not shown") != std::string::npos);
}

TEST_CASE("a verdict counts what is broken and says what could not be read")
{
    RuleGuest guest;
    const auto verdict = [](const RuleContext& context) {
        return verdictText(std::vector<RuleReport>{check(context, "xen-ro")});
    };
    CHECK(verdict(guest.context()) == "no findings");
    guest.set(RuleGuest::rootTable, 300, 0x7f'ffff'f000 | rw);
    CHECK(verdict(guest.context())
        == "no findings in what could be read: the table at pa:0x7ffffff000 of level 3 was not read: outside "
           "RAM");
    CHECK(check(guest.context(), "xen-ro").answer() == RuleAnswer::Gap);
    guest.map(0x24, rw);
    CHECK(verdict(guest.context())
        == "no broken findings in what could be read: the table at pa:0x7ffffff000 of level 3 was not read: "
           "outside RAM; 1 finding expected or hypothetical");
    guest.set(RuleGuest::rootTable, 300, 0);
    guest.set(0x21000, 7, 0x22000 | rw);
    CHECK(verdict(guest.context({{PhysicalAddress(0x21000), 1}}))
        == "1 broken finding; 1 finding expected or hypothetical");
}

TEST_CASE("what could not be decided about a snapshot takes \"no findings\" away from every rule")
{
    RuleGuest guest;
    SnapshotBuilder builder(guest.memory, guest.cpu, guest.features);
    REQUIRE(builder.captureTables({}));
    builder.addGap("whose root CR3 is");
    const RuleContext context(builder.finish());
    for (const char* rule : {"xen-ro", "w-x", "reserved-bits", "user-kernel"}) {
        INFO(rule);
        CHECK(check(context, rule).answer() == RuleAnswer::Gap);
    }
    const std::vector reports{check(context, "w-x")};
    CHECK(verdictText(reports) == "no findings in what could be read: whose root CR3 is");
    CHECK(coverageJson(context.snapshot(), reports)["gaps"] == nlohmann::json{"whose root CR3 is"});
}

TEST_CASE("tables that SMRAM may hide are said to be so")
{
    RuleGuest guest;
    guest.cpu.smm = true;
    guest.set(RuleGuest::rootTable, 300, 0x7f'ffff'f000 | rw);
    CHECK(verdictText(std::vector{check(guest.context(), "w-x")})
        == "no findings in what could be read: the table at pa:0x7ffffff000 of level 3 was not read: outside "
           "RAM; the CPU is in SMM, and SMRAM is not read");
}

namespace {

constexpr std::uint64_t kernelRoot = 0x8000;

/// The guest's root is user mode's; `captured`: the kernel's tables are there as well.
RuleContext inBothHalves(RuleGuest& guest, bool captured)
{
    SnapshotBuilder builder(guest.memory, guest.cpu, guest.features);
    REQUIRE(builder.captureTables({}));
    builder.setPgtBuf(guest.buffer);
    if (captured)
        REQUIRE(builder.captureOtherHalf(PhysicalAddress(kernelRoot), {}));
    else
        builder.setOtherHalf(PhysicalAddress(kernelRoot));
    return RuleContext(builder.finish());
}

std::string textOf(const RuleContext& context, std::string_view rule)
{
    return reportText(context, check(context, rule), ListedFindings::All);
}

} // namespace

TEST_CASE("a finding says in which half of KPTI it is")
{
    RuleGuest guest;
    guest.map(0x24, rw);
    CHECK(textOf(guest.context(), "xen-ro").find("KPTI") == std::string::npos);
    const auto contains = [](const std::string& text, const std::string& part) {
        INFO(text);
        return text.find(part) != std::string::npos;
    };

    SECTION("in user mode's alone")
    {
        CHECK(contains(textOf(inBothHalves(guest, true), "xen-ro"), "\n  in KPTI's user half\n"));
    }
    SECTION("in both, where one table serves both")
    {
        guest.set(kernelRoot, 273, RuleGuest::pudTable | rw);
        CHECK(contains(textOf(inBothHalves(guest, true), "xen-ro"), "\n  in both halves of KPTI\n"));
    }
    SECTION("in the half that CR3 is not in")
    {
        guest.features.physicalAddressBits = 46;
        guest.set(kernelRoot, 300, 0x9000 | rw);
        guest.set(0x9000, 0, 0x20'0000 | rw | 1ULL << 50);
        const RuleContext context = inBothHalves(guest, true);
        const auto report = check(context, "reserved-bits");
        CHECK(contains(reportText(context, report), "\n  in KPTI's kernel half\n"));
        CHECK(findingJson(report.findings.at(0))["entry"]["half"] == "kernel");
        CHECK_FALSE(contains(textOf(inBothHalves(guest, false), "reserved-bits"), "violation"));
    }
    SECTION("user mode's access to the kernel's part, in either half")
    {
        guest.set(kernelRoot, 300, 0x9000 | rwu);
        guest.set(0x9000, 0, 0xa000 | rwu);
        guest.set(0xa000, 0, 0x20'0000 | rwu | bit::ps);
        CHECK(contains(textOf(inBothHalves(guest, true), "user-kernel"), "\n  in KPTI's kernel half\n"));
    }
}

TEST_CASE("a half of KPTI that was not captured is a gap, one that was is covered")
{
    RuleGuest guest;
    const auto rootsOf = [](const RuleContext& context, const RuleReport& report) {
        return coverageJson(context.snapshot(), std::vector{report})["roots"].dump();
    };
    const RuleContext one = inBothHalves(guest, false);
    const auto gap = check(one, "reserved-bits");
    CHECK(verdictText(std::vector{gap})
        == "no findings in what could be read: KPTI's kernel half, with its root at pa:0x8000, was not "
           "captured");
    CHECK(rootsOf(one, gap).find(R"({"address":"0x8000","checked":false,"of":"KPTI's kernel half"})")
        != std::string::npos);
    CHECK(checkedHalvesText(one.snapshot()).empty());

    const RuleContext both = inBothHalves(guest, true);
    const auto clean = check(both, "reserved-bits");
    CHECK(clean.answer() == RuleAnswer::Clean);
    CHECK(rootsOf(both, clean).find(R"({"address":"0x8000","checked":true,"of":"KPTI's kernel half"})")
        != std::string::npos);
    CHECK(checkedHalvesText(both.snapshot()) == "both halves of KPTI were checked");
}

TEST_CASE("what a rule allows, or what does no harm yet, is never broken")
{
    RuleGuest guest;
    guest.map(0x20, rw); // being made
    guest.map(0x24, rw); // pending
    for (const Finding& finding : check(guest.context(), "xen-ro").findings)
        CHECK(finding.standing == Standing::Expected);
    guest.buffer.enforced = false;
    guest.set(0x21000, 7, 0x22000 | rw); // a violation
    const auto report = check(guest.context({{PhysicalAddress(0x21000), 1}}), "xen-ro");
    CHECK(report.count(FindingState::Violation) == 1);
    CHECK(report.broken() == 0);
    CHECK(report.totals.of(Standing::Hypothetical) == report.total());
}

TEST_CASE("a report as JSON keeps 64-bit values as text")
{
    RuleGuest guest;
    guest.set(0x21000, 7, 0x22000 | rw);
    const RuleContext context = guest.context({{PhysicalAddress(0x21000), 1}});
    const nlohmann::json json = reportJson(check(context, "xen-ro"));
    CHECK(json["totals"]["violation"] == 1);
    CHECK(json["standing"]["broken"] == 1);
    CHECK(json["answer"] == "findings");
    CHECK(json["findings"][0]["standing"] == "broken");
    CHECK(json["findings"][0]["hypothetical"] == false);
    const auto& finding = json["findings"][0];
    CHECK(finding["key"] == "xen-ro/0x22/0x21038");
    CHECK(finding["frame"] == "0x22");
    CHECK(finding["entry"]["detached"] == true);
    CHECK(finding["entry"]["va"].is_null());
    CHECK(finding["entry"]["raw"] == "0x22003");
    CHECK(finding["clauses"].size() == 3);
    CHECK(finding["mappings"].size() == 1);
}

TEST_CASE("rules that answer the same question count once")
{
    FindingTally tally;
    tally.add("mask-rw-2012", 3);
    tally.add("xen-ro", 4);
    tally.add("mask-rw-end", 1);
    CHECK(tally.total() == 4);
    tally.add("w-x", 291);
    tally.add("xen-types", 1);
    CHECK(tally.total() == 296);
}
