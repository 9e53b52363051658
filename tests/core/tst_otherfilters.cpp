// SPDX-License-Identifier: GPL-2.0-or-later
// The filter language on what is no run of mappings: frames, steps, findings, single entries.
#include "tests/support/catch.h"

#include "core/base/numbers.h"
#include "core/filter/entrysubject.h"
#include "core/filter/framefilter.h"
#include "core/filter/runsubject.h"
#include "core/filter/stepfilter.h"
#include "tests/core/tablebuilder.h"
#include "tests/core/xenguest.h"

using namespace pgtscope::core;
using namespace pgtscope::tests;

namespace {

Filter parsed(std::string_view text)
{
    auto filter = Filter::parse(text);
    INFO(text);
    REQUIRE(filter);
    return *filter;
}

/// Pages 0x10 to 0x17 are mapped writable, 0x18 read-only; tables lie at 0x1 to 0x4.
SnapshotPtr nineteenFrames()
{
    Guest guest(PagingMode::Level4);
    guest.memory = FakeMemory({{PhysicalAddress(0), PhysicalAddress(1 << 20)}});
    guest.set(0x1000, 0, 0x2000 | rw);
    guest.set(0x2000, 0, 0x3000 | rw);
    guest.set(0x3000, 0, 0x4000 | rw);
    for (unsigned i = 0; i < 8; ++i)
        guest.set(0x4000, i, (0x10000 + i * 0x1000) | rw);
    guest.set(0x4000, 8, 0x18000 | p);
    guest.physicalRegions = {{"pgt_buf", "pgt_buf", {PhysicalAddress(0x14000), PhysicalAddress(0x1a000)}}};
    return guest.capture();
}

std::string matched(std::string_view text, const SnapshotPtr& snapshot = nineteenFrames())
{
    const FrameRoles roles(snapshot);
    FrameFacts facts{*snapshot, roles, {{FrameNumber(0x12), "xen-ro"}}, {FrameNumber(0x4)}};
    std::string out;
    for (const FrameRange& range : matchingFrames(facts, parsed(text), {}))
        out += hexText(range.begin.value) + "-" + hexText(range.end.value) + " ";
    if (!out.empty())
        out.pop_back();
    return out;
}

Step stepOf(StepCause cause)
{
    Step step;
    step.cause = cause;
    step.cpu.control = registersFor(PagingMode::Level4, 0x1000);
    step.findings = {{"xen-ro.violation", 2}, {"w-x.note", 0}};
    return step;
}

StepChanges write(std::uint64_t after)
{
    StepChanges changes;
    changes.entries.push_back({PhysicalAddress(0x4008), 8, 1 << 1, 0, after, {}});
    return changes;
}

bool passes(std::string_view text, const StepChanges& changes = {})
{
    const SnapshotPtr snapshot = nineteenFrames();
    return stepMatches(parsed(text), stepOf(StepCause::TableWrite), changes, snapshot.get());
}

} // namespace

TEST_CASE("a step matches by an entry that a new table brought along")
{
    const SnapshotPtr snapshot = nineteenFrames();
    const Table& table = snapshot->table(static_cast<TableId>(snapshot->tables().size() - 1));
    REQUIRE(table.level == 1);
    StepChanges changes;
    changes.tables = {{TableChangeKind::Appeared, table.address, 1, false}};
    CHECK(passes("level == 1 and rw", changes));
    CHECK(passes("changed and table == " + hexText(table.address.value), changes));
    CHECK_FALSE(passes("level == 2", changes));
    CHECK_FALSE(passes("level == 1 and pfn == 0x7777", changes));
    CHECK(passes("kind == write", changes));
    // What is removed brings nothing, and only such a step's snapshot is worth reading.
    CHECK(asksForSnapshot(parsed("level == 1"), changes));
    CHECK_FALSE(asksForSnapshot(parsed("finding ~ xen"), changes));
    changes.tables[0].kind = TableChangeKind::Removed;
    CHECK_FALSE(passes("level == 1 and rw", changes));
    CHECK_FALSE(asksForSnapshot(parsed("level == 1"), changes));
}

TEST_CASE("frames match by themselves, exact at the bounds of a comparison")
{
    CHECK(matched("pfn in 0x12..0x15") == "0x12-0x15");
    CHECK(matched("pa >= 0x12345 and pa < 0x14001") == "0x12-0x15");
    CHECK(matched("not pfn >= 0x3") == "0x0-0x3");
    CHECK(matched("pfn == 0x12 or pfn == 0x14") == "0x12-0x13 0x14-0x15");
    CHECK(matched("pfn & 0x7 == 5 and pfn < 0x10") == "0x5-0x6 0xd-0xe");
    CHECK(matched("role == table") == "0x1-0x5");
    CHECK(matched("region == pgt_buf") == "0x14-0x1a");
    CHECK(matched("finding") == "0x12-0x13");
    CHECK(matched("finding == \"xen-ro\" and pfn > 0x12").empty());
    CHECK(matched("changed") == "0x4-0x5");
}

TEST_CASE("a property of mappings makes a frame match by its mappings")
{
    CHECK(matched("eff.rw") == "0x10-0x18");
    CHECK(matched("level == 1 and not eff.rw") == "0x18-0x19");
    CHECK(matched("va >= 0x7000") == "0x17-0x19");
}

TEST_CASE("a step matches by what changed at it, by its cause and by its findings")
{
    CHECK(passes("kind == write"));
    CHECK_FALSE(passes("kind == event"));
    CHECK(passes("finding"));
    CHECK(passes("finding == \"xen-ro\""));
    CHECK(passes("finding == \"xen-ro.violation\""));
    CHECK_FALSE(passes("finding ~ \"w-x\""));
    CHECK_FALSE(passes("changed"));
    CHECK_FALSE(passes("level == 1"));
    const StepChanges changes = write(0x15000 | rw);
    CHECK(passes("changed and level == 1", changes));
    CHECK(passes("pa == 0x15123", changes));
    CHECK(passes("entry == 0x4008 and rw", changes));
    CHECK(passes("region == pgt_buf", changes));
    CHECK_FALSE(passes("region == pgt_buf", write(0x11000 | rw)));
    CHECK_FALSE(passes("nx", changes));
}

TEST_CASE("every cause of a step is a kind, and a wrong kind is answered with all of them")
{
    for (unsigned cause = 0; cause < stepCauseCount; ++cause)
        CHECK(Filter::parse("kind == \"" + std::string(causeText(static_cast<StepCause>(cause))) + '"'));
    const auto wrong = Filter::parse("kind == died");
    REQUIRE_FALSE(wrong);
    CHECK(wrong.error().advice
        == "of mappings: page, shared, reserved, gap, table; of steps: start, event, pgt_buf, write, stop, "
           "poke, death");
}

TEST_CASE("an entry that was cleared matches by its place, not by what it mapped")
{
    const StepChanges cleared = write(0);
    CHECK(passes("level == 1 and changed and raw == 0", cleared));
    CHECK_FALSE(passes("rw", cleared));
}

TEST_CASE("an entry that references a table has flags, but translates nothing by itself in a detached one")
{
    const SnapshotPtr snapshot = nineteenFrames();
    EntryFacts facts;
    facts.entry = snapshot->paging().decode(4, 0x2000 | rw);
    facts.address = PhysicalAddress(0x1000);
    facts.linear = LinearAddress(0);
    const EntrySubject hooked(*snapshot, facts, {});
    CHECK(parsed("kind == table and rw and pa == 0x2000 and level == 4").matches(hooked));
    CHECK(parsed("va == 0x7fffffffff").matches(hooked));
    facts.linear.reset();
    CHECK_FALSE(parsed("va >= 0").matches(EntrySubject(*snapshot, facts, {})));
}

TEST_CASE("a finding matches by rule, by state, and by its frames")
{
    const SnapshotPtr snapshot = nineteenFrames();
    Finding finding;
    finding.rule = "xen-ro";
    finding.state = FindingState::Pending;
    finding.frame = FrameNumber(0x14);
    finding.frames = 2;
    finding.entry.address = PhysicalAddress(0x4020);
    finding.entry.level = 1;
    finding.entry.raw = 0x14000 | rw;
    const FindingSubject subject(*snapshot, finding, {});
    CHECK(parsed("finding == pending and finding == \"xen-ro\" and finding == \"xen-ro.pending\"")
              .matches(subject));
    CHECK(parsed("pfn == 0x15 and region == pgt_buf").matches(subject));
    CHECK_FALSE(parsed("pfn == 0x16").matches(subject));
    CHECK_FALSE(parsed("finding == violation").matches(subject));
}

TEST_CASE("under Xen a pfn of a frame, a finding or a step is the guest's own, an mfn the machine's")
{
    XenGuest guest;
    const SnapshotPtr snapshot = guest.captureWithXen();
    CHECK(matched("pfn in 0x1010..0x1018", snapshot) == "0x10-0x18");
    CHECK(matched("mfn in 0x10..0x18", snapshot) == "0x10-0x18");
    CHECK(matched("pfn == 7", snapshot) == "0x500-0x501");
    CHECK(matched("pfn >= 0", snapshot) == "0x1-0x400 0x500-0x501");
    CHECK(matched("mfn == 0x10").empty());

    Finding finding;
    finding.frame = FrameNumber(0x14);
    finding.frames = 2;
    finding.entry.level = 1;
    const FindingSubject subject(*snapshot, finding, {});
    CHECK(parsed("pfn == 0x1015 and mfn == 0x15").matches(subject));
    CHECK_FALSE(parsed("pfn == 0x15").matches(subject));

    const auto asked = [&](std::string_view text) {
        return stepMatches(parsed(text), stepOf(StepCause::TableWrite), write(0x15000 | rw), snapshot.get());
    };
    CHECK(asked("pfn == 0x1015 and mfn == 0x15"));
    CHECK_FALSE(asked("pfn == 0x15"));
    CHECK(asksForSnapshots(parsed("pfn == 0x1015"), true));
    CHECK_FALSE(asksForSnapshots(parsed("pfn == 0x1015"), false));
}

TEST_CASE("each kind of subject has the fields that the table gives it, and no other")
{
    XenGuest guest;
    guest.map(0x400000, 0x15000, rw);
    guest.linearRegions = {{"user", "user", {LinearAddress(0), LinearAddress(1ULL << 47)}}};
    guest.physicalRegions = {{"pgt_buf", "pgt_buf", {PhysicalAddress(0x15000), PhysicalAddress(0x16000)}}};
    const SnapshotPtr snapshot = guest.captureWithXen();
    const auto check = [](SubjectKind kind, const std::function<bool(const Filter&)>& matches) {
        for (const FieldInfo& field : fields()) {
            if (!field.inFilter())
                continue;
            CAPTURE(field.name, static_cast<int>(kind));
            const std::string ask = field.type == FieldType::Text ? "" : " >= 0";
            CHECK(matches(parsed(std::string(field.name) + ask)) == field.isOf(kind));
        }
    };
    FilterKnowledge knowledge;
    knowledge.role = [](auto, auto, const TextPattern& pattern) { return pattern.matches("table"); };
    knowledge.changed = [](PhysicalAddress) { return true; };
    knowledge.finding = [](auto, const TextPattern& pattern) { return pattern.matches("xen-ro"); };
    knowledge.aliases = [](auto, auto) { return std::uint64_t{1}; };
    knowledge.guestFrame = [&](FrameNumber frame) { return snapshot->xen()->guestFrame(frame); };
    unsigned runs = 0;
    forEachRun(*snapshot, {.merge = false}, [&](const Run& run) {
        if (run.begin != LinearAddress(0x400000))
            return true;
        ++runs;
        check(SubjectKind::Run,
            [&](const Filter& filter) { return filter.matches(RunSubject(*snapshot, run, knowledge)); });
        return false;
    });
    CHECK(runs == 1);

    const FrameRoles roles(snapshot);
    const FrameFacts facts{*snapshot, roles, {{FrameNumber(0x15), "xen-ro"}}, {}};
    check(SubjectKind::Frame, [&](const Filter& filter) {
        // What only mappings have is asked of them, and here is none that knows it.
        return !asksForMappings(filter) && !matchingFrames(facts, filter, {}).empty();
    });
    check(SubjectKind::Step, [&](const Filter& filter) {
        return stepMatches(filter, stepOf(StepCause::TableWrite), write(0x15000 | rw), snapshot.get());
    });
}
