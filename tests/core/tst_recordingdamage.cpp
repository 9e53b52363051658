// SPDX-License-Identifier: GPL-2.0-or-later
// Recordings that claim what cannot be: each claim costs what hangs on it, and nothing else.
#include "tests/support/catch.h"

#include <filesystem>

#include "core/recording/annotations.h"
#include "core/recording/chunkstore.h"
#include "core/recording/code.h"
#include "core/recording/recording.h"
#include "core/recording/repair.h"
#include "core/recording/schema.h"
#include "core/recording/symbolstore.h"
#include "tests/core/tampering.h"
#include "tests/support/temporarydirectory.h"

using namespace pgtscope::core;
using namespace pgtscope::tests;
using pgtscope::test::TemporaryDirectory;
namespace fs = std::filesystem;

namespace {

template <class T>
std::string happened(const Result<T>& result)
{
    return result ? "" : result.error().happened;
}

std::string openingFails(const std::string& path) { return happened(Recording::open(path)); }

/// A recording of forty stops and many stores, whose steps are in several chunks.
struct Chunked {
    Chunked()
        : path(record(directory / "a.pgtrec", 40, 2500))
        , lastChunk(static_cast<StepNumber>(Tampering(path).number("SELECT max(first) FROM step_chunks")))
    {
    }
    const TemporaryDirectory directory;
    const std::string path;
    const StepNumber steps = 2540;
    const StepNumber lastChunk;
    const std::string atLastChunk = "first = " + std::to_string(lastChunk);
};

} // namespace

TEST_CASE("A chunk whose place or size cannot be ends the recording before it")
{
    const Chunked file;
    const std::string change = GENERATE("count = 0", "count = 4097", "count = 'many'", "bytes = 1 << 40",
        "first = first + 1", "hash = zeroblob(16)", "hash = x''", "data = x''");
    INFO(change);
    Tampering(file.path).run("UPDATE step_chunks SET " + change + " WHERE " + file.atLastChunk);
    const auto recording = Recording::open(file.path).value();
    CHECK(recording->size() == file.lastChunk);
    CHECK(recording->damage() == "the steps are damaged after step " + std::to_string(file.lastChunk - 1));
    CHECK(recording->snapshot(file.lastChunk - 1));
    // It stays so, however often one looks.
    CHECK(recording->refresh());
    CHECK(recording->size() == file.lastChunk);
}

TEST_CASE("A chunk that does not hold what its row promises costs its own steps alone")
{
    const Chunked file;
    Tampering change(file.path);
    StepNumber size = file.steps;
    SECTION("fewer bytes")
    {
        change.run("UPDATE step_chunks SET bytes = bytes - 1 WHERE " + file.atLastChunk);
    }
    SECTION("no bytes") { change.run("UPDATE step_chunks SET bytes = 0 WHERE " + file.atLastChunk); }
    SECTION("more steps")
    {
        change.run("UPDATE step_chunks SET count = count + 1 WHERE " + file.atLastChunk);
        ++size;
    }
    SECTION("fewer steps")
    {
        change.run("UPDATE step_chunks SET count = count - 1 WHERE " + file.atLastChunk);
        --size;
    }
    SECTION("nothing that was packed") { change.put("step_chunks", file.atLastChunk, Bytes(100)); }
    SECTION("something packed that ends in the midst")
    {
        Bytes data = change.blob("SELECT data FROM step_chunks WHERE " + file.atLastChunk);
        data.resize(data.size() - 10);
        change.put("step_chunks", file.atLastChunk, data);
    }
    const auto recording = Recording::open(file.path).value();
    CHECK(recording->damage().empty());
    REQUIRE(recording->size() == size);
    CHECK(happened(recording->step(file.lastChunk)) == "they are damaged");
    CHECK(happened(recording->snapshot(size - 1)) == "they are damaged");
    CHECK(recording->step(file.lastChunk - 1));
    CHECK(recording->snapshot(file.lastChunk - 1));
}

TEST_CASE("A chunk that another program changes while it is read is noticed")
{
    const Chunked file;
    const auto recording = Recording::follow(file.path).value();
    Tampering change(file.path);
    SECTION("removed") { change.run("DELETE FROM step_chunks WHERE " + file.atLastChunk); }
    SECTION("overwritten")
    {
        change.run("UPDATE step_chunks SET data = zeroblob(9) WHERE " + file.atLastChunk);
    }
    CHECK(happened(recording->step(file.lastChunk)) == "they are damaged");
    CHECK(recording->step(0));
}

TEST_CASE("Steps that are not packed yet are read up to the first that cannot be")
{
    const TemporaryDirectory directory;
    const std::string path = record(directory / "a.pgtrec", 6, 0, Ending::Killed);
    Tampering change(path);
    Bytes data = change.blob("SELECT data FROM step_tail WHERE number = 4");
    SECTION("one is missing") { change.run("DELETE FROM step_tail WHERE number = 4"); }
    SECTION("one has another content than its hash says")
    {
        change.run("UPDATE step_tail SET data = x'00' WHERE number = 4");
    }
    SECTION("one is no step") { change.put("step_tail", "number = 4", Bytes(3, std::byte{0xff})); }
    SECTION("one is a step and more")
    {
        data.push_back(std::byte{0});
        change.put("step_tail", "number = 4", data);
    }
    const auto recording = Recording::open(path).value();
    CHECK(recording->size() == 4);
    CHECK(recording->damage() == "the steps are damaged after step 3");
    CHECK(recording->snapshot(3));
}

TEST_CASE("A recording whose first step cannot be read says so")
{
    const TemporaryDirectory directory;
    const std::string path = record(directory / "a.pgtrec", 3, 0, Ending::Killed);
    Tampering(path).run("DELETE FROM step_tail WHERE number = 0");
    const auto recording = Recording::open(path).value();
    CHECK(recording->damage() == "the steps are damaged from the first step on");
    CHECK(happened(recording->step(0)) == "it has no steps");
}

TEST_CASE("More unpacked steps than any recorder leaves are not taken into memory")
{
    const TemporaryDirectory directory;
    const std::string path = record(directory / "a.pgtrec", 40, 200, Ending::Killed);
    Tampering(path).run(
        "WITH RECURSIVE more(n) AS (SELECT 240 UNION ALL SELECT n + 1 FROM more WHERE n < 5000) "
        "INSERT INTO step_tail SELECT n, hash, data FROM more, step_tail WHERE number = 239");
    const auto recording = Recording::open(path).value();
    CHECK(recording->size() == 4096);
    CHECK(recording->damage() == "the steps are damaged after step 4095");
}

TEST_CASE("Only the chunks that were read last are kept unpacked")
{
    const TemporaryDirectory directory;
    const std::string path = record(directory / "a.pgtrec", 2);
    // Each time a recorder goes on it packs what the previous one left: a chunk of one step.
    BootStory story(4);
    for (int i = 0; i < 24; ++i) {
        const auto writer = RecordingWriter::reopen(path).value();
        const auto [step, snapshot] = story.next();
        REQUIRE(writer->append(step, snapshot));
    }
    const auto database = Database::open(path, DatabaseUse::Read).value();
    ChunkStore chunks(*database);
    REQUIRE(chunks.refresh());
    REQUIRE(chunks.size() == 26);
    const std::weak_ptr<const StepRecord> first = chunks.record(0).value();
    const std::weak_ptr<const StepRecord> second = chunks.record(2).value();
    for (StepNumber n = 3; n < 17; ++n)
        REQUIRE(chunks.record(n));
    CHECK_FALSE(first.expired());
    CHECK(chunks.record(0).value() == first.lock()); // again the latest
    REQUIRE(chunks.record(17));
    CHECK_FALSE(first.expired());
    CHECK(second.expired());
    CHECK(chunks.record(2));
}

TEST_CASE("Where a whole state is not to be read, an earlier one is carried forward")
{
    const TemporaryDirectory directory;
    const std::string path = record(directory / "a.pgtrec", 20);
    const SnapshotPtr right = Recording::open(path).value()->snapshot(9).value();
    Tampering change(path);
    const auto addKeyframe = [&](StepNumber step) {
        change.run("INSERT INTO keyframes SELECT " + std::to_string(step)
            + ", bytes, hash, data FROM keyframes WHERE step = 0");
    };
    addKeyframe(9);
    SECTION("it has another content than its hash says")
    {
        change.run("UPDATE keyframes SET data = x'00' WHERE step = 9");
    }
    SECTION("it unpacks to another size")
    {
        change.run("UPDATE keyframes SET bytes = bytes + 1 WHERE step = 9");
    }
    SECTION("it is no step")
    {
        change.put("keyframes", "step = 9", compress(Bytes(3, std::byte{0xff})));
        change.run("UPDATE keyframes SET bytes = 3 WHERE step = 9");
    }
    const auto recording = Recording::open(path).value();
    CHECK(difference(*right, *recording->snapshot(9).value()) == "");
}

TEST_CASE("A state is looked for in a few keyframes, and not in every one that a file names")
{
    const TemporaryDirectory directory;
    const std::string path = record(directory / "a.pgtrec", 20);
    Tampering(path).run("WITH RECURSIVE more(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM more WHERE n < 9) "
                        "INSERT INTO keyframes SELECT n, 1, x'00', x'00' FROM more");
    const auto recording = Recording::open(path).value();
    CHECK(recording->snapshot(3));
    const auto far = Recording::open(path).value()->snapshot(4);
    REQUIRE_FALSE(far);
    CHECK(far.error().tried == "read the state at step 4 of " + path);
    CHECK(recording->step(4));
}

TEST_CASE("Without a whole state near a step its tables are an error, the step itself is not")
{
    const TemporaryDirectory directory;
    const std::string path = record(directory / "a.pgtrec", 5);
    Tampering change(path);
    SECTION("none at all") { change.run("DELETE FROM keyframes"); }
    SECTION("one before the first step") { change.run("UPDATE keyframes SET step = -1"); }
    SECTION("one after it") { change.run("UPDATE keyframes SET step = 4"); }
    const auto recording = Recording::open(path).value();
    CHECK(happened(recording->snapshot(3)) == "no whole state is recorded shortly before it");
    CHECK(recording->step(3));
}

TEST_CASE("A state is not carried forward over more steps than a recorder leaves between two whole ones")
{
    const TemporaryDirectory directory;
    const std::string path = record(directory / "a.pgtrec", 40, 8300);
    Tampering(path).run("DELETE FROM keyframes WHERE step > 0");
    const auto recording = Recording::open(path).value();
    CHECK(recording->snapshot(8192));
    // From where it is by now it goes on; from the start it would be too far.
    CHECK(happened(Recording::open(path).value()->snapshot(8193))
        == "no whole state is recorded shortly before it");
}

TEST_CASE("What describes the guest is read as far as it makes sense")
{
    const TemporaryDirectory directory;
    const std::string path = record(directory / "a.pgtrec", 3);
    SECTION("facts of another program, and values that are none")
    {
        Tampering(path).run("UPDATE meta SET value = 'much' WHERE key = 'memory_bytes'; "
                            "UPDATE meta SET value = 'perhaps' WHERE key = 'finished'; "
                            "UPDATE meta SET value = 'a kernel' WHERE key = 'kernel'; "
                            "INSERT INTO meta VALUES('colour', 'red')");
        const auto recording = Recording::open(path).value();
        CHECK(recording->damage().empty());
        CHECK(recording->guest().kernel == "a kernel");
        CHECK(recording->guest().memoryBytes == 0);
        CHECK_FALSE(recording->finished());
    }
    SECTION("two hundred facts: a few of them")
    {
        Tampering(path).run(
            "UPDATE meta SET value = 'a kernel' WHERE key = 'kernel'; "
            "WITH RECURSIVE more(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM more WHERE n < 200) "
            "INSERT INTO meta SELECT 'a' || n, '' FROM more");
        const auto recording = Recording::open(path).value();
        CHECK(recording->guest().kernel.empty());
        CHECK(recording->size() == 3);
    }
    SECTION("none that can be read: the steps are there all the same")
    {
        spoil(path, "meta");
        const auto recording = Recording::open(path).value();
        CHECK(recording->damage() == "the guest's description cannot be read: the file is damaged");
        CHECK(recording->snapshot(2));
        CHECK_FALSE(recording->refresh());
    }
    SECTION("the same of a file that is too short: that comes first")
    {
        spoil(path, "meta");
        fs::resize_file(path, fs::file_size(path) - 1);
        CHECK(Recording::open(path).value()->damage() == "the end of the file is missing");
    }
}

TEST_CASE("Tables of a file that cannot be read cost what they hold")
{
    const TemporaryDirectory directory;
    const std::string path = record(directory / "a.pgtrec", 5);
    REQUIRE(changeAnnotations(path, {}, {{0, AnnotationKind::Note, "Here", ""}}));
    SECTION("the packed steps")
    {
        spoil(path, "step_chunks");
        const auto recording = Recording::open(path).value();
        CHECK(recording->damage() == "the file is damaged from the first step on");
        CHECK(recording->size() == 0);
    }
    SECTION("the steps that are not packed")
    {
        spoil(path, "step_tail");
        const auto recording = Recording::open(path).value();
        CHECK(recording->damage() == "the file is damaged after step 4");
        CHECK(recording->snapshot(4));
    }
    SECTION("the whole states")
    {
        spoil(path, "keyframes");
        const auto recording = Recording::open(path).value();
        CHECK(happened(recording->snapshot(2)) == "the file is damaged");
        CHECK(recording->step(2));
    }
    SECTION("the pages")
    {
        spoil(path, "pages");
        const auto recording = Recording::open(path).value();
        CHECK(happened(recording->snapshot(2)) == "the file is damaged");
        CHECK(recording->step(2));
    }
    SECTION("the symbols, the code and the narration")
    {
        spoil(path, "symbols");
        spoil(path, "code");
        spoil(path, "annotations");
        const auto check = checkRecording(path).value();
        CHECK(check.unreadable.empty());
        CHECK(check.damage
            == std::vector<std::string>{"the code at 5 steps is damaged", "the symbols: the file is damaged",
                "the narration: the file is damaged"});
        CHECK(happened(changeAnnotations(path, {}, {})) == "the file is damaged");
        const std::string fixed = directory / "b.pgtrec";
        CHECK(repairRecording(path, fixed, Existing::Refuse).value().damage == check.damage);
        CHECK(checkRecording(fixed).value().whole());
        CHECK(loadAnnotations(fixed).value().empty());
    }
}

TEST_CASE("A page that is missing is an error where it is needed")
{
    const TemporaryDirectory directory;
    const std::string path = record(directory / "a.pgtrec", 30);
    Tampering change(path);
    // The whole page that a step rewrites is kept as the page before and the page after.
    std::vector<StepNumber> rewriting;
    for (std::int64_t id = change.number("SELECT max(id) FROM pages"); id > 0; --id) {
        const std::string page = "UPDATE pages SET id = -id WHERE abs(id) = " + std::to_string(id);
        change.run(page); // away
        const auto recording = Recording::open(path).value();
        for (StepNumber step = 1; step < recording->size(); ++step)
            if (const auto changes = recording->changes(step); !changes) {
                CHECK(changes.error().happened == "it is missing or damaged");
                rewriting.push_back(step);
            }
        change.run(page); // and back
    }
    std::sort(rewriting.begin(), rewriting.end());
    // Each of them needs two.
    REQUIRE(rewriting.size() >= 2);
    CHECK(std::adjacent_find(rewriting.begin(), rewriting.end()) != rewriting.end());
    change.run("DELETE FROM pages");
    CHECK(happened(Recording::open(path).value()->snapshot(0)) == "it is missing or damaged");
}

TEST_CASE("Symbols that cannot be are an error, and no symbols are none")
{
    const TemporaryDirectory directory;
    const std::string path = directory / "a.pgtrec";
    {
        const auto writer = RecordingWriter::create(path, {}).value();
        CHECK(writer->setSymbols(std::vector<Symbol>{{LinearAddress(1), "a", 'T'}}, 0));
        const std::vector<Symbol> many(200'001, {LinearAddress(1), "a", 'T'});
        CHECK(happened(writer->setSymbols(many, 0)) == "there are too many");
        const std::vector<Symbol> large(34, {LinearAddress(1), std::string(1 << 20, 'a'), 'T'});
        CHECK(happened(writer->setSymbols(large, 0)) == "there are too many");
        REQUIRE(writer->finish());
    }
    Tampering change(path);
    const auto put = [&](const Bytes& packed) {
        change.put("symbols", "id = 1", compress(packed));
        change.run("UPDATE symbols SET bytes = " + std::to_string(packed.size()));
    };
    const auto read = [&] { return Recording::open(path).value()->symbols(); };
    CHECK(read().value().symbols().size() == 1);
    Packer packed;
    SECTION("too many")
    {
        packed.number(200'001);
        packed.append(Bytes(3 * 200'001));
        put(packed.take());
        CHECK(happened(read()) == "there are too many");
    }
    SECTION("more than there is room for")
    {
        packed.number(5);
        put(packed.take());
        CHECK(happened(read()) == "they are damaged");
    }
    SECTION("and something else")
    {
        packed.append(packSymbols(std::vector<Symbol>{{LinearAddress(1), "a", 'T'}}));
        packed.byte(0);
        put(packed.take());
        CHECK(happened(read()) == "they are damaged");
    }
    SECTION("of a size that none have")
    {
        change.run("UPDATE symbols SET bytes = 1 << 40");
        CHECK(happened(read()) == "it is damaged");
    }
    SECTION("none")
    {
        change.run("DELETE FROM symbols");
        CHECK(read().value().empty());
    }
}

TEST_CASE("Code that is packed otherwise than a recorder packs it is an error")
{
    const TemporaryDirectory directory;
    const std::string path = record(directory / "a.pgtrec", 1);
    const CodeLine line{LinearAddress(0x1000), "90", "nop", {}};
    REQUIRE(CodeWriter::open(path).value()->add(0, std::span(&line, 1)));
    Bytes packed = Bytes{std::byte{5}, std::byte{0}, std::byte{0}, std::byte{0}, std::byte{0}};
    SECTION("it ends early")
    {
        packed.front() = std::byte{1};
        packed.pop_back();
        packed.push_back(std::byte{9});
    }
    SECTION("it does not end") { packed.front() = std::byte{0}; }
    Tampering change(path);
    change.put("code", "step = 0", compress(packed));
    change.run("UPDATE code SET bytes = " + std::to_string(packed.size()));
    CHECK(happened(Recording::open(path).value()->code(0)) == "it is damaged");
}

TEST_CASE("Narration that no program wrote is cut to what fits, and what does not fit is not written")
{
    const TemporaryDirectory directory;
    const std::string path = record(directory / "a.pgtrec", 3);
    const auto add = [&](const std::string& values) {
        Tampering(path).run("INSERT INTO annotations(step, kind, title, body) VALUES(" + values + ")");
    };
    SECTION("longer texts, other kinds, values of another type")
    {
        add("1, 7, x'6869', printf('%.*c', (1 << 20) + 5, 'x')");
        const auto read = loadAnnotations(path).value();
        REQUIRE(read.size() == 1);
        CHECK(read[0].kind == AnnotationKind::Note);
        CHECK(read[0].title.empty());
        CHECK(read[0].text.size() == 1 << 20);
    }
    SECTION("without end: as many as can be saved")
    {
        Tampering(path).run(
            "WITH RECURSIVE more(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM more WHERE n < 100005) "
            "INSERT INTO annotations(step, kind, title, body) SELECT 0, 1, '', '' FROM more");
        const auto read = loadAnnotations(path).value();
        CHECK(read.size() == 100'000);
        Annotations more = read;
        more.push_back({1, AnnotationKind::Note, "one more", ""});
        CHECK(happened(changeAnnotations(path, read, more)) == "there are more than 100,000");
        CHECK(loadAnnotations(path).value().size() == 100'000);
    }
    SECTION("too long to be saved")
    {
        const std::string tooLong((1 << 20) + 1, 'x');
        CHECK(happened(changeAnnotations(path, {}, {{2, AnnotationKind::Note, tooLong, ""}}))
            == "the one at step 2 is longer than 1 MiB");
        CHECK_FALSE(changeAnnotations(path, {}, {{2, AnnotationKind::Note, "", tooLong}}));
        CHECK(loadAnnotations(path).value().empty());
    }
    SECTION("of no format, or a newer one")
    {
        Tampering(path).run("DELETE FROM annotations_format");
        CHECK(happened(loadAnnotations(path)) == "they are damaged");
        Tampering(path).run("INSERT INTO annotations_format VALUES(2)");
        CHECK(happened(loadAnnotations(path)) == "they have format 2, this program reads formats up to 1");
        CHECK_FALSE(changeAnnotations(path, {}, {}));
        CHECK(Recording::open(path).value()->snapshot(2));
    }
}

TEST_CASE("A file that only looks like a recording is refused with what is wrong with it")
{
    const TemporaryDirectory directory;
    const std::string path = record(directory / "a.pgtrec", 3);
    SECTION("it is not there") { CHECK_FALSE(Recording::follow(directory / "none.pgtrec")); }
    SECTION("a directory") { CHECK(openingFails(directory.path()) == "it is not a file"); }
    SECTION("the header alone")
    {
        fs::resize_file(path, 99);
        CHECK(openingFails(path) == "it is not a pgtscope recording");
    }
    SECTION("of no format that ever was")
    {
        Tampering(path).run("PRAGMA user_version = 0");
        CHECK(openingFails(path) == "it is not a pgtscope recording");
    }
    SECTION("a part is missing")
    {
        Tampering(path).run("DROP TABLE symbols");
        CHECK(openingFails(path) == "parts of a recording are missing in it");
        CHECK_FALSE(RecordingWriter::reopen(path));
    }
    SECTION("its tables are named twice")
    {
        Tampering(path).run(
            "PRAGMA writable_schema = ON; INSERT INTO sqlite_schema SELECT * FROM sqlite_schema");
        CHECK(openingFails(path) == "the file is damaged");
    }
    SECTION("its pages have a size that none has")
    {
        overwrite(path, 16, std::string("\x03\x01", 2));
        CHECK(openingFails(path) == "the file is damaged");
        CHECK(happened(changeAnnotations(path, {}, {})) == "the file is damaged");
    }
    SECTION("the log beside it is of a newer program, or of none")
    {
        Tampering change(path);
        change.storeLog();
        change.run("PRAGMA user_version = " + std::string(GENERATE("99", "0")));
        CHECK(openingFails(path) == "it is damaged");
    }
    SECTION("the log beside it has something else in it: it is read without that")
    {
        Tampering change(path);
        change.storeLog();
        change.run("CREATE TABLE mine(x)");
        const auto recording = Recording::open(path).value();
        CHECK(recording->damage() == "it contains objects that no recording has");
        CHECK(recording->snapshot(2));
    }
}

TEST_CASE("A recording that another SQLite has packed again, with other pages, is read as well")
{
    const TemporaryDirectory directory;
    const std::string path = record(directory / "a.pgtrec", 30);
    const auto right = Recording::open(path).value()->snapshot(29).value();
    Tampering(path).run("PRAGMA journal_mode = DELETE; PRAGMA page_size = 65536; VACUUM");
    const auto recording = Recording::open(path).value();
    CHECK(recording->damage().empty());
    CHECK(difference(*right, *recording->snapshot(29).value()) == "");
    fs::resize_file(path, fs::file_size(path) - 65536);
    CHECK(openingFails(path).empty());
    CHECK(Recording::open(path).value()->damage() == "the end of the file is missing");
}

TEST_CASE("A file that only a newer SQLite may write is read, and not written")
{
    const TemporaryDirectory directory;
    const std::string path = record(directory / "a.pgtrec", 3);
    overwrite(path, 18, std::string(1, '\x03')); // the write version; SQLite's file format, 1.3.3
    CHECK(Recording::open(path).value()->snapshot(2));
    const auto saved = changeAnnotations(path, {}, {{0, AnnotationKind::Note, "Here", ""}});
    REQUIRE_FALSE(saved);
    CHECK(saved.error().message()
        == "could not write " + path
            + ": you may not write to the file or its directory; copy it to a directory of yours");
}

TEST_CASE("A search that a file makes endless ends")
{
    const TemporaryDirectory directory;
    const std::string path = record(directory / "a.pgtrec", 1);
    Tampering(path).run(
        "WITH RECURSIVE more(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM more WHERE n < 1600) "
        "INSERT INTO annotations(step, kind, title, body) SELECT 0, 1, '', '' FROM more, more AS others");
    CHECK(happened(loadAnnotations(path)) == "the file is damaged: a search in it does not end");
}

TEST_CASE("A recording may have any name that a file can have")
{
    const TemporaryDirectory directory;
    const std::string path = directory / "Az09_-. ?#%&=+:@[^{~\\\"'\x01\xc3\xa9\xff.pgtrec";
    record(path, 2);
    CHECK(Recording::open(path).value()->size() == 2);
    const auto files = fs::directory_iterator(directory.path());
    CHECK(std::distance(begin(files), end(files)) == 1);
    CHECK(fs::exists(path));
    CHECK_FALSE(Database::header(""));
}
