// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/catch.h"

#include <atomic>
#include <chrono>
#include <thread>

#include "core/timeline/timeline.h"
#include "tests/core/bootstory.h"
#include "tests/support/temporarydirectory.h"

using namespace pgtscope::core;
using pgtscope::test::TemporaryDirectory;
using pgtscope::tests::BootStory;
using pgtscope::tests::difference;

namespace {

std::shared_ptr<RecordingWriter> newWriter(const std::string& path)
{
    auto writer = RecordingWriter::create(path, {});
    if (!writer)
        FAIL(writer.error().message());
    return std::move(*writer);
}

void append(RecordingWriter& writer, BootStory& story)
{
    const auto [step, snapshot] = story.next();
    REQUIRE(writer.append(step, snapshot));
}

} // namespace

TEST_CASE("A timeline grows while it is recorded and reads the same afterwards")
{
    const TemporaryDirectory directory;
    const auto writer = newWriter(directory / "a.pgtrec");
    const auto live = Timeline::follow(writer);
    REQUIRE(live);
    Timeline& timeline = **live;
    std::vector<StepNumber> sizes;
    timeline.onAppend([&](StepNumber size) {
        sizes.push_back(size);
        CHECK(timeline.size() == size);
        CHECK(timeline.step(size - 1));
    });
    BootStory story(1);
    std::vector<SnapshotPtr> snapshots;
    for (int i = 0; i < 50; ++i) {
        append(*writer, story);
        snapshots.push_back(*timeline.snapshot(timeline.size() - 1));
    }
    const std::vector<WriteStep> writes{story.nextWrite(), story.nextWrite()};
    REQUIRE(writer->appendWrites(writes));
    CHECK(sizes.size() == 51);
    CHECK(sizes.back() == 52);
    CHECK_FALSE(timeline.finished());
    REQUIRE(writer->finish());
    CHECK(timeline.finished());
    // What is finished can still be read by who followed it.
    CHECK(timeline.snapshot(51));
    CHECK(timeline.step(3)->text == "stop 3");

    const auto recorded = Timeline::open(directory / "a.pgtrec");
    REQUIRE(recorded);
    REQUIRE((*recorded)->size() == 52);
    CHECK((*recorded)->finished());
    for (StepNumber n = 50; n-- > 0;) {
        CHECK(difference(*snapshots[n], **(*recorded)->snapshot(n)) == "");
        CHECK(*(*recorded)->step(n) == *timeline.step(n));
        CHECK(*(*recorded)->changes(n) == *timeline.changes(n));
    }
}

TEST_CASE("A callback that was taken away does not run any more")
{
    const TemporaryDirectory directory;
    const auto writer = newWriter(directory / "a.pgtrec");
    const auto timeline = Timeline::follow(writer).value();
    std::atomic<bool> entered = false;
    std::atomic<bool> goOn = false;
    std::atomic<bool> left = false;
    timeline->onAppend([&](StepNumber) {
        entered = true;
        while (!goOn)
            std::this_thread::yield();
        left = true;
    });
    BootStory story(6);
    std::thread recorder([&] { append(*writer, story); });
    while (!entered)
        std::this_thread::yield();
    std::thread guest([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
        goOn = true;
    });
    timeline->onAppend({});
    CHECK(left);
    guest.join();
    recorder.join();

    int calls = 0;
    timeline->onAppend([&](StepNumber) {
        ++calls;
        timeline->onAppend({}); // from within
    });
    append(*writer, story);
    append(*writer, story);
    CHECK(calls == 1);
}

TEST_CASE("A timeline may be asked for anything, and be let go, while another thread records")
{
    const TemporaryDirectory directory;
    const auto writer = newWriter(directory / "a.pgtrec");
    auto timeline = Timeline::follow(writer).value();
    BootStory story(8);
    std::thread recorder([&] {
        for (int i = 0; i < 100; ++i)
            append(*writer, story);
        REQUIRE(writer->finish());
    });
    SECTION("asked to the end")
    {
        while (!timeline->finished())
            (void)timeline->snapshot(timeline->size() - 1);
        CHECK(timeline->size() == 100);
    }
    SECTION("let go")
    {
        while (timeline->size() < 10)
            std::this_thread::yield();
        timeline.reset();
    }
    recorder.join();
    CHECK(writer->size() == 100);
}

TEST_CASE("A timeline that followed leaves one file behind")
{
    const TemporaryDirectory directory;
    {
        const auto writer = newWriter(directory / "a.pgtrec");
        const auto live = Timeline::follow(writer);
        REQUIRE(live);
        BootStory story(2);
        append(*writer, story);
        REQUIRE(writer->finish());
    }
    const auto files = std::filesystem::directory_iterator(directory.path());
    CHECK(std::distance(begin(files), end(files)) == 1);
}

TEST_CASE("A snapshot that was asked for again is the same object")
{
    const TemporaryDirectory directory;
    const auto writer = newWriter(directory / "a.pgtrec");
    BootStory story(3);
    for (int i = 0; i < 5; ++i)
        append(*writer, story);
    REQUIRE(writer->finish());
    const auto timeline = Timeline::open(directory / "a.pgtrec");
    REQUIRE(timeline);
    CHECK(*(*timeline)->snapshot(2) == *(*timeline)->snapshot(2));
    const SnapshotPtr kept = *(*timeline)->snapshot(2);
    const std::string before = kept->ripSymbol();
    // Reading on never changes what was given out.
    CHECK((*timeline)->snapshot(4));
    CHECK(kept->ripSymbol() == before);
    CHECK(difference(*kept, **Timeline::open(directory / "a.pgtrec").value()->snapshot(2)) == "");
}

TEST_CASE("What was captured is what a timeline gives out, with what the rules say of it")
{
    const TemporaryDirectory directory;
    const auto writer = newWriter(directory / "a.pgtrec");
    const auto timeline = Timeline::follow(writer).value();
    BootStory story(9);
    const auto [step, snapshot] = story.next();
    const auto reports = checkAllRules(RuleContext(snapshot));
    timeline->expect(0, snapshot, reports);
    // Nothing is a step before it is recorded.
    CHECK_FALSE(timeline->snapshot(0));
    CHECK_FALSE(timeline->reports(0));
    REQUIRE(writer->append(step, snapshot));
    CHECK(*timeline->snapshot(0) == snapshot);
    CHECK(timeline->reports(0) == reports);

    // A stop that could not be appended, then another.
    const auto [lostStep, lost] = story.next();
    timeline->expect(1, lost, checkAllRules(RuleContext(lost)));
    const auto [secondStep, second] = story.next();
    timeline->expect(1, second, {});
    REQUIRE(writer->append(secondStep, second));
    CHECK(*timeline->snapshot(1) == second);
    CHECK_FALSE(timeline->reports(1));
    // What is recorded is not replaced.
    timeline->expect(1, lost, {});
    CHECK(*timeline->snapshot(1) == second);

    const auto [thirdStep, third] = story.next();
    REQUIRE(writer->append(thirdStep, third));
    CHECK(difference(**timeline->snapshot(2), *third) == "");
    CHECK_FALSE(timeline->reports(2));
    REQUIRE(writer->finish());
    CHECK(difference(**Timeline::open(writer->path()).value()->snapshot(1), *second) == "");
}

TEST_CASE("A step that does not exist is an error that says how many there are")
{
    const TemporaryDirectory directory;
    const auto writer = newWriter(directory / "a.pgtrec");
    const auto timeline = Timeline::follow(writer);
    REQUIRE(timeline);
    CHECK((*timeline)->size() == 0);
    CHECK((*timeline)->step(0).error().happened == "it has no steps");
    BootStory story(4);
    append(*writer, story);
    CHECK((*timeline)->snapshot(1).error().happened == "its last step is 0");
    CHECK((*timeline)->changes(99).error().happened == "its last step is 0");
}

TEST_CASE("Annotations can be written while a guest is recorded")
{
    const TemporaryDirectory directory;
    const auto writer = newWriter(directory / "a.pgtrec");
    const auto timeline = Timeline::follow(writer);
    REQUIRE(timeline);
    BootStory story(5);
    append(*writer, story);
    const Annotations annotations{{0, AnnotationKind::Chapter, "Here", "it begins"}};
    REQUIRE((*timeline)->changeAnnotations({}, annotations));
    append(*writer, story);
    REQUIRE(writer->finish());
    CHECK((*timeline)->annotations().value() == annotations);
    CHECK((*timeline)->size() == 2);
}
