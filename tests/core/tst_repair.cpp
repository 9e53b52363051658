// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/catch.h"

#include <filesystem>
#include <fstream>

#include <sqlite3.h>

#include "core/recording/annotations.h"
#include "core/recording/code.h"
#include "core/recording/keyframewriter.h"
#include "core/recording/pagewriter.h"
#include "core/recording/recordedstate.h"
#include "core/recording/recording.h"
#include "core/recording/recordingformat.h"
#include "core/recording/repair.h"
#include "core/recording/schema.h"
#include "tests/core/tampering.h"
#include "tests/support/temporarydirectory.h"

using namespace pgtscope::core;
using pgtscope::test::TemporaryDirectory;
using pgtscope::tests::BootStory;
using pgtscope::tests::difference;
using pgtscope::tests::Guest;
using pgtscope::tests::p;
using pgtscope::tests::rw;
using pgtscope::tests::Tampering;
namespace fs = std::filesystem;

namespace {

/// Stops with code, then single stores, then the same again: several chunks and keyframes.
StepNumber record(const std::string& path, bool finish = true)
{
    auto writer = RecordingWriter::create(path, {}).value();
    auto code = CodeWriter::open(path).value();
    BootStory story(17);
    for (int round = 0; round < 3; ++round) {
        for (int i = 0; i < 10; ++i) {
            const CodeLine line{LinearAddress(0x1000 + writer->size()), "90", "nop", {}};
            REQUIRE(code->add(writer->size(), std::span(&line, 1)));
            const auto [step, snapshot] = story.next();
            REQUIRE(writer->append(step, snapshot));
        }
        for (int i = 0; i < 12; ++i) {
            std::vector<WriteStep> writes;
            while (writes.size() < 100)
                writes.push_back(story.nextWrite());
            REQUIRE(writer->appendWrites(writes));
        }
    }
    const std::vector<Symbol> symbols{{LinearAddress(0xffffffff81000000), "alloc_low_pages", 'T'}};
    REQUIRE(writer->setSymbols(symbols, 0));
    code.reset();
    if (finish)
        REQUIRE(writer->finish());
    const StepNumber steps = writer->size();
    writer.reset();
    REQUIRE(changeAnnotations(
        path, {}, {{0, AnnotationKind::Chapter, "Begin", ""}, {steps - 1, AnnotationKind::Note, "End", ""}}));
    return steps;
}

void sqlite(const std::string& path, const std::string& sql)
{
    sqlite3* database = nullptr;
    REQUIRE(sqlite3_open(path.c_str(), &database) == SQLITE_OK);
    const int result = sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr);
    INFO(sqlite3_errmsg(database));
    CHECK(result == SQLITE_OK);
    sqlite3_close(database);
}

std::uint64_t pagesIn(const std::string& path)
{
    sqlite3* database = nullptr;
    sqlite3_stmt* query = nullptr;
    REQUIRE(sqlite3_open(path.c_str(), &database) == SQLITE_OK);
    REQUIRE(sqlite3_prepare_v2(database, "SELECT max(id) FROM pages", -1, &query, nullptr) == SQLITE_OK);
    REQUIRE(sqlite3_step(query) == SQLITE_ROW);
    const auto pages = static_cast<std::uint64_t>(sqlite3_column_int64(query, 0));
    sqlite3_finalize(query);
    sqlite3_close(database);
    return pages;
}

/// "" if step `a` of one recording and step `b` of another are the same in everything.
std::string stepDifference(Recording& one, StepNumber a, Recording& two, StepNumber b)
{
    Step step = one.step(a).value();
    step.number = b;
    if (step != two.step(b).value())
        return "the step";
    return difference(*one.snapshot(a).value(), *two.snapshot(b).value());
}

} // namespace

TEST_CASE("A sound recording is found whole, and a repaired one says the same in all that it says")
{
    const TemporaryDirectory directory;
    const std::string path = directory / "a.pgtrec";
    const std::string fixed = directory / "b.pgtrec";
    const bool finished = GENERATE(true, false);
    const StepNumber steps = record(path, finished);
    const auto check = checkRecording(path).value();
    CHECK(check.whole());
    CHECK(check.steps == steps);
    CHECK(check.finished == finished);
    CHECK(check.format == recordingFormat);

    REQUIRE(repairRecording(path, fixed, Existing::Refuse).value().whole());
    CHECK(checkRecording(fixed).value().finished);
    auto one = Recording::open(path).value();
    auto two = Recording::open(fixed).value();
    REQUIRE(two->size() == steps);
    for (StepNumber n = 0; n < steps; n += 7) {
        CHECK(stepDifference(*one, n, *two, n) == "");
        CHECK(*one->changes(n) == *two->changes(n));
        CHECK(*one->code(n) == *two->code(n));
    }
    CHECK(*loadAnnotations(path) == *loadAnnotations(fixed));
    CHECK(two->symbols()->find("alloc_low_pages") == one->symbols()->find("alloc_low_pages"));
    // A store is as cheap as it was.
    CHECK(fs::file_size(fixed) < fs::file_size(path) * 3 / 2 + 65'536);
}

TEST_CASE("What is damaged is told, and what can be read becomes a new recording")
{
    const TemporaryDirectory directory;
    const std::string path = directory / "a.pgtrec";
    const std::string fixed = directory / "b.pgtrec";
    const StepNumber steps = record(path);
    const std::string whole = directory / "whole.pgtrec";
    fs::copy_file(path, whole);
    auto original = Recording::open(whole).value();
    SECTION("a chunk of steps in the middle")
    {
        sqlite(path,
            "UPDATE step_chunks SET data = zeroblob(length(data)) WHERE first = "
            "(SELECT first FROM step_chunks ORDER BY first LIMIT 1 OFFSET 1)");
        const auto check = checkRecording(path).value();
        CHECK(check.damage.size() == 1);
        CHECK(check.steps < steps);
        REQUIRE(check.steps > 0);
        const auto repaired = repairRecording(path, fixed, Existing::Refuse).value();
        CHECK(repaired.steps == check.steps);
        auto result = Recording::open(fixed).value();
        REQUIRE(result->size() == check.steps);
        for (StepNumber n = 0; n < check.steps; n += 5)
            CHECK(stepDifference(*original, n, *result, n) == "");
        // The narration of what is lost is at the last step that is left.
        CHECK(loadAnnotations(fixed)->back().step == check.steps - 1);
    }
    SECTION("pages that some steps need")
    {
        // One that a later whole state does without.
        RecordingCheck check;
        for (std::uint64_t id = 1; id <= pagesIn(whole) && check.unreadable.empty(); ++id) {
            fs::copy_file(whole, path, fs::copy_options::overwrite_existing);
            sqlite(path, "UPDATE pages SET data = zeroblob(10) WHERE id = " + std::to_string(id));
            check = checkRecording(path).value();
            if (!check.unreadable.empty() && check.unreadable.back().last + 1 == steps
                && check.unreadable.front().first == 0)
                check.unreadable.clear();
        }
        REQUIRE_FALSE(check.unreadable.empty());
        REQUIRE(check.steps == steps);
        const auto repaired = repairRecording(path, fixed, Existing::Refuse).value();
        CHECK(repaired.unreadable == check.unreadable);
        auto result = Recording::open(fixed).value();
        StepNumber at = 0;
        auto lost = check.unreadable.begin();
        for (StepNumber n = 0; n < check.steps; ++n) {
            while (lost != check.unreadable.end() && n > lost->last)
                ++lost;
            if (lost != check.unreadable.end() && n >= lost->first)
                continue;
            if (at % 11 == 0 || (lost != check.unreadable.begin() && n == std::prev(lost)->last + 1))
                CHECK(stepDifference(*original, n, *result, at) == "");
            ++at;
        }
        CHECK(result->size() == at);
        CHECK(checkRecording(fixed).value().whole());
    }
    SECTION("code")
    {
        sqlite(path, "UPDATE code SET data = zeroblob(3) WHERE step BETWEEN 3 AND 5");
        const auto check = checkRecording(path).value();
        CHECK(check.unreadable.empty());
        CHECK(check.damage == std::vector<std::string>{"the code at 3 steps is damaged"});
        CHECK(repairRecording(path, fixed, Existing::Refuse).value().damage == check.damage);
        const auto result = Recording::open(fixed).value();
        CHECK(result->code(2)->size() == 1);
        CHECK(result->code(4)->empty());
    }
    SECTION("symbols")
    {
        sqlite(path, "UPDATE symbols SET data = zeroblob(10)");
        const auto check = checkRecording(path).value();
        CHECK(check.unreadable.empty());
        CHECK(check.damage == std::vector<std::string>{"the symbols: they are damaged"});
        CHECK(repairRecording(path, fixed, Existing::Refuse).value().damage == check.damage);
        CHECK(Recording::open(fixed).value()->size() == steps);
    }
    SECTION("the end of the file")
    {
        unsigned repaired = 0;
        for (std::uintmax_t bytes = fs::file_size(whole); bytes > 20'000; bytes -= bytes / 9) {
            fs::copy_file(whole, path, fs::copy_options::overwrite_existing);
            fs::resize_file(path, bytes - 1);
            // Where the lists of tables or steps are gone, nothing can be read.
            if (const auto check = checkRecording(path)) {
                CHECK_FALSE(check->whole());
                if (repairRecording(path, fixed, Existing::Replace)) {
                    ++repaired;
                    CHECK(checkRecording(fixed).value().whole());
                }
            } else {
                CHECK(check.error().advice != "open it with a newer pgtscope");
            }
        }
        CHECK(repaired > 0);
    }
}

TEST_CASE("A newer recording is not called damaged, and nothing is made of what holds nothing")
{
    const TemporaryDirectory directory;
    const std::string path = directory / "a.pgtrec";
    const std::string fixed = directory / "b.pgtrec";
    record(path);
    SECTION("newer")
    {
        sqlite(path, "PRAGMA user_version = 99");
        const auto check = checkRecording(path);
        REQUIRE_FALSE(check);
        CHECK(check.error().advice == "open it with a newer pgtscope");
        CHECK_FALSE(repairRecording(path, fixed, Existing::Refuse));
    }
    SECTION("without a step that can be read")
    {
        sqlite(path, "UPDATE step_chunks SET data = zeroblob(3)");
        CHECK(checkRecording(path).value().steps == 0);
        CHECK_FALSE(repairRecording(path, fixed, Existing::Refuse));
    }
    SECTION("cancelled")
    {
        CancelFlag cancel;
        cancel.cancel();
        CHECK_FALSE(repairRecording(path, fixed, Existing::Refuse, {}, &cancel));
    }
    SECTION("onto itself, or onto what is not to be replaced")
    {
        CHECK_FALSE(repairRecording(path, path, Existing::Refuse));
        std::ofstream(fixed) << "mine";
        CHECK_FALSE(repairRecording(path, fixed, Existing::Refuse));
        CHECK(fs::file_size(fixed) == 4);
        fs::remove(fixed);
    }
    CHECK_FALSE(fs::exists(fixed));
    CHECK(std::distance(fs::directory_iterator(directory.path()), fs::directory_iterator()) == 1);
}

TEST_CASE("A step that only looks like a single store is kept with its tables")
{
    const TemporaryDirectory directory;
    const std::string path = directory / "a.pgtrec";
    const std::string fixed = directory / "b.pgtrec";
    Guest guest(PagingMode::Level4);
    guest.set(0x1000, 0, 0x2000 | rw);
    guest.set(0x2000, 0, 0x3000 | rw);
    guest.set(0x3000, 0, 0x4000 | rw);
    {
        const auto writer = RecordingWriter::create(path, {}).value();
        Step step;
        const auto stop
            = [&](StepCause cause, std::uint64_t table, unsigned index, std::uint64_t value, bool known) {
                  guest.set(table, index, value);
                  step.cause = cause;
                  EntryChange store;
                  store.address = PhysicalAddress(table + index * 8ULL);
                  store.writer = EntryWriter{LinearAddress(0xffffffff81000000), "set_pte", 8};
                  const std::vector<EntryChange> stores(known ? 1 : 0, store);
                  REQUIRE(writer->append(step, guest.capture(), stores));
              };
        stop(StepCause::Start, 0x4000, 0, 0x5000 | rw, false);
        WriteStep write;
        write.step.cause = StepCause::TableWrite;
        write.step.cpu = guest.cpu;
        write.change.address = PhysicalAddress(0x4000);
        write.change.after = 0x5000 | rw; // what is there
        write.change.writer = EntryWriter{LinearAddress(0xffffffff81000000), "set_pte", 8};
        REQUIRE(writer->appendWrites(std::vector{write}));
        stop(StepCause::TableWrite, 0x4000, 1, 0x6000 | rw, false); // by no known instruction
        stop(StepCause::UserStop, 0x4000, 2, 0x7000 | rw, true); // not reported as a store
        stop(StepCause::TableWrite, 0x1000, 5, 0x2000 | rw, true); // a table is hooked in
        guest.cpu.control.cr0 &= ~cr0Wp;
        stop(StepCause::TableWrite, 0x4000, 3, 0x8000 | rw, true); // and a register is another
        stop(StepCause::TableWrite, 0x4000, 4, 0x9000 | rw, true); // one
        REQUIRE(writer->finish());
    }
    REQUIRE(repairRecording(path, fixed, Existing::Refuse).value().whole());
    auto one = Recording::open(path).value();
    auto two = Recording::open(fixed).value();
    REQUIRE(two->size() == 7);
    for (StepNumber n = 0; n < 7; ++n) {
        INFO(n);
        CHECK(stepDifference(*one, n, *two, n) == "");
        CHECK(*one->changes(n) == *two->changes(n));
    }
    // It had neither symbols nor narration.
    CHECK(two->symbols().value().empty());
    CHECK(loadAnnotations(fixed).value().empty());
}

TEST_CASE("A check says how far it is, and can be cancelled")
{
    const TemporaryDirectory directory;
    const std::string path = pgtscope::tests::record(directory / "a.pgtrec", 40, 100);
    CancelFlag cancel;
    std::vector<std::uint64_t> seen;
    const auto progress = [&](std::string_view, std::uint64_t done, std::uint64_t total) {
        CHECK(total == 140);
        seen.push_back(done);
    };
    CHECK(checkRecording(path, progress, &cancel).value().whole());
    CHECK(seen == std::vector<std::uint64_t>{0, 64, 128});
    cancel.cancel();
    CHECK(checkRecording(path, {}, &cancel).error().happened == "cancelled");
}

TEST_CASE("What can be read between two damaged parts is kept")
{
    const TemporaryDirectory directory;
    const std::string path = pgtscope::tests::record(directory / "a.pgtrec", 40, 3500);
    const std::string fixed = directory / "b.pgtrec";
    Tampering(path).run(
        "UPDATE step_chunks SET bytes = bytes - 1 WHERE first IN (SELECT min(first) FROM step_chunks "
        "UNION SELECT max(first) FROM step_chunks)");
    const auto check = checkRecording(path).value();
    // Up to the second whole state, and the last chunk.
    REQUIRE(check.unreadable.size() == 2);
    CHECK(check.unreadable[0] == StepInterval{0, 2047});
    CHECK(check.unreadable[1].last == 3539);
    REQUIRE(check.unreadable[1].first > 2048);
    CHECK(repairRecording(path, fixed, Existing::Refuse).value().unreadable == check.unreadable);
    auto one = Recording::open(path).value();
    auto two = Recording::open(fixed).value();
    REQUIRE(two->size() == check.unreadable[1].first - 2048);
    CHECK(stepDifference(*one, 2048, *two, 0) == "");
    CHECK(stepDifference(*one, 2050, *two, 2) == "");
    CHECK(checkRecording(fixed).value().whole());
}

TEST_CASE("A step whose tables are there and whose change is not is counted as lost")
{
    const TemporaryDirectory directory;
    const std::string path = directory / "a.pgtrec";
    Guest guest(PagingMode::Level4);
    guest.set(0x1000, 0, 0x7000);
    const SnapshotPtr before = guest.capture();
    for (unsigned i = 0; i < 200; ++i)
        guest.set(0x1000, i, 0x9000 | rw | bit::ps); // reserved: no tables
    const SnapshotPtr after = guest.capture();
    {
        const auto writer = RecordingWriter::create(path, {}).value();
        for (const SnapshotPtr& snapshot : {before, after, after})
            REQUIRE(writer->append({}, snapshot));
        REQUIRE(writer->finish());
    }
    {
        // A whole state at the second step, as after much that was written.
        const auto database = editRecording(path).value();
        auto pages = PageWriter::open(*database).value();
        auto keyframes = KeyframeWriter::open(*database, 3).value();
        StepRecord whole;
        whole.step.cpu = after->cpu();
        whole.delta
            = deltaBetween({}, partsOf(*after), [&](const TablePage& page) { return pages.store(page); });
        whole.delta.tables.clear();
        REQUIRE(keyframes.add(1, whole, 0));
        REQUIRE(database->execute("DELETE FROM pages WHERE id = 1")); // the first step's
    }
    const auto recording = Recording::open(path).value();
    CHECK(recording->snapshot(1));
    CHECK_FALSE(recording->changes(1));
    CHECK(checkRecording(path).value().unreadable == std::vector{StepInterval{0, 1}});
}
