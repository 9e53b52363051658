// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/catch.h"

#include <set>

#include "core/timeline/writeindex.h"
#include "tests/core/mixedstory.h"
#include "tests/support/temporarydirectory.h"

using namespace pgtscope::core;
using namespace pgtscope::tests;
using pgtscope::test::TemporaryDirectory;

namespace {

std::shared_ptr<Timeline> mixedStory(const std::string& path, unsigned seed)
{
    recordMixedStory(path, seed);
    return Timeline::open(path).value();
}

WriteIndexBuilder learn(const Timeline& timeline, StepNumber steps)
{
    WriteIndexBuilder builder;
    for (StepNumber step = 0; step < steps; ++step)
        builder.add(timeline.changes(step).value());
    return builder;
}

std::vector<PhysicalAddress> entriesOf(const Timeline& timeline)
{
    std::set<PhysicalAddress> entries;
    for (StepNumber step = 0; step < timeline.size(); ++step) {
        const StepChanges changes = timeline.changes(step).value();
        for (const EntryChange& change : changes.entries)
            entries.insert(change.address);
        for (const EntryChange& store : changes.stores)
            entries.insert(store.address);
        for (const TableChange& table : changes.tables)
            entries.insert(table.address + 8);
    }
    return {entries.begin(), entries.end()};
}

std::string reported(const EntryEvent& event)
{
    return std::to_string(event.step) + std::string(entryEventText(event.kind)) + " "
        + std::to_string(event.change.before) + " " + std::to_string(event.change.after)
        + (event.change.writer ? event.change.writer->symbol : "");
}

} // namespace

TEST_CASE("the index tells of every entry what a pass over the recording tells")
{
    const TemporaryDirectory directory;
    const unsigned seed = GENERATE(1U, 2U, 3U);
    const auto timeline = mixedStory((directory / "mixed.pgtrec").string(), seed);
    const WriteIndexPtr index = learn(*timeline, timeline->size()).index();
    CHECK(index->steps() == timeline->size());
    const std::vector<PhysicalAddress> entries = entriesOf(*timeline);
    REQUIRE(entries.size() > 100);
    for (const StepNumber last : {timeline->size() / 2, timeline->size()}) {
        const auto histories = entryHistories(*timeline, entries, last).value();
        for (std::size_t i = 0; i < entries.size(); ++i) {
            const auto indexed = index->history(entries[i], last);
            REQUIRE(indexed.size() == histories[i].size());
            for (std::size_t j = 0; j < indexed.size(); ++j)
                CHECK(reported(indexed[j]) == reported(histories[i][j]));
            const EntryEvent* write = lastWrite(histories[i]);
            const auto quick = index->lastWrite(entries[i], last);
            if (write)
                CHECK(quick->step == write->step);
            if (write && write->change.writer)
                CHECK(index->functions()[*quick->function].name == functionOf(write->change.writer->symbol));
        }
    }
}

TEST_CASE("a table page was last written when the last of its entries was")
{
    const TemporaryDirectory directory;
    const auto timeline = mixedStory((directory / "mixed.pgtrec").string(), 5);
    const WriteIndexPtr index = learn(*timeline, timeline->size()).index();
    const StepNumber last = timeline->size() - 1;
    for (const PhysicalAddress entry : entriesOf(*timeline)) {
        const PhysicalAddress page = addressOf(frameOf(entry));
        const auto ofFrame = index->lastWrite(frameOf(entry), last);
        const auto ofRange = index->lastWrite(page, page + frameBytes, last);
        REQUIRE(ofFrame.has_value() == ofRange.has_value());
        if (!ofFrame)
            continue;
        // A table may have appeared, whole, after the last store into it.
        CHECK(ofFrame->step >= ofRange->step);
        if (ofFrame->function)
            CHECK(ofFrame->function == ofRange->function);
        if (const auto one = index->lastWrite(entry, last))
            CHECK(one->step <= ofFrame->step);
    }
    CHECK_FALSE(index->lastWrite(FrameNumber(0xfffff), last));
}

TEST_CASE("functions are told from the busiest on, with the steps at which they wrote")
{
    const TemporaryDirectory directory;
    const auto timeline = mixedStory((directory / "mixed.pgtrec").string(), 6);
    const WriteIndexPtr index = learn(*timeline, timeline->size()).index();
    const auto writers = tableWriters(*timeline).value();
    REQUIRE(index->functions().size() == 4);
    REQUIRE(writers.size() == 4);
    for (std::size_t i = 0; i < 4; ++i) {
        CHECK(index->functions()[i].writes == writers[i].total());
        CHECK(std::is_sorted(index->functions()[i].steps.begin(), index->functions()[i].steps.end()));
    }
}

TEST_CASE("an index of a growing recording knows what was there when it was made")
{
    const TemporaryDirectory directory;
    const auto timeline = mixedStory((directory / "mixed.pgtrec").string(), 7);
    WriteIndexBuilder builder = learn(*timeline, timeline->size() / 2);
    const WriteIndexPtr before = builder.index();
    for (StepNumber step = builder.steps(); step < timeline->size(); ++step)
        builder.add(timeline->changes(step).value());
    const WriteIndexPtr after = builder.index();
    CHECK(before->steps() == timeline->size() / 2);
    CHECK(after->steps() == timeline->size());
    for (const PhysicalAddress entry : entriesOf(*timeline))
        CHECK(before->history(entry, before->steps() - 1).size()
            == after->history(entry, before->steps() - 1).size());
}
