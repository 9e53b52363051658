// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/catch.h"

#include <fstream>
#include <iterator>
#include <map>

#include <sqlite3.h>

#include "core/recording/annotations.h"
#include "core/recording/recording.h"
#include "core/recording/recordingformat.h"
#include "core/steps/diff.h"
#include "tests/core/bootstory.h"
#include "tests/support/temporarydirectory.h"

using namespace pgtscope::core;
using pgtscope::test::TemporaryDirectory;
using pgtscope::tests::BootStory;
using pgtscope::tests::difference;

namespace {

const GuestDescription description{"debian", "6.1.0", "console=ttyS0", "QEMU 7.2", "pgt_buf", "pgtscope",
    "2026-11-22T12:00:00Z", 2ULL << 30, "w-x/1"};

struct Reported {
    std::vector<Step> steps;
    std::vector<SnapshotPtr> snapshots;
};

template <class T>
T must(Result<T> result)
{
    if (!result)
        FAIL(result.error().message());
    return std::move(*result);
}

void must(const Result<void>& result)
{
    if (!result)
        FAIL(result.error().message());
}

Reported record(const std::string& path, BootStory story, unsigned steps)
{
    Reported reported;
    auto writer = must(RecordingWriter::create(path, description));
    for (unsigned i = 0; i < steps; ++i) {
        auto [step, snapshot] = story.next();
        REQUIRE(must(writer->append(step, snapshot)) == i);
        step.number = i;
        step.cpu = snapshot->cpu();
        step.ripSymbol = snapshot->ripSymbol();
        reported.steps.push_back(step);
        reported.snapshots.push_back(snapshot);
    }
    must(writer->finish());
    return reported;
}

/// Appends single stores, a hundred at a time.
void appendStores(RecordingWriter& writer, BootStory& story, unsigned count)
{
    while (count != 0) {
        std::vector<WriteStep> writes;
        for (; writes.size() < 100 && count != 0; --count)
            writes.push_back(story.nextWrite());
        must(writer.appendWrites(writes));
    }
}

/// A finished recording of a few stops and many stores: enough of them for several chunks and keyframes.
StepNumber recordLong(const std::string& path, unsigned stores)
{
    BootStory story(21);
    auto writer = must(RecordingWriter::create(path, description));
    for (int i = 0; i < 40; ++i) {
        const auto [step, snapshot] = story.next();
        must(writer->append(step, snapshot));
    }
    appendStores(*writer, story, stores);
    must(writer->finish());
    return writer->size();
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

std::string contentOf(const std::string& path)
{
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

void write(const std::string& path, const std::string& content)
{
    std::ofstream(path, std::ios::binary) << content;
}

/// Reads everything there is; true if all of it could be read.
bool readAll(Recording& recording, const Reported* reported = nullptr)
{
    bool complete = recording.damage().empty();
    for (StepNumber n = 0; n < recording.size(); ++n) {
        const auto step = recording.step(n);
        const auto snapshot = recording.snapshot(n);
        complete = step && recording.changes(n) && snapshot && complete;
        // What is given out is either right or an error.
        if (reported && step)
            CHECK(*step == reported->steps[n]);
        if (reported && snapshot)
            CHECK(difference(*reported->snapshots[n], **snapshot) == "");
    }
    return complete && recording.symbols().has_value();
}

/// All rows of the tables that hold what was recorded.
std::string evidence(const std::string& path)
{
    sqlite3* database = nullptr;
    REQUIRE(sqlite3_open(path.c_str(), &database) == SQLITE_OK);
    std::string all;
    for (const char* table : {"meta", "step_tail", "step_chunks", "keyframes", "pages", "symbols"}) {
        const auto add = [](void* out, int columns, char** values, char**) {
            for (int i = 0; i < columns; ++i)
                *static_cast<std::string*>(out) += std::string(values[i] ? values[i] : "") + '\x1f';
            return 0;
        };
        const std::string sql = "SELECT * FROM " + std::string(table);
        CHECK(sqlite3_exec(database, sql.c_str(), add, &all, nullptr) == SQLITE_OK);
    }
    sqlite3_close(database);
    return all;
}

} // namespace

TEST_CASE("Every step of a recording is what was appended, entry for entry")
{
    const auto mode = GENERATE(PagingMode::Level4, PagingMode::Level5, PagingMode::Pae, PagingMode::Bits32);
    const TemporaryDirectory directory;
    const std::string path = directory / "a.pgtrec";
    const Reported reported = record(path, BootStory(static_cast<unsigned>(mode) + 1, mode), 150);

    auto recording = must(Recording::open(path));
    CHECK(recording->damage().empty());
    CHECK(recording->finished());
    CHECK(recording->guest() == description);
    REQUIRE(recording->size() == 150);

    SECTION("read forwards") { CHECK(readAll(*recording, &reported)); }
    SECTION("read in any order")
    {
        BootStory dice(7);
        for (int i = 0; i < 150; ++i) {
            const unsigned n = dice.pick(150);
            CHECK(must(recording->step(n)) == reported.steps[n]);
            CHECK(difference(*reported.snapshots[n], *must(recording->snapshot(n))) == "");
        }
    }
    SECTION("the change of a step is the difference of the snapshots")
    {
        for (unsigned n = 1; n < 150; ++n) {
            const StepChanges expected
                = diffSnapshots(*reported.snapshots[n - 1], *reported.snapshots[n], {}).tables;
            CHECK(must(recording->changes(n)) == expected);
        }
    }
    SECTION("the first step has no change") { CHECK(must(recording->changes(0)).empty()); }
}

TEST_CASE("A recording is one file when it is finished")
{
    const TemporaryDirectory directory;
    record(directory / "a.pgtrec", BootStory(1), 10);
    const auto files = std::filesystem::directory_iterator(directory.path());
    CHECK(std::distance(begin(files), end(files)) == 1);
}

TEST_CASE("Unchanged and recurring pages are stored once")
{
    const TemporaryDirectory directory;
    const std::string path = directory / "a.pgtrec";
    BootStory story(3);
    for (int i = 0; i < 60; ++i)
        story.next();
    const SnapshotPtr snapshot = story.capture();
    auto writer = must(RecordingWriter::create(path, description));
    for (int i = 0; i < 1000; ++i)
        must(writer->append({}, snapshot));
    must(writer->finish());
    CHECK(std::filesystem::file_size(path) < 100'000);
    auto recording = must(Recording::open(path));
    const SnapshotPtr first = must(recording->snapshot(10));
    const SnapshotPtr second = must(recording->snapshot(11));
    for (std::size_t i = 0; i < first->tables().size(); ++i)
        CHECK(first->tables()[i].page == second->tables()[i].page);
}

TEST_CASE("Tables that could not be read are recorded as such")
{
    pgtscope::tests::Guest guest(PagingMode::Level4);
    guest.set(0x1000, 0, 0x2003);
    guest.set(0x1000, 1, 0x3003);
    guest.set(0x1000, 2, 0x4000'0003); // outside RAM
    guest.memory.unreadable.insert(2);
    const SnapshotPtr before = guest.capture();
    guest.memory.unreadable = {3};
    const SnapshotPtr after = guest.capture();
    const TemporaryDirectory directory;
    auto writer = must(RecordingWriter::create(directory / "a.pgtrec", description));
    must(writer->append({}, before));
    must(writer->append({}, after));
    must(writer->finish());
    auto recording = must(Recording::open(directory / "a.pgtrec"));
    CHECK(difference(*before, *must(recording->snapshot(0))) == "");
    CHECK(difference(*after, *must(recording->snapshot(1))) == "");
    const auto changes = must(recording->changes(1)).tables;
    REQUIRE(changes.size() == 2);
    CHECK(changes[0].kind == TableChangeKind::BecameReadable);
    CHECK(changes[1].kind == TableChangeKind::BecameUnreadable);
}

TEST_CASE("Single stores are steps of their own without a snapshot")
{
    const TemporaryDirectory directory;
    const std::string path = directory / "a.pgtrec";
    BootStory story(11);
    auto writer = must(RecordingWriter::create(path, description));
    for (int i = 0; i < 40; ++i) {
        const auto [step, snapshot] = story.next();
        must(writer->append(step, snapshot));
    }
    std::vector<WriteStep> writes;
    std::map<unsigned, SnapshotPtr> snapshots;
    // What a store cannot change is as it was at the latest stop.
    const SnapshotPtr latest = must(must(Recording::open(path))->snapshot(39));
    for (unsigned i = 0; i < 3000; ++i) {
        writes.push_back(story.nextWrite());
        if (i % 35 != 0)
            continue;
        auto parts = partsOf(*story.capture());
        parts.ripSymbol = writes.back().step.ripSymbol;
        parts.pgtBuf = latest->pgtBuf();
        parts.rodataOff = latest->rodataOff();
        snapshots[i] = must(assembleSnapshot(parts));
    }
    const std::span all(writes);
    CHECK(must(writer->appendWrites(all.first(1))) == 40);
    CHECK(must(writer->appendWrites(all.subspan(1, 2500))) == 41);
    for (std::size_t i = 2501; i < writes.size(); ++i)
        must(writer->appendWrites(all.subspan(i, 1)));
    must(writer->finish());

    auto recording = must(Recording::open(path));
    REQUIRE(recording->size() == 3040);
    for (const auto& [i, snapshot] : snapshots) {
        CHECK(difference(*snapshot, *must(recording->snapshot(40 + i))) == "");
        const StepChanges changes = must(recording->changes(40 + i));
        REQUIRE(changes.entries.size() == 1);
        CHECK(changes.entries[0].address == writes[i].change.address);
        CHECK(changes.entries[0].after == writes[i].change.after);
        CHECK(changes.entries[0].writer == writes[i].change.writer);
        CHECK(changes.entries[0].level() == 1);
    }
}

TEST_CASE("A store that needs a snapshot is refused, and nothing of its batch is recorded")
{
    const TemporaryDirectory directory;
    pgtscope::tests::Guest guest(PagingMode::Level4);
    guest.set(0x1000, 0, 0x2003);
    guest.set(0x2000, 0, 0x3003);
    guest.set(0x3000, 0, 0x4003);
    auto writer = must(RecordingWriter::create(directory / "a.pgtrec", description));
    must(writer->append({}, guest.capture()));
    const auto store = [&](std::uint64_t address, std::uint64_t value) {
        WriteStep write;
        write.step.cpu = guest.cpu;
        write.change.address = PhysicalAddress(address);
        write.change.after = value;
        return write;
    };
    const std::vector<WriteStep> hooks{store(0x4000, 0x5003), store(0x1008, 0x6003)};
    CHECK_FALSE(writer->appendWrites(hooks));
    CHECK_FALSE(writer->appendWrites(std::vector{store(0x9000, 1)}));
    WriteStep otherRoot = store(0x4000, 0x5003);
    otherRoot.step.cpu.control.cr3 = 0x8000;
    CHECK_FALSE(writer->appendWrites(std::vector{otherRoot}));
    CHECK(writer->size() == 1);
    // Rights of the same table are no new reference.
    CHECK(writer->appendWrites(std::vector{store(0x4000, 0x5003), store(0x1000, 0x2007)}));
    must(writer->finish());
    auto recording = must(Recording::open(directory / "a.pgtrec"));
    REQUIRE(recording->size() == 3);
    CHECK(must(recording->changes(1)).entries[0].before == 0);
}

TEST_CASE("A recording is readable while it is written, and when its recorder is gone")
{
    const TemporaryDirectory directory;
    const std::string path = directory / "a b%.pgtrec";
    BootStory story(5);
    auto writer = must(RecordingWriter::create(path, description));
    auto follower = must(Recording::follow(path));
    for (unsigned i = 0; i < 100; ++i) {
        const auto [step, snapshot] = story.next();
        must(writer->append(step, snapshot));
        must(follower->refresh());
        REQUIRE(follower->size() == i + 1);
        if (i % 10 == 0)
            CHECK(difference(*snapshot, *must(follower->snapshot(i))) == "");
    }
    appendStores(*writer, story, 1400);
    must(follower->refresh());
    REQUIRE(follower->size() == 1500);
    auto other = must(Recording::open(path));
    CHECK(other->size() == 1500);
    CHECK_FALSE(other->finished());
    CHECK(readAll(*other));
    other.reset();
    follower.reset();
    writer.reset();
    auto left = must(Recording::open(path));
    CHECK(left->size() == 1500);
    CHECK_FALSE(left->finished());
    CHECK(left->damage().empty());
}

TEST_CASE("A recording is gone on with, whether it was finished or its recorder was killed")
{
    const bool finished = GENERATE(true, false);
    const TemporaryDirectory directory;
    const std::string path = directory / "a.pgtrec";
    BootStory story(5);
    std::vector<SnapshotPtr> reported;
    const auto append = [&](RecordingWriter& writer, unsigned count) {
        for (unsigned i = 0; i < count; ++i) {
            const auto [step, snapshot] = story.next();
            must(writer.append(step, snapshot));
            reported.push_back(snapshot);
        }
    };
    auto writer = must(RecordingWriter::create(path, description));
    append(*writer, 20);
    if (finished)
        must(writer->finish());
    writer.reset();
    for (unsigned round = 0; round < 3; ++round) {
        writer = must(RecordingWriter::reopen(path));
        CHECK(writer->size() == reported.size());
        append(*writer, 7);
        CHECK_FALSE(must(Recording::open(path))->finished());
        if (finished)
            must(writer->finish());
        writer.reset();
    }
    auto recording = must(Recording::open(path));
    CHECK(recording->finished() == finished);
    REQUIRE(recording->size() == reported.size());
    CHECK(readAll(*recording));
    for (StepNumber n = 0; n < reported.size(); ++n)
        CHECK(difference(*reported[n], *must(recording->snapshot(n))) == "");
}

TEST_CASE("A recording that cannot be trusted to its end is not gone on with")
{
    const TemporaryDirectory directory;
    const std::string path = directory / "a.pgtrec";
    const auto writer = must(RecordingWriter::create(path, description));
    // As a recorder leaves it that is killed before its first step.
    const std::string left = directory / "left.pgtrec";
    std::filesystem::copy_file(path, left);
    const auto refused = RecordingWriter::reopen(left);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().happened == "it holds no step");
    CHECK_FALSE(RecordingWriter::reopen(directory / "none.pgtrec"));
}

TEST_CASE("Symbols are kept with their slide")
{
    const TemporaryDirectory directory;
    const std::string path = directory / "a.pgtrec";
    auto writer = must(RecordingWriter::create(path, description));
    const std::vector<Symbol> symbols{{LinearAddress(0xffffffff81000000), "_text", 'T'},
        {LinearAddress(0xffffffff82000000), "pgt_buf_end", 'd'}};
    must(writer->setSymbols(symbols, 0x1000000));
    must(writer->finish());
    const SymbolTable table = must(must(Recording::open(path))->symbols());
    CHECK(table.find("pgt_buf_end") == LinearAddress(0xffffffff83000000));
}

TEST_CASE("An existing file is never overwritten")
{
    const TemporaryDirectory directory;
    write(directory / "a.pgtrec", "mine");
    CHECK_FALSE(RecordingWriter::create(directory / "a.pgtrec", description));
    CHECK(contentOf(directory / "a.pgtrec") == "mine");
}

TEST_CASE("Files that are no recording of ours are refused with the reason")
{
    const TemporaryDirectory directory;
    const std::string path = directory / "a.pgtrec";
    const auto refusal = [&] {
        const auto recording = Recording::open(path);
        REQUIRE_FALSE(recording);
        return recording.error().happened;
    };
    SECTION("missing") { CHECK_FALSE(refusal().empty()); }
    SECTION("empty")
    {
        write(path, "");
        CHECK(refusal() == "it is empty");
    }
    SECTION("something else")
    {
        write(path, std::string(5000, 'x'));
        CHECK(refusal() == "it is not a pgtscope recording");
    }
    SECTION("another program's database")
    {
        record(path, BootStory(1), 3);
        sqlite(path, "PRAGMA application_id=1");
        CHECK(refusal() == "it is not a pgtscope recording");
    }
    SECTION("a newer format")
    {
        record(path, BootStory(1), 3);
        sqlite(path, "PRAGMA user_version=7");
        CHECK(refusal()
            == "it has format 7, this program reads formats up to " + std::to_string(recordingFormat));
    }
    SECTION("a trigger, a view, an index or a table too many")
    {
        record(path, BootStory(1), 3);
        const std::string extra
            = GENERATE("CREATE TRIGGER t AFTER INSERT ON annotations BEGIN DELETE FROM pages; END",
                "CREATE VIEW v AS SELECT * FROM pages", "CREATE INDEX i ON pages(hash)", "CREATE TABLE t(x)");
        sqlite(path, extra);
        CHECK(refusal() == "it contains objects that no recording has");
        CHECK_FALSE(changeAnnotations(path, {}, {}));
    }
    SECTION("a table that is another one in disguise")
    {
        record(path, BootStory(1), 3);
        sqlite(path, "ALTER TABLE pages RENAME TO old; CREATE VIEW pages AS SELECT * FROM old");
        CHECK(refusal() == "it contains objects that no recording has");
    }
}

TEST_CASE("A truncated recording is refused or read up to the damage")
{
    const TemporaryDirectory directory;
    const std::string path = directory / "a.pgtrec";
    const Reported reported = record(path, BootStory(9), 250);
    const std::string whole = contentOf(path);
    unsigned readable = 0;
    for (std::size_t length = 0; length < whole.size(); length += whole.size() / 97 + 1) {
        write(path, whole.substr(0, length));
        auto recording = Recording::open(path);
        if (!recording) {
            CHECK_FALSE(recording.error().message().empty());
            continue;
        }
        CHECK_FALSE((*recording)->damage().empty());
        readAll(**recording, &reported);
        readable += (*recording)->size() != 0;
    }
    CHECK(readable > 0);
}

TEST_CASE("Flipped bits are found: what is read is right, or an error")
{
    const TemporaryDirectory directory;
    const std::string path = directory / "a.pgtrec";
    const Reported reported = record(path, BootStory(13), 60);
    const std::string whole = contentOf(path);
    std::mt19937 random(4711);
    for (int round = 0; round < 150; ++round) {
        std::string damaged = whole;
        const unsigned flips = 1 + static_cast<unsigned>(random() % 8);
        for (unsigned i = 0; i < flips; ++i) {
            const std::size_t at = random() % damaged.size();
            damaged[at] = static_cast<char>(damaged[at] ^ (1 << (random() % 8)));
        }
        write(path, damaged);
        if (auto recording = Recording::open(path))
            readAll(**recording, &reported);
    }
}

TEST_CASE("Steps behind a damaged one are not given out")
{
    const TemporaryDirectory directory;
    const std::string path = directory / "a.pgtrec";
    const StepNumber all = recordLong(path, 1500);
    sqlite(path, "UPDATE step_chunks SET data = x'00' WHERE first = (SELECT max(first) FROM step_chunks)");
    auto recording = must(Recording::open(path));
    CHECK(recording->size() > 0);
    CHECK(recording->size() < all);
    CHECK(recording->damage() == "the steps are damaged after step " + std::to_string(recording->size() - 1));
    CHECK_FALSE(recording->step(recording->size()));
    CHECK_FALSE(recording->snapshot(recording->size()));
}

TEST_CASE("A damaged keyframe is bridged from the one before")
{
    const TemporaryDirectory directory;
    const std::string path = directory / "a.pgtrec";
    const StepNumber last = recordLong(path, 2500) - 1;
    const SnapshotPtr whole = must(must(Recording::open(path))->snapshot(last));
    sqlite(path,
        "UPDATE keyframes SET data = x'00' WHERE step = (SELECT max(step) FROM keyframes WHERE step > 0)");
    auto recording = must(Recording::open(path));
    CHECK(difference(*whole, *must(recording->snapshot(last))) == "");
}

TEST_CASE("A page that is not what its hash says is an error")
{
    const TemporaryDirectory directory;
    const std::string path = directory / "a.pgtrec";
    record(path, BootStory(2), 30);
    sqlite(path, "UPDATE pages SET data = (SELECT data FROM pages WHERE id = 2) WHERE id = 1");
    auto recording = must(Recording::open(path));
    const auto snapshot = recording->snapshot(0);
    REQUIRE_FALSE(snapshot);
    CHECK(snapshot.error().happened == "it is missing or damaged");
}

TEST_CASE("Annotations that two programs edit at once are all kept")
{
    const TemporaryDirectory directory;
    const std::string path = directory / "a.pgtrec";
    record(path, BootStory(6), 10);
    const auto note = [](StepNumber step, const char* title) {
        return Annotation{step, AnnotationKind::Note, title, "text"};
    };
    const Annotations read{note(1, "one"), note(2, "two"), note(3, "three")};
    must(changeAnnotations(path, {}, read));
    // Both have read the three; one adds a note and removes another, then so does the other.
    must(changeAnnotations(path, read, {note(1, "one"), note(3, "three"), note(4, "his")}));
    must(changeAnnotations(path, read, {note(0, "mine"), note(1, "one"), note(2, "two")}));
    CHECK(must(loadAnnotations(path)) == Annotations{note(0, "mine"), note(1, "one"), note(4, "his")});
    // Both change the same: neither's work is lost.
    const Annotations now = must(loadAnnotations(path));
    must(changeAnnotations(path, now, {note(0, "mine"), note(1, "his one"), note(4, "his")}));
    must(changeAnnotations(path, now, {note(0, "mine"), note(1, "my one"), note(4, "his")}));
    CHECK(must(loadAnnotations(path))
        == Annotations{note(0, "mine"), note(1, "his one"), note(1, "my one"), note(4, "his")});
    // The same twice is there twice.
    must(changeAnnotations(path, {}, {note(4, "his")}));
    CHECK(must(loadAnnotations(path)).size() == 5);
}

TEST_CASE("Annotations are edited without touching the evidence")
{
    const TemporaryDirectory directory;
    const std::string path = directory / "a.pgtrec";
    const Reported reported = record(path, BootStory(6), 100);
    const std::string before = evidence(path);
    CHECK(must(loadAnnotations(path)).empty());

    const Annotations first{{0, AnnotationKind::Chapter, "Start", "The *first* step"},
        {40, AnnotationKind::Note, "", std::string(100'000, 'x')}};
    must(changeAnnotations(path, {}, first));
    CHECK(must(loadAnnotations(path)) == first);
    const Annotations second{{7, AnnotationKind::Note, "a", "b"}, {3, AnnotationKind::Chapter, "c", "d"}};
    must(changeAnnotations(path, first, second));
    CHECK(must(loadAnnotations(path)) == Annotations{second[1], second[0]});
    CHECK(evidence(path) == before);
    CHECK(readAll(*must(Recording::open(path)), &reported));

    sqlite(path, "UPDATE annotations_format SET version = 9");
    CHECK_FALSE(loadAnnotations(path));
    CHECK_FALSE(changeAnnotations(path, second, first));
    CHECK(readAll(*must(Recording::open(path)), &reported));
}
