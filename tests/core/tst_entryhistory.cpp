// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/catch.h"

#include <nlohmann/json.hpp>

#include "core/recording/recordingwriter.h"
#include "core/report/entryhistoryformat.h"
#include "core/report/historyformat.h"
#include "tests/core/tablebuilder.h"
#include "tests/support/temporarydirectory.h"

using namespace pgtscope::core;
using namespace pgtscope::tests;
using pgtscope::test::TemporaryDirectory;

namespace {

constexpr std::uint64_t top = 0x1000;
constexpr std::uint64_t third = 0x2000;
constexpr std::uint64_t second = 0x3000;
constexpr std::uint64_t leaf = 0x4000;
constexpr std::uint64_t present = 0x63;
constexpr std::uint64_t neverUsed = 0x03; // P and R/W, no flag of the processor's yet

EntryChange storeBy(std::uint64_t address, const char* symbol)
{
    EntryChange change;
    change.address = PhysicalAddress(address);
    change.writer = EntryWriter{LinearAddress(0xffffffff81000010), symbol, 8};
    return change;
}

/// Step 0: the root alone. Step 1: three tables, filled before, are hooked in. Step 2: a store changes the
/// leaf. Step 3: stores that change nothing. Step 4: the processor sets an accessed flag. Step 5: they are
/// unhooked.
std::shared_ptr<Timeline> hookedStory(const std::string& path)
{
    auto writer = RecordingWriter::create(path, {}).value();
    Guest guest(PagingMode::Level4);
    guest.set(top, 511, 0);
    Step step;
    step.cause = StepCause::TableWrite;
    REQUIRE(writer->append(step, guest.capture()));
    guest.set(leaf, 5, 0x7000 | present);
    guest.set(second, 0, leaf | neverUsed);
    guest.set(third, 0, second | present);
    guest.set(top, 0, third | present);
    const std::vector<EntryChange> stores{storeBy(top, "hook_tables+0x10"), storeBy(third, "fill_upper+0x1"),
        storeBy(second, "fill_upper+0x2"), storeBy(leaf + 40, "fill_leaf+0x3"),
        storeBy(0x9000, "no_table_at_all")};
    REQUIRE(writer->append(step, guest.capture(), stores));
    WriteStep write;
    write.step = step;
    write.step.cpu = guest.cpu;
    write.change = storeBy(leaf + 40, "protect+0x4");
    write.change.after = 0x7000 | 0x61;
    REQUIRE(writer->appendWrites(std::span(&write, 1)));
    write.change.writer->symbol = "again+0x5";
    REQUIRE(writer->appendWrites(std::span(&write, 1)));
    guest.set(leaf, 5, 0x7000 | 0x61);
    guest.set(second, 0, leaf | neverUsed | 0x20);
    REQUIRE(writer->append(step, guest.capture()));
    guest.set(top, 0, 0);
    const auto unhook = storeBy(top, "unhook+0x6");
    REQUIRE(writer->append(step, guest.capture(), std::span(&unhook, 1)));
    REQUIRE(writer->finish());
    return Timeline::open(path).value();
}

std::vector<std::string> reported(const std::vector<EntryEvent>& events)
{
    std::vector<std::string> texts;
    for (const EntryEvent& event : events)
        texts.push_back(std::to_string(event.step) + " " + std::string(entryEventText(event.kind)) + " "
            + (event.change.writer ? std::string(functionOf(event.change.writer->symbol)) : "-"));
    return texts;
}

} // namespace

TEST_CASE("the store that hooks a table in, and those that filled it before, keep their writers")
{
    const TemporaryDirectory directory;
    const auto timeline = hookedStory((directory / "hooked.pgtrec").string());
    const StepChanges changes = timeline->changes(1).value();
    REQUIRE(changes.entries.size() == 1);
    CHECK(changes.entries[0].writer->symbol == "hook_tables+0x10");
    REQUIRE(changes.stores.size() == 3);
    CHECK(changes.stores[2].address == PhysicalAddress(leaf + 40));
    CHECK(changes.stores[2].after == (0x7000 | present));
    CHECK(changes.stores[2].writer->symbol == "fill_leaf+0x3");
    CHECK(changes.stores[2].level() == 1);
}

TEST_CASE("an entry's history tells who found, changed and repeated it, and when its table was removed")
{
    const TemporaryDirectory directory;
    const auto timeline = hookedStory((directory / "hooked.pgtrec").string());
    const std::vector<PhysicalAddress> entries{PhysicalAddress(leaf + 40), PhysicalAddress(second),
        PhysicalAddress(top), PhysicalAddress(0xa000), PhysicalAddress(leaf + 48)};
    const auto histories = entryHistories(*timeline, entries, timeline->size()).value();
    CHECK(reported(histories[0])
        == std::vector<std::string>{
            "1 found fill_leaf", "2 changed protect", "3 repeated again", "5 removed -"});
    CHECK(reported(histories[1])
        == std::vector<std::string>{"1 found fill_upper", "4 changed -", "5 removed -"});
    CHECK(reported(histories[2]) == std::vector<std::string>{"1 changed hook_tables", "5 changed unhook"});
    CHECK(histories[3].empty());
    // Nothing tells who had written it: the step at which it appeared is known all the same.
    CHECK(reported(histories[4]) == std::vector<std::string>{"1 appeared -", "5 removed -"});
}

TEST_CASE("blame names the last store of each level, not the processor's flags")
{
    const TemporaryDirectory directory;
    const auto timeline = hookedStory((directory / "hooked.pgtrec").string());
    const AddressHistory history = addressHistory(*timeline, 4, LinearAddress(0x5000)).value();
    REQUIRE(history.histories.size() == 4);
    const auto function = [&](std::size_t level) {
        const EntryEvent* last = lastWrite(history.histories[level]);
        return last && last->change.writer ? std::string(functionOf(last->change.writer->symbol)) : "";
    };
    CHECK(function(0) == "hook_tables");
    CHECK(function(1) == "fill_upper");
    CHECK(function(2) == "fill_upper");
    CHECK(function(3) == "protect");
    const auto json = blameJson(*timeline->snapshot(4).value(), history, {});
    CHECK(json["levels"][3]["last"]["before"] == "0x7063");
    CHECK(json["levels"][3]["last"]["after"] == "0x7061");
    CHECK(lastWrite({}) == nullptr);
}

TEST_CASE("an entry that no step changed names the step at which its table appeared")
{
    const TemporaryDirectory directory;
    const auto timeline = hookedStory((directory / "hooked.pgtrec").string());
    const auto snapshot = timeline->snapshot(4).value();
    const auto held = entryHistory(*timeline, 4, PhysicalAddress(leaf + 48)).value();
    REQUIRE(held.has_value());
    CHECK(lastWrite(held->histories.front())->step == 1);
    CHECK(blameText(*snapshot, *held, {}).find("step 1  appeared with its table\n") != std::string::npos);
    CHECK(logText(*snapshot, *held, {}).find("step 1  appeared with its table\n") != std::string::npos);
    CHECK(logText(*snapshot, *held, {}).starts_with("entry pa:0x4030 at step 4"));
    const auto event = logJson(*snapshot, *held, {})["entries"][0]["events"][0];
    CHECK(event["kind"] == "appeared");
    CHECK(event["after"].is_null());
    // A table that was there from the beginning has no such step.
    const auto old = entryHistory(*timeline, 4, PhysicalAddress(top + 8)).value();
    REQUIRE(old.has_value());
    CHECK(lastWrite(old->histories.front()) == nullptr);
    CHECK(logText(*snapshot, *old, {}).find("unchanged since the recording started") != std::string::npos);
}

TEST_CASE("an entry of a detached or gone table has a history by its physical address")
{
    const TemporaryDirectory directory;
    const auto timeline = hookedStory((directory / "hooked.pgtrec").string());
    const auto held = entryHistory(*timeline, 4, PhysicalAddress(leaf + 41)).value();
    REQUIRE(held.has_value());
    CHECK(held->entry == PhysicalAddress(leaf + 40));
    CHECK(reported(held->histories.front()).size() == 3);
    const auto snapshot = timeline->snapshot(4).value();
    CHECK(blameText(*snapshot, *held, {}).find("protect") != std::string::npos);
    const auto json = logJson(*snapshot, *held, {});
    CHECK(json["linear"].is_null());
    CHECK(json["entry"] == hexText(leaf + 40));
    // The table went at the last step: what had happened to the entry is known still.
    const auto last = timeline->snapshot(5).value();
    const auto gone = entryHistory(*timeline, 5, PhysicalAddress(leaf + 40)).value();
    REQUIRE(gone.has_value());
    CHECK(blameText(*last, *gone, {}).find("in no table now") != std::string::npos);
    CHECK(logJson(*last, *gone, {})["table"].is_null());
    CHECK_FALSE(entryHistory(*timeline, 5, PhysicalAddress(0xa000)).value().has_value());
}

TEST_CASE("writers are counted by function and level")
{
    const TemporaryDirectory directory;
    const auto timeline = hookedStory((directory / "hooked.pgtrec").string());
    const auto writers = tableWriters(*timeline).value();
    REQUIRE(writers.size() == 6);
    CHECK(writers[0].function == "fill_upper");
    CHECK(writers[0].found == 2);
    for (const FunctionWrites& writer : writers) {
        CHECK(
            writer.changed[4] == (writer.function == "hook_tables" || writer.function == "unhook" ? 1U : 0U));
        CHECK(writer.changed[1] == (writer.function == "protect" ? 1U : 0U));
        CHECK(writer.repeated == (writer.function == "again" ? 1U : 0U));
    }
}

TEST_CASE("a finding in a table that was filled before it was hooked in has its writer")
{
    const TemporaryDirectory directory;
    const auto timeline = hookedStory((directory / "hooked.pgtrec").string());
    RuleReport report;
    report.rule = "xen-ro";
    report.marks = {{FrameNumber(7), PhysicalAddress(leaf + 40), FindingState::Violation}};
    report.totals.add(FindingState::Violation, Standing::Broken, 1, 1);
    FindingHistory findings;
    findings.note(1, std::span(&report, 1));
    const auto origins = FindingOrigins::learn(*timeline, findings).value();
    const FindingOrigin origin = origins.of({"xen-ro", FrameNumber(7), PhysicalAddress(leaf + 40)}, 1);
    CHECK(origin.written == 1);
    REQUIRE(origin.writer);
    CHECK(origin.writer->symbol == "fill_leaf+0x3");
}
