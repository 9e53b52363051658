// SPDX-License-Identifier: GPL-2.0-or-later
// The lab guest's scenarios as the engine sees them: which rule finds what at which step.
#include "gdb/boot/singlestep.h"
#include "tests/lab/labboot.h"

using namespace pgtscope;
using namespace pgtscope::test;
using core::FindingState;

namespace {

// With the sizes of the lab recipe a high buffer lies 8 MiB below the end of memory at 1088 MiB.
constexpr std::uint64_t bufferStart = 0x437be;
constexpr std::uint64_t bufferTop = 0x43800;
constexpr std::uint64_t bufferEnd = 0x437ef; // after everything is mapped
constexpr gdb::EventSources everyPage{.events = true, .pgtBuf = true, .writesIn = {}};

core::FindingEntry onlyEntry(const core::RuleReport& report, FindingState state, std::uint64_t frame)
{
    std::vector<core::FindingEntry> entries;
    for (const core::Finding& finding : report.findings)
        if (finding.state == state && finding.frame.value == frame)
            entries.push_back(finding.entry);
    REQUIRE(entries.size() == 1);
    return entries.front();
}

const core::PgtBufEpoch& lastEpoch(const gdb::BootStop& stop)
{
    REQUIRE_FALSE(stop.snapshot->pgtBuf().epochs.empty());
    return stop.snapshot->pgtBuf().epochs.back();
}

} // namespace

TEST_CASE("A native boot leaves every table writable, which only would be wrong")
{
    LabBoot boot("scenario=native");
    const gdb::BootStop stop = boot.runTo("scenario_before_reserve");
    CHECK(lastEpoch(stop)
        == core::PgtBufEpoch{
            core::GuestFrame(bufferStart), core::GuestFrame(bufferEnd), core::GuestFrame(bufferTop), false});
    CHECK(stop.snapshot->pgtBuf().trust == core::PgtBufTrust::Live);
    const core::RuleReport report = check(stop, "xen-ro");
    CHECK(report.standing == core::Standing::Hypothetical);
    CHECK(marked(report, FindingState::Violation).size() == 74);
    CHECK(marked(report, FindingState::Pending) == frameSet(bufferEnd, bufferTop));
    CHECK(mappedFrames(stop, lastEpoch(stop).used()) == MappedFrames{49, 49});
    CHECK(spareFrames(stop) == MappedFrames{17, 17});
    CHECK(detachedFrames(stop, 1).empty());
}

TEST_CASE("Single instructions pass no event by: the one that they lead to is a stop")
{
    LabBoot boot("scenario=native");
    boot.untilEvent("pagetable_reserve");
    // The last thing that it calls.
    const gdb::BootStop entered = boot.runTo("memblock_reserve");
    gdb::BootStop stop = required(gdb::stepInstruction(boot.stepper()));
    CHECK(stop.step.text == "one instruction");
    CHECK(stop.step.cpu.rip != entered.step.cpu.rip);
    for (unsigned steps = 0; steps < 300 && stop.step.event.empty(); ++steps)
        stop = required(gdb::stepInstruction(boot.stepper()));
    CHECK(stop.step.event == "pagetable_reserve:return");
    CHECK(stop.snapshot->pgtBuf().trust == core::PgtBufTrust::HandedBack);
    CHECK(boot.next().step.event == "lab_handed_back");
}

TEST_CASE("The top rule keeps tables and spare pages read-only, and the spare ones come back writable")
{
    LabBoot boot("scenario=top-rule");
    const gdb::BootStop before = boot.runTo("scenario_before_reserve");
    const core::RuleReport report = check(before, "xen-ro");
    CHECK(report.standing == core::Standing::Broken);
    CHECK(report.total() == 0);
    CHECK(spareFrames(before) == MappedFrames{17, 0});
    CHECK(check(before, "mask-rw-2012").total() == 0);

    const gdb::BootStop entered = boot.untilEvent("xen_mapping_pagetable_reserve");
    CHECK(entered.snapshot->pgtBuf().trust == core::PgtBufTrust::Live);
    const gdb::BootStop returned = boot.untilEvent("xen_mapping_pagetable_reserve:return");
    CHECK(returned.snapshot->pgtBuf().trust == core::PgtBufTrust::HandedBack);
    const gdb::BootStop handed = boot.untilEvent("lab_handed_back");
    CHECK(spareFrames(handed) == MappedFrames{17, 17});
    CHECK(check(handed, "xen-ro").total() == 0);
    boot.untilEvent("lab_done");
}

TEST_CASE("The slot of a page directory that is being filled is no violation, although newer pages exist")
{
    LabBoot boot("scenario=top-rule", everyPage);
    // 0x437ce is the page directory of the second GiB; its first table is in use.
    const gdb::BootStop stop = boot.untilEnd(0x437d1);
    CHECK(detachedFrames(stop, 2) == std::set<std::uint64_t>{0x437ce});
    const core::RuleReport report = check(stop, "xen-ro");
    CHECK(report.count(FindingState::Violation) == 0);
    CHECK(marked(report, FindingState::Transient).contains(0x437ce));
    CHECK(check(stop, "mask-rw-2012").count(FindingState::Violation) == 0);
}

TEST_CASE("With the end rule and a high buffer one burst of writable spare pages leads to the boom")
{
    LabBoot boot("scenario=end-rule-high", everyPage);
    const gdb::BootStop before = boot.untilEnd(0x437eb);
    CHECK(spareFrames(before) == MappedFrames{0, 0});
    CHECK(check(before, "xen-ro").count(FindingState::Violation) == 0);

    const gdb::BootStop burst = boot.runTo("pin_pagetable_pfn");
    const core::RuleReport pending = check(burst, "xen-ro");
    CHECK(marked(pending, FindingState::Pending) == frameSet(0x437eb, bufferTop));
    CHECK(pending.count(FindingState::Violation) == 0);
    for (const core::Finding& finding : pending.findings) {
        if (finding.state != FindingState::Pending)
            continue;
        CHECK(finding.entry.detached);
        CHECK(core::frameOf(finding.entry.tableAddress).value == 0x437ea);
    }

    const gdb::BootStop taken = boot.untilEnd(0x437ec);
    CHECK(marked(check(taken, "xen-ro"), FindingState::Violation) == std::set<std::uint64_t>{0x437eb});
    CHECK(spareFrames(taken) == MappedFrames{20, 20});
    // It has been reported as often as it is in a boot without a violation.
    CHECK(boot.next().step.event == "xen_alloc_pte_init");

    const gdb::BootStop boom = boot.untilEvent("lab_boom");
    const core::RuleReport fatal = check(boom, "xen-ro");
    CHECK(fatal.standing == core::Standing::Broken);
    CHECK(marked(fatal, FindingState::Violation) == std::set<std::uint64_t>{0x437eb});
    const core::FindingEntry entry = onlyEntry(fatal, FindingState::Violation, 0x437eb);
    CHECK(core::frameOf(entry.tableAddress).value == 0x437ea);
    CHECK(entry.index == 491);
    CHECK(entry.detached);
    CHECK(detachedFrames(boom, 2) == std::set<std::uint64_t>{0x437ce});
    CHECK(detachedFrames(boom, 1) == frameSet(0x437cf, 0x437ec));
    CHECK(boom.step.console.find("Bad type") != std::string::npos);
}

TEST_CASE("The two rules of 2012 differ by exactly the pending frames")
{
    LabBoot boot("scenario=end-rule-high", everyPage);
    boot.untilEnd(0x437eb);
    const gdb::BootStop burst = boot.runTo("pin_pagetable_pfn");
    CHECK(check(burst, "mask-rw-end").total() == 0);
    CHECK(marked(check(burst, "mask-rw-2012"), FindingState::Pending) == frameSet(0x437eb, bufferTop));
}

TEST_CASE("Without a checker the end rule boots and leaves violations behind")
{
    LabBoot boot("scenario=end-rule-high hypervisor=off");
    const gdb::BootStop stop = boot.runTo("scenario_before_reserve");
    const core::RuleReport report = check(stop, "xen-ro");
    CHECK(report.standing == core::Standing::Hypothetical);
    CHECK(marked(report, FindingState::Violation) == frameSet(0x437eb, bufferEnd));
    for (std::uint64_t frame = 0x437eb; frame < bufferEnd; ++frame) {
        const core::FindingEntry entry = onlyEntry(report, FindingState::Violation, frame);
        CHECK(core::frameOf(entry.tableAddress).value == 0x437ea);
        CHECK(entry.index == 491 + frame - 0x437eb);
        CHECK_FALSE(entry.detached);
    }
}

TEST_CASE("With the end rule and a low buffer there is nothing to find")
{
    LabBoot boot("scenario=end-rule-low");
    const gdb::BootStop stop = boot.untilEvent("lab_handed_back");
    CHECK(lastEpoch(stop).start.value == 0x1fbe);
    CHECK(lastEpoch(stop).end.value == 0x1fef);
    CHECK(lastEpoch(stop).top.value == 0x2000);
    CHECK(check(stop, "xen-ro").count(FindingState::Violation) == 0);
    boot.untilEvent("lab_done");
}

TEST_CASE("A healthy boot under the checker has nothing broken at any step, by the checker's own books")
{
    const std::string scenario = GENERATE("scenario=end-rule-low", "scenario=top-rule");
    INFO(scenario);
    LabBoot boot(scenario, everyPage);
    std::size_t made = 0;
    const gdb::BootStop handed = boot.until([&](const gdb::BootStop& stop) {
        INFO("at " << stop.step.event << ' ' << stop.step.text);
        CHECK(stop.snapshot->typesKnown() == stop.snapshot->pgtBuf().enforced);
        for (const char* rule : {"xen-ro", "mask-rw-2012", "mask-rw-end"}) {
            INFO(rule);
            const core::RuleReport report = check(stop, rule);
            CHECK(report.totals.of(FindingState::Violation, core::Standing::Broken) == 0);
            CHECK(report.coverage.gaps.empty());
            made += report.count(FindingState::Transient);
        }
        return stop.step.event == "lab_handed_back";
    });
    CHECK(made != 0);
    std::size_t pinned = 0;
    for (const core::FramePiece& piece : handed.snapshot->pieces(lastEpoch(handed).used()))
        for (core::FrameNumber frame = piece.frames.begin; frame < piece.frames.end; frame = frame + 1) {
            const core::XenTable* typed = handed.snapshot->typedTable(frame);
            REQUIRE(typed);
            pinned += typed->pinned ? 1 : 0;
        }
    CHECK(pinned > 40);
    boot.untilEvent("lab_done");
}

TEST_CASE("A page is no table to the checker until it is pinned")
{
    LabBoot boot("scenario=end-rule-low", everyPage);
    boot.untilEnd(0x1fd2);
    const core::FrameNumber page(0x1fd1);
    const gdb::BootStop offered = boot.runTo("pin_pagetable_pfn");
    CHECK(offered.snapshot->typedTable(page) == nullptr);
    const gdb::BootStop next = boot.untilEnd(0x1fd3);
    REQUIRE(next.snapshot->typedTable(page));
    CHECK(next.snapshot->typedTable(page)->pinned);
    CHECK(next.snapshot->typedTable(page)->level() == 1);
}

TEST_CASE("Without the hand-back the spare pages stay read-only")
{
    LabBoot boot("scenario=missing-handback");
    const gdb::BootStop stop = boot.untilEvent("lab_handed_back");
    CHECK(stop.snapshot->pgtBuf().trust == core::PgtBufTrust::HandedBack);
    const core::RuleReport report = check(stop, "xen-ro");
    CHECK(marked(report, FindingState::Stale) == frameSet(bufferEnd, bufferTop));
    CHECK(report.count(FindingState::Violation) == 0);
    boot.untilEvent("lab_fault");
}

TEST_CASE("An early_ioremap slot of a live table is a violation each time")
{
    LabBoot boot("scenario=ioremap-wrong");
    std::set<std::uint64_t> expected;
    for (const char* table : {"level3_ident_pgt", "level2_ident_pgt", "level1_ident_pgt"}) {
        expected.insert(boot.frame(table).value);
        const gdb::BootStop stop = boot.untilEvent("lab_ioremap_wrong");
        CHECK(marked(check(stop, "xen-ro"), FindingState::Violation) == expected);
    }
}

TEST_CASE("With the checker on, the wrong slot is refused before it is there")
{
    LabBoot boot("scenario=ioremap-wrong hypervisor=on");
    boot.untilEvent("lab_boom");
}

TEST_CASE("A table's only writable mapping is found in a table that hangs nowhere")
{
    LabBoot boot("scenario=detached");
    const gdb::BootStop stop = boot.untilEvent("lab_detached");
    CHECK(lastEpoch(stop).end.value == 0x437f1);
    CHECK(detachedFrames(stop, 1) == std::set<std::uint64_t>{0x437ef});
    const core::RuleReport report = check(stop, "xen-ro");
    CHECK(marked(report, FindingState::Violation) == std::set<std::uint64_t>{0x437f0});
    const core::FindingEntry entry = onlyEntry(report, FindingState::Violation, 0x437f0);
    CHECK(core::frameOf(entry.tableAddress).value == 0x437ef);
    CHECK(entry.index == 5);
    CHECK(entry.detached);
    const core::TableId table = stop.snapshot->find(core::addressOf(core::FrameNumber(0x437f0)), 1);
    REQUIRE(table != core::noTable);
    CHECK(stop.snapshot->table(table).origin == core::TableOrigin::Reachable);
}

TEST_CASE("Every planted fault is found where it was planted")
{
    SECTION("1: memory that can be written and executed")
    {
        LabBoot boot("scenario=exercise-1");
        const core::RuleReport report = check(boot.untilEvent("lab_planted"), "w-x");
        CHECK(std::any_of(report.findings.begin(), report.findings.end(),
            [](const core::Finding& f) { return f.entry.linear.value == 0xffff880003005000; }));
    }
    SECTION("2: a kernel page for user programs, and the decoy is none")
    {
        LabBoot boot("scenario=exercise-2");
        const core::RuleReport report = check(boot.untilEvent("lab_planted"), "user-kernel");
        CHECK(marked(report, FindingState::Violation) == std::set<std::uint64_t>{0x2900});
    }
    SECTION("3: a reserved bit")
    {
        LabBoot boot("scenario=exercise-3");
        const core::RuleReport report = check(boot.untilEvent("lab_planted"), "reserved-bits");
        REQUIRE(report.findings.size() == 1);
        CHECK(report.findings.front().entry.linear.value == 0xffffc90000001000);
    }
    SECTION("4: two cache types for one frame")
    {
        LabBoot boot("scenario=exercise-4");
        const core::RuleReport report = check(boot.untilEvent("lab_planted"), "alias-attr");
        REQUIRE_FALSE(report.findings.empty());
        CHECK(report.findings.front().frame.value == 0x2a03);
    }
    SECTION("5: a writable alias of a table")
    {
        LabBoot boot("scenario=exercise-5");
        const core::RuleReport report = check(boot.untilEvent("lab_planted"), "xen-ro");
        CHECK(marked(report, FindingState::Violation) == std::set<std::uint64_t>{0x437c0});
        CHECK(onlyEntry(report, FindingState::Violation, 0x437c0).linear.value == 0xffffc90000003000);
    }
    SECTION("6: a root that maps itself")
    {
        LabBoot boot("scenario=exercise-6");
        const gdb::BootStop stop = boot.untilEvent("lab_planted");
        const core::RuleReport report = check(stop, "xen-ro");
        const std::uint64_t entry = stop.snapshot->root().value + 493 * 8;
        CHECK(std::any_of(report.marks.begin(), report.marks.end(),
            [&](const core::FindingMark& mark) { return mark.entry.value == entry; }));
    }
}

TEST_CASE("Each epoch of the buffer is kept")
{
    LabBoot boot("scenario=end-rule-low epochs=2");
    const gdb::BootStop first = boot.untilEvent("lab_handed_back");
    CHECK(first.snapshot->pgtBuf().epochs.size() == 1);
    const gdb::BootStop second = boot.untilEvent("lab_handed_back");
    REQUIRE(second.snapshot->pgtBuf().epochs.size() == 2);
    CHECK(second.snapshot->pgtBuf().epochs.front() == lastEpoch(first));
}

TEST_CASE("After free_initmem the last true values are kept and called stale")
{
    LabBoot boot("scenario=native");
    const gdb::BootStop stop = boot.untilEvent("lab_done");
    CHECK(stop.snapshot->pgtBuf().trust == core::PgtBufTrust::Stale);
    CHECK(lastEpoch(stop).end.value == bufferEnd);
}

TEST_CASE("A page that is not cleared yet is not taken for a table")
{
    // Old content that would pass for a level-1 table with the buffer's own frames writable.
    const auto poison = [](const gdb::RunningGuest& guest) {
        std::vector<std::uint64_t> page(512);
        for (std::size_t i = 0; i < page.size(); ++i)
            page[i] = ((bufferStart + i % 66) << 12) | 0x63;
        FILE* ram = std::fopen(guest.ramFile.c_str(), "r+b");
        REQUIRE(ram != nullptr);
        REQUIRE(std::fseek(ram, static_cast<long>(bufferStart << 12), SEEK_SET) == 0);
        for (std::uint64_t frame = bufferStart; frame < bufferTop; ++frame)
            REQUIRE(std::fwrite(page.data(), 8, page.size(), ram) == page.size());
        std::fclose(ram);
    };
    LabBoot boot("scenario=top-rule", everyPage, poison);
    for (std::uint64_t end = bufferStart + 1; end < bufferStart + 8; ++end) {
        const gdb::BootStop stop = boot.untilEnd(end);
        CHECK(stop.snapshot->find(core::addressOf(core::FrameNumber(end - 1)), 1) == core::noTable);
        CHECK(check(stop, "xen-ro").count(FindingState::Violation) == 0);
    }
}

TEST_CASE("An inlined function is an event where debug information tells its place")
{
    LabBoot boot("scenario=native");
    REQUIRE_FALSE(boot.session().symbols().find("reset_early_page_tables"));
    const gdb::BootStop stop = boot.untilEvent("reset_early_page_tables");
    CHECK(stop.step.ripSymbol.starts_with("x86_64_start_kernel"));
    for (const core::MissingEvent& missing : boot.stepper().events().missing)
        CHECK(missing.event->name != "reset_early_page_tables");
}

TEST_CASE("A switch of CR3 stops the guest right behind the instruction")
{
    LabBoot boot("scenario=native");
    const gdb::BootStop stop = boot.untilEvent("init_top_pgt");
    CHECK(core::frameOf(stop.snapshot->root()) == boot.frame("init_level4_pgt"));
    CHECK(stop.step.ripSymbol.starts_with("x86_64_start_kernel"));
}

TEST_CASE("Each write to a table within a function is a step, and its writer is known")
{
    LabBoot boot("scenario=native", {.events = true, .pgtBuf = true, .writesIn = "zap_identity_mappings"});
    const gdb::BootStop stop
        = boot.until([](const gdb::BootStop& s) { return s.step.cause == core::StepCause::TableWrite; });
    REQUIRE(stop.writer);
    CAPTURE(stop.writer->symbol, stop.step.ripSymbol, stop.step.text);
    CHECK(stop.writer->symbol.starts_with("native_set_table"));
    const core::TableId root = stop.snapshot->find(stop.snapshot->root(), 4);
    REQUIRE(root != core::noTable);
    CHECK(stop.snapshot->table(root).entry(stop.snapshot->paging(), 0).raw == 0);
    // It is the only one: the next stop is an event outside the function.
    CHECK(boot.next().step.cause == core::StepCause::BootEvent);
}

TEST_CASE("At the grain of pgt_buf alone the buffer, the root and the console are followed just as well")
{
    LabBoot boot("scenario=top-rule", {.events = false, .pgtBuf = true, .writesIn = {}});
    std::uint64_t changes = 0;
    std::string console;
    std::vector<std::string> events;
    const auto note = [&](const gdb::BootStop& stop) {
        changes += stop.step.cause == core::StepCause::PgtBufChange ? 1U : 0U;
        console += stop.step.console;
        if (!stop.step.event.empty())
            events.push_back(stop.step.event);
    };
    boot.until([&](const gdb::BootStop& stop) {
        note(stop);
        return stop.snapshot->pgtBuf().epochs.size() == 1 && lastEpoch(stop).end.value == bufferEnd;
    });
    CHECK(changes == bufferEnd - bufferStart + 1);
    const gdb::BootStop end = boot.until([&](const gdb::BootStop& stop) {
        note(stop);
        return stop.step.event == "lab_done";
    });
    CHECK(events == std::vector<std::string>{"init_top_pgt", "lab_done"});
    CHECK(end.snapshot->pgtBuf().trust == core::PgtBufTrust::Stale);
    CHECK(console.find("LAB: free_initmem") != std::string::npos);
}

TEST_CASE("What a run to a place passes is taken notice of")
{
    LabBoot boot("scenario=top-rule");
    const gdb::BootStop handed = boot.runTo("lab_handed_back");
    CHECK(handed.snapshot->pgtBuf().trust == core::PgtBufTrust::HandedBack);
    // The switch of CR3 on the way is no stop, but the place says that it was.
    CHECK(handed.step.text.find("(init_top_pgt)") != std::string::npos);
    const gdb::BootStop done = boot.runTo("lab_done");
    CHECK(done.snapshot->pgtBuf().trust == core::PgtBufTrust::Stale);
    CHECK(done.step.event == "lab_done");
}

TEST_CASE("A run to a place ends where the boot does")
{
    LabBoot boot("scenario=end-rule-high");
    CHECK(boot.runTo("lab_done").step.event == "lab_boom");
}

TEST_CASE("Writes are looked for as long as was asked, and events on the way are not lost")
{
    LabBoot boot("scenario=native", {.events = false, .pgtBuf = false});
    boot.runTo("zap_identity_mappings");
    const auto write = required(boot.stepper().nextWrite(10'000, std::chrono::seconds(60)));
    REQUIRE(write);
    CHECK(write->step.cause == core::StepCause::TableWrite);
    CHECK_FALSE(required(boot.stepper().nextWrite(3, std::chrono::seconds(60))));
    CHECK_FALSE(required(boot.stepper().nextWrite(1'000'000, std::chrono::milliseconds(1))));
}

TEST_CASE("What a step costs, the guest's own time included", "[.figures]")
{
    using Clock = std::chrono::steady_clock;
    LabBoot boot("scenario=native", everyPage);
    std::vector<double> milliseconds;
    for (bool done = false; !done;) {
        const auto begin = Clock::now();
        done = boot.next().step.event == "lab_handed_back";
        milliseconds.push_back(std::chrono::duration<double, std::milli>(Clock::now() - begin).count());
    }
    std::sort(milliseconds.begin(), milliseconds.end());
    WARN(milliseconds.size() << " steps: median " << milliseconds[milliseconds.size() / 2] << " ms, longest "
                             << milliseconds.back() << " ms");
}

TEST_CASE("While firmware and decompressor run, breakpoints are where the kernel begins alone")
{
    LabBoot boot("scenario=native", {.events = true, .pgtBuf = false, .writesIn = {}}, {}, "lab", {},
        [](gdb::LaunchSpec& spec) { spec.stopsPlugin.clear(); }); // otherwise they sleep
    const auto used = [&boot] { return boot.session().target().budget().used(); };
    const unsigned atReset = used();
    CHECK(atReset <= 5); // startup_64 twice, x86_64_start_kernel, and what gdb has found inlined
    boot.untilEvent("startup_64");
    CHECK(used() <= atReset + 2); // those after its CR3 writes
    boot.untilEvent("x86_64_start_kernel");
    boot.untilEvent("init_memory_mapping");
    CHECK(used() >= 3 * atReset);
    boot.untilEvent("lab_done");
}
