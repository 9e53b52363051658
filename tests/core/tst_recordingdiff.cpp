// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/catch.h"

#include <functional>

#include "core/report/recordingdiff.h"
#include "tests/core/bootstory.h"
#include "tests/support/temporarydirectory.h"

using namespace pgtscope::core;
using pgtscope::test::TemporaryDirectory;
using pgtscope::tests::BootStory;

namespace {

using Change = std::function<void(Step&, BootStory&)>;

/// A recording of one and the same story, of which `change` may make another one.
std::shared_ptr<Timeline> recorded(const std::string& path, unsigned steps, const Change& change = {})
{
    auto writer = RecordingWriter::create(path, {}).value();
    BootStory story(5);
    for (unsigned i = 0; i < steps; ++i) {
        auto [step, snapshot] = story.next();
        if (change)
            change(step, story);
        REQUIRE(writer->append(step, snapshot));
    }
    const std::vector<WriteStep> stores{story.nextWrite(), story.nextWrite()};
    REQUIRE(writer->appendWrites(stores));
    REQUIRE(writer->finish());
    return Timeline::open(path).value();
}

} // namespace

TEST_CASE("Two recordings of the same boot differ in nothing but their times")
{
    const TemporaryDirectory directory;
    const auto first = recorded(directory / "a.pgtrec", 30);
    const auto second = recorded(
        directory / "b.pgtrec", 30, [](Step& step, BootStory&) { step.time = step.time * 3 + 17; });
    const auto diff = diffRecordings(*first, *second);
    REQUIRE(diff);
    CHECK(diff->empty());
    CHECK(recordingDiffText(*diff, 10)
        == "no difference in 32 steps: registers, every entry of every table, events, console\n");
}

TEST_CASE("The first step that differs is shown with both values, the others are counted")
{
    const TemporaryDirectory directory;
    const auto first = recorded(directory / "a.pgtrec", 30);
    const auto second = recorded(directory / "b.pgtrec", 30, [](Step& step, BootStory&) {
        if (step.text == "stop 7" || step.text == "stop 20")
            step.text += ", late";
    });
    const auto diff = diffRecordings(*first, *second);
    REQUIRE(diff);
    CHECK(diff->differing == std::vector<StepNumber>{7, 20});
    REQUIRE(diff->earliest);
    CHECK(diff->earliest->facts == std::vector<FactDifference>{{"text", "stop 7", "stop 7, late"}});
    CHECK(recordingDiffText(*diff, 10)
        == "2 of 32 steps differ, first step 7:\n  text: stop 7 -> stop 7, late\n");
}

TEST_CASE("An entry that differs is found, and in the stores that follow it no further difference")
{
    const TemporaryDirectory directory;
    const auto first = recorded(directory / "a.pgtrec", 12);
    auto writer = RecordingWriter::create(directory / "b.pgtrec", {}).value();
    BootStory story(5);
    for (unsigned i = 0; i < 12; ++i) {
        const auto [step, snapshot] = story.next();
        REQUIRE(writer->append(step, snapshot));
    }
    std::vector<WriteStep> stores{story.nextWrite(), story.nextWrite()};
    stores[0].change.after ^= 1ULL << 12; // another frame
    REQUIRE(writer->appendWrites(stores));
    REQUIRE(writer->finish());
    const auto second = Timeline::open(directory / "b.pgtrec").value();
    const auto diff = diffRecordings(*first, *second);
    REQUIRE(diff);
    REQUIRE(diff->earliest);
    CHECK(diff->differing.front() == 12);
    REQUIRE(diff->earliest->tables.tables.entries.size() == 1);
    const EntryChange& entry = diff->earliest->tables.tables.entries.front();
    CHECK(entry.address == stores[0].change.address);
    CHECK((entry.before ^ entry.after) == 1ULL << 12);
}

TEST_CASE("A recording that is longer than the other is no equal of it")
{
    const TemporaryDirectory directory;
    const auto first = recorded(directory / "a.pgtrec", 10);
    const auto second = recorded(directory / "b.pgtrec", 10);
    auto writer = RecordingWriter::create(directory / "c.pgtrec", {}).value();
    BootStory story(5);
    for (unsigned i = 0; i < 4; ++i) {
        const auto [step, snapshot] = story.next();
        REQUIRE(writer->append(step, snapshot));
    }
    REQUIRE(writer->finish());
    const auto shorter = Timeline::open(directory / "c.pgtrec").value();
    const auto diff = diffRecordings(*first, *shorter);
    REQUIRE(diff);
    CHECK_FALSE(diff->empty());
    CHECK(diff->differing.empty());
    CHECK(
        recordingDiffText(*diff, 10).starts_with("one has 12 steps, the other 4\nno difference in 4 steps"));
}

TEST_CASE("Registers that no table depends on are compared too")
{
    const TemporaryDirectory directory;
    const auto timeline = recorded(directory / "a.pgtrec", 5);
    const Step step = *timeline->step(3);
    const SnapshotPtr snapshot = *timeline->snapshot(3);
    CHECK(diffStops(step, *snapshot, step, *snapshot).empty());
    const std::pair<const char*, std::function<void(CpuState&)>> changes[]
        = {{"cr2", [](CpuState& cpu) { cpu.control.cr2 ^= 0x1000; }},
            {"rsp", [](CpuState& cpu) { cpu.rsp.value ^= 8; }},
            {"rflags", [](CpuState& cpu) { cpu.rflags ^= 1; }}, {"cs", [](CpuState& cpu) { cpu.cs ^= 8; }},
            {"rip", [](CpuState& cpu) { cpu.rip.value ^= 1; }},
            {"efer", [](CpuState& cpu) { cpu.control.efer ^= 1; }}};
    for (const auto& [name, change] : changes) {
        INFO(name);
        Step other = step;
        change(other.cpu);
        const StopDifference difference = diffStops(step, *snapshot, other, *snapshot);
        REQUIRE(difference.facts.size() == 1);
        CHECK(difference.facts.front().name == name);
    }
}
