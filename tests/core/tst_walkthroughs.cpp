// SPDX-License-Identifier: GPL-2.0-or-later
// The recordings that the project ships: whole, small, narrated, and showing what the narration says.
#include "tests/support/catch.h"

#include <filesystem>

#include <unistd.h>

#include "core/rules/rule.h"
#include "core/timeline/timeline.h"
#include "testpaths.h"

using namespace pgtscope::core;

namespace {

/// A copy of a shipped recording, so that nothing the test does can touch the original.
class Walkthrough {
public:
    explicit Walkthrough(const std::string& name)
        : m_file(std::filesystem::temp_directory_path() / (name + std::to_string(::getpid()) + ".pgtrec"))
    {
        const auto shipped
            = std::filesystem::path(pgtscope::test::projectDirectory) / "resources/walkthroughs";
        std::filesystem::copy_file(
            shipped / (name + ".pgtrec"), m_file, std::filesystem::copy_options::overwrite_existing);
        auto timeline = Timeline::open(m_file.string());
        REQUIRE(timeline);
        m_timeline = *timeline;
    }
    ~Walkthrough()
    {
        m_timeline.reset();
        std::filesystem::remove(m_file);
    }
    Walkthrough(const Walkthrough&) = delete;
    Walkthrough& operator=(const Walkthrough&) = delete;

    Timeline* operator->() const { return m_timeline.get(); }
    Timeline& operator*() const { return *m_timeline; }
    std::uintmax_t bytes() const { return std::filesystem::file_size(m_file); }

private:
    std::filesystem::path m_file;
    std::shared_ptr<Timeline> m_timeline;
};

StepNumber stepOf(const Timeline& timeline, std::string_view event)
{
    for (StepNumber number = 0; number < timeline.size(); ++number)
        if (timeline.step(number).value().event == event)
            return number;
    FAIL("no step is " << event);
    return 0;
}

RuleReport report(const Timeline& timeline, StepNumber step, std::string_view rule)
{
    const RuleContext context(timeline.snapshot(step).value());
    return findRule(rule)->check(context);
}

} // namespace

TEST_CASE("Each shipped walkthrough is finished, undamaged, under 1 MB and narrated from its first step")
{
    for (const char* name : {"lab-buffer-high", "lab-buffer-low", "debian-boot", "xen-dom0-boot",
             "xen-skip-readonly", "xen-flip-writable"}) {
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

TEST_CASE(
    "Skip: the page that stayed writable is refused, and the kernel's last words stand at the last step")
{
    const Walkthrough timeline("xen-skip-readonly");
    const std::string console = timeline->step(timeline->size() - 1).value().console;
    CHECK(console.find("kernel BUG at arch/x86/xen/mmu_pv.c") != std::string::npos);
    CHECK(console.find("RIP: e030:pin_pagetable_pfn") != std::string::npos);
    CHECK(console.find("Hardware Dom0 halted") != std::string::npos);
    CHECK(timeline->step(timeline->size() - 2).value().text.find("is skipped") != std::string::npos);
}
