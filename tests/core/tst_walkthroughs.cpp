// SPDX-License-Identifier: GPL-2.0-or-later
// The recordings that the project ships: whole, small, narrated, and showing what the narration says.
#include "tests/support/walkthrough.h"

using namespace pgtscope::core;
using namespace pgtscope::tests;

TEST_CASE("Each shipped walkthrough is finished, undamaged, under 1 MB and narrated from its first step")
{
    for (const char* name : walkthroughNames) {
        INFO(name);
        const Walkthrough timeline(name);
        CHECK(timeline.bytes() < 1'000'000);
        CHECK(timeline->finished());
        CHECK(timeline->damage().empty());
        const auto annotations = timeline->annotations();
        REQUIRE(annotations);
        REQUIRE(annotations->size() >= 4);
        CHECK(annotations->front().step == 0);
        for (const Annotation& annotation : *annotations) {
            CHECK(annotation.step < timeline->size());
            CHECK_FALSE(annotation.text.empty());
        }
    }
}

TEST_CASE("Buffer high: at the boom one detached table is writable, and only through another one")
{
    const Walkthrough timeline("lab-buffer-high");
    const RuleReport found = report(*timeline, stepOf(*timeline, "lab_boom"), "xen-ro");
    CHECK(found.standing == Standing::Broken);
    CHECK(found.count(FindingState::Violation) == 1);
    CHECK(found.count(FindingState::Pending) == 20);
    for (const Finding& finding : found.findings) {
        if (finding.state != FindingState::Violation)
            continue;
        CHECK(finding.frame == FrameNumber(0x437eb));
        CHECK(finding.entry.detached);
        CHECK(finding.entry.index == 491);
    }
}

TEST_CASE("Buffer low: all frames of the buffer are pending at first, none is writable as a table in the end")
{
    const Walkthrough timeline("lab-buffer-low");
    const StepNumber mapping = stepOf(*timeline, "kernel_physical_mapping_init");
    CHECK(report(*timeline, mapping, "xen-ro").count(FindingState::Pending) == 66);
    const RuleReport end = report(*timeline, stepOf(*timeline, "lab_handed_back"), "xen-ro");
    CHECK(end.count(FindingState::Violation) == 0);
    CHECK(end.count(FindingState::Pending) == 0);
}

TEST_CASE("Debian's boot: the Xen rules say what Xen would say, and the buffer's last values are kept")
{
    const Walkthrough timeline("debian-boot");
    CHECK(report(*timeline, stepOf(*timeline, "init_mem_mapping"), "xen-ro").standing
        == Standing::Hypothetical);
    const auto last = timeline->snapshot(timeline->size() - 1).value();
    CHECK(last->pgtBuf().trust == PgtBufTrust::Stale);
    REQUIRE_FALSE(last->pgtBuf().epochs.empty());
    CHECK(last->pgtBuf().epochs.back().startRecovered);
}

TEST_CASE("Flip: from the poke on one table is writable, to the first process, and only the walk knows")
{
    const Walkthrough timeline("xen-flip-writable");
    StepNumber poke = 0;
    for (StepNumber number = 0; number < timeline->size(); ++number)
        if (timeline->step(number).value().cause == StepCause::Poke)
            poke = number;
    REQUIRE(poke == stepOf(*timeline, "xen_pagetable_init") + 1);
    const auto changes = timeline->changes(poke).value();
    REQUIRE(changes.entries.size() == 1);
    CHECK((changes.entries[0].before ^ changes.entries[0].after) == bit::rw);
    CHECK(report(*timeline, poke - 1, "xen-ro").count(FindingState::Violation) == 0);
    for (StepNumber number = poke; number < timeline->size(); ++number) {
        INFO(number);
        const RuleReport found = report(*timeline, number, "xen-ro");
        REQUIRE(found.count(FindingState::Violation) == 1);
        CHECK(found.findings.front().entry.address == changes.entries[0].address);
        CHECK(report(*timeline, number, "xen-types").count(FindingState::Violation) == 0);
        CHECK(timeline->step(number).value().console.find("BUG") == std::string::npos);
    }
    CHECK(timeline->step(timeline->size() - 1).value().text.find("userspace reached") != std::string::npos);
}

TEST_CASE("Skip: the page that stayed writable is refused, and the last step names it beside the last words")
{
    const Walkthrough timeline("xen-skip-readonly");
    const StepNumber last = timeline->size() - 1;
    const Step step = timeline->step(last).value();
    CHECK(step.cause == StepCause::Death);
    CHECK(step.console.find("kernel BUG at arch/x86/xen/mmu_pv.c:1052") != std::string::npos);
    CHECK(step.console.find("RIP: e030:pin_pagetable_pfn") != std::string::npos);
    CHECK(step.console.find("Hardware Dom0 halted") != std::string::npos);
    CHECK(timeline->step(last - 1).value().text.find("is skipped") != std::string::npos);
    CHECK(report(*timeline, last - 1, "xen-ro").broken() == 0);
    const RuleReport found = report(*timeline, last, "xen-ro");
    REQUIRE(found.count(FindingState::Violation) == 1);
    for (const Finding& finding : found.findings)
        if (finding.state == FindingState::Violation) {
            CHECK(finding.standing == Standing::Broken);
            CHECK_FALSE(finding.entry.detached);
        }
}

TEST_CASE("The real hypervisor: the `end` rule leaves a violation in a detached table before Xen refuses it")
{
    const Walkthrough timeline("lab-xen-end-rule");
    const StepNumber last = timeline->size() - 1;
    CHECK(timeline->step(last).value().event == "panic");
    const std::string words = timeline->step(last).value().console;
    CHECK(words.find("pinning frame 437eb") != std::string::npos);
    CHECK(words.find("Hardware Dom0 crashed") != std::string::npos);
    for (StepNumber step = 0; step <= last; ++step) {
        INFO(step);
        const RuleReport found = report(*timeline, step, "xen-ro");
        CHECK(found.count(FindingState::Violation) == (step + 1 < last ? 0U : 1U));
    }
}

TEST_CASE("The real hypervisor: with the `top` rule no step has a violation, and the boot ends")
{
    const Walkthrough timeline("lab-xen-top-rule");
    for (StepNumber step = 0; step < timeline->size(); ++step)
        for (const char* rule : {"xen-ro", "xen-types", "mask-rw-2012", "mask-rw-end"}) {
            INFO(step << ' ' << rule);
            CHECK(report(*timeline, step, rule).count(FindingState::Violation) == 0);
        }
    CHECK(timeline->step(timeline->size() - 1).value().event == "lab_done");
}
