// SPDX-License-Identifier: GPL-2.0-or-later
// What a recorder is given, and what becomes of it in the file.
#include "tests/support/catch.h"

#include <filesystem>
#include <fstream>

#include "core/recording/annotations.h"
#include "core/recording/recording.h"
#include "core/steps/stepfields.h"
#include "tests/core/tampering.h"
#include "tests/support/temporarydirectory.h"
#include "tests/support/watcheddisk.h"

using namespace pgtscope::core;
using namespace pgtscope::tests;
using pgtscope::test::TemporaryDirectory;
using pgtscope::test::WatchedDisk;
namespace fs = std::filesystem;

namespace {

template <class T>
std::string happened(const Result<T>& result)
{
    return result ? "" : result.error().happened;
}

/// A recording of one stop of a guest, to be gone on with.
struct Begun {
    explicit Begun(PagingMode mode)
        : guest(mode)
    {
    }
    void begin() { REQUIRE(writer->append({}, guest.capture())); }
    /// A store of a kernel's, in the registers of the stop.
    WriteStep store(std::uint64_t address, std::uint64_t after) const
    {
        WriteStep write;
        write.step.cpu = guest.cpu;
        write.change = stored(address);
        write.change.after = after;
        return write;
    }
    static EntryChange stored(std::uint64_t address)
    {
        EntryChange change;
        change.address = PhysicalAddress(address);
        change.writer = EntryWriter{LinearAddress(0xffffffff81000000), "set_pte", 8};
        return change;
    }
    std::unique_ptr<Recording> reader() const { return Recording::follow(path).value(); }

    const TemporaryDirectory directory;
    const std::string path = directory / "a.pgtrec";
    Guest guest;
    std::unique_ptr<RecordingWriter> writer = RecordingWriter::create(path, {}).value();
};

} // namespace

TEST_CASE("The writers of a stop's entries are kept with them")
{
    Begun recording(PagingMode::Level4);
    Guest& guest = recording.guest;
    guest.set(0x1000, 0, 0x2000 | rw);
    recording.begin();
    guest.set(0x1000, 1, 0x3000 | rw);
    guest.set(0x2000, 4, 0x4000 | rw);
    EntryChange withoutWriter = Begun::stored(0x2010);
    withoutWriter.writer.reset();
    const std::vector<EntryChange> stores{Begun::stored(0x3008), // in a table that appeared
        Begun::stored(0x2020), // it changed the entry
        Begun::stored(0x2008), // it changed nothing
        withoutWriter, // nothing is known of it
        Begun::stored(0x9000)}; // in no table
    REQUIRE(recording.writer->append({}, guest.capture(), stores));
    const StepChanges changes = recording.reader()->changes(1).value();
    const auto text = [](const std::vector<EntryChange>& entries) {
        std::string lines;
        for (const EntryChange& entry : entries)
            lines
                += hexText(entry.address.value) + (entry.writer ? " by " + entry.writer->symbol : "") + '\n';
        return lines;
    };
    CHECK(text(changes.entries) == "0x1008\n0x2020 by set_pte\n");
    CHECK(text(changes.stores) == "0x2008 by set_pte\n0x3008 by set_pte\n");
}

TEST_CASE("What a step carries is cut to what a recording keeps, and is read back")
{
    Begun recording(PagingMode::Level4);
    Guest& guest = recording.guest;
    guest.set(0x1000, 0, 0x2000 | rw);
    const std::string longText(100'000, 'x');
    Step step;
    step.event = step.text = step.console = longText;
    step.findings.assign(1000, {longText.substr(0, 8), 1, 0});
    SnapshotBuilder builder(guest.memory, guest.cpu, guest.features);
    REQUIRE(builder.captureTables({}));
    builder.setRipSymbol(longText);
    REQUIRE(recording.writer->append(step, builder.finish()));
    WriteStep write = recording.store(0x2000, 0x5000);
    write.change.writer->symbol = longText;
    write.step = step;
    write.step.cpu = guest.cpu;
    REQUIRE(recording.writer->appendWrites(std::vector{write}));
    const auto reader = recording.reader();
    for (const StepNumber number : {0U, 1U}) {
        const Step kept = reader->step(number).value();
        CHECK(kept.event.size() == 4096);
        CHECK(kept.text.size() == 4096);
        CHECK(kept.console.size() == 65'536);
        CHECK(kept.findings.size() == 256);
    }
    CHECK(reader->snapshot(0).value()->ripSymbol().size() == 4096);
    CHECK(reader->changes(1).value().entries[0].writer->symbol.size() == 4096);
    // Whatever has a length has a bound.
    forEachStepField([](const auto& fact) {
        if constexpr (requires { (Step().*fact.member).size(); })
            CHECK(fact.most != 0);
    });
}

TEST_CASE("A step that no reader could take is refused, and nothing more is recorded")
{
    Begun recording(PagingMode::Level4);
    recording.begin();
    SnapshotBuilder builder(recording.guest.memory, recording.guest.cpu, recording.guest.features);
    REQUIRE(builder.captureTables({}));
    builder.addGap(std::string(17 << 20, 'x'));
    CHECK(happened(recording.writer->append({}, builder.finish())) == "the step is too large");
    CHECK(happened(recording.writer->append({}, recording.guest.capture())) == "the step is too large");
    CHECK(happened(recording.writer->finish()) == "the step is too large");
    CHECK(recording.reader()->size() == 1);
}

TEST_CASE("A stop without tables is refused, and so is whatever comes after the end")
{
    Begun recording(PagingMode::Level4);
    recording.guest.set(0x1000, 0, 0x2000 | rw);
    recording.begin();
    unsigned notices = 0;
    recording.writer->onAppend([&](StepNumber) { ++notices; });
    CHECK(happened(recording.writer->append({}, nullptr)) == "the step has no snapshot");
    CHECK(recording.writer->appendWrites({}).value() == 1);
    CHECK_FALSE(recording.writer->appendWrites(std::vector{recording.store(0x9000, 0)}));
    CHECK(notices == 0);
    REQUIRE(recording.writer->appendWrites(std::vector{recording.store(0x2000, 0x5000)}));
    CHECK(notices == 1);
    REQUIRE(recording.writer->finish());
    CHECK(recording.writer->finish());
    CHECK(recording.writer->finished());
    CHECK(happened(recording.writer->append({}, recording.guest.capture())) == "it is finished");
    CHECK(happened(recording.writer->appendWrites(std::vector{recording.store(0x2000, 0)}))
        == "it is finished");
    CHECK(happened(recording.writer->setSymbols({}, 0)) == "it is finished");
    CHECK(Recording::open(recording.path).value()->size() == 2);
}

TEST_CASE("Stores into entries of four bytes leave their neighbours alone")
{
    Begun recording(PagingMode::Bits32);
    recording.guest.set(0x1000, 0, 0x2000 | rw);
    recording.guest.set(0x2000, 3, 0x7000 | rw);
    recording.begin();
    const WriteStep write = recording.store(0x2008, 0xffff'ffff'0000'5003);
    REQUIRE(recording.writer->appendWrites(std::vector{write}));
    const auto reader = recording.reader();
    const StepChanges changes = reader->changes(1).value();
    REQUIRE(changes.entries.size() == 1);
    CHECK(changes.entries[0].bytes == 4);
    CHECK(changes.entries[0].after == 0x5003);
    const SnapshotPtr snapshot = reader->snapshot(1).value();
    const Table& table = snapshot->tables()[1];
    CHECK(table.entry(snapshot->paging(), 2).raw == 0x5003);
    CHECK(table.entry(snapshot->paging(), 3).raw == (0x7000 | rw));
}

TEST_CASE("A store beside the four entries of a PAE root changes no table")
{
    Begun recording(PagingMode::Pae);
    recording.guest.set(0x1000, 0, 0x2000 | p);
    recording.begin();
    // In the page, and no entry of it: whatever the value, no reference is made.
    REQUIRE(recording.writer->appendWrites(std::vector{recording.store(0x1020, 0x3000 | p)}));
    CHECK(happened(recording.writer->appendWrites(std::vector{recording.store(0x1008, 0x3000 | p)}))
        == "it makes or breaks a reference to a table");
    const auto reader = recording.reader();
    CHECK(reader->size() == 2);
    CHECK(reader->changes(1).value().entries.empty());
    CHECK(reader->snapshot(1).value()->tables().size() == 2);
    // Nor is it a store that a stop keeps.
    recording.guest.memory.write64(0x1020, 0x3000 | p);
    REQUIRE(recording.writer->append(
        {}, recording.guest.capture(), std::vector{Begun::stored(0x1028), Begun::stored(0x1008)}));
    const StepChanges stop = recording.reader()->changes(2).value();
    REQUIRE(stop.stores.size() == 1);
    CHECK(stop.stores[0].address == PhysicalAddress(0x1008));
}

TEST_CASE("A recording that is damaged, of an older format or of another make is not gone on with")
{
    const TemporaryDirectory directory;
    const std::string path = record(directory / "a.pgtrec", 4, 0, Ending::Killed);
    const auto refusal = [&] { return happened(RecordingWriter::reopen(path)); };
    SECTION("damaged")
    {
        Tampering(path).run("DELETE FROM step_tail WHERE number = 2");
        CHECK(refusal() == "the steps are damaged after step 1");
    }
    SECTION("its last state cannot be read")
    {
        Tampering(path).run("DELETE FROM pages");
        CHECK(refusal() == "it is missing or damaged");
    }
    SECTION("older")
    {
        Tampering(path).run("DELETE FROM step_tail; PRAGMA user_version = 3");
        CHECK(refusal() == "it was made by an older pgtscope");
        CHECK(RecordingWriter::reopen(path).error().advice.find("recording repair " + path)
            != std::string::npos);
    }
    SECTION("a page whose hash is none")
    {
        Tampering(path).run("INSERT INTO pages VALUES(1000, x'00', x'00')");
        CHECK(refusal() == "the pages in it are damaged");
    }
    SECTION("more in its last steps than a chunk can have")
    {
        // Steps that can be read, each with much that a newer program has added.
        fs::remove(path);
        record(path, 10, 0, Ending::Killed);
        Tampering change(path);
        for (unsigned number = 0; number < 10; ++number) {
            const std::string row = "number = " + std::to_string(number);
            const Bytes data = change.blob("SELECT data FROM step_tail WHERE " + row);
            Unpacker in(data);
            Unpacker fields = in.part(in.count());
            Packer body;
            while (!fields.atEnd())
                body.byte(fields.byte());
            body.number(63);
            body.number(4 << 20);
            body.append(Bytes(4 << 20));
            Packer large;
            large.number(body.size());
            large.append(body.view());
            change.put("step_tail", row, large.view());
        }
        CHECK(Recording::open(path).value()->size() == 10);
        CHECK(refusal() == "its last steps are too large");
    }
}

TEST_CASE("A name that the file system refuses is reported when the recording begins")
{
    const TemporaryDirectory directory;
    const std::string path = directory / std::string(300, 'n');
    CHECK(RecordingWriter::checkNew(path)); // nothing is there, and the directory may be written
    const auto writer = RecordingWriter::create(path, {});
    REQUIRE_FALSE(writer);
    CHECK(writer.error().happened == "File name too long");
    CHECK(fs::is_empty(directory.path()));
}

TEST_CASE("A name without a directory is one of the current directory")
{
    CHECK(RecordingWriter::checkNew("a name that no file here has.pgtrec"));
}

TEST_CASE("A recording of a newer format is not taken for one without steps")
{
    const TemporaryDirectory directory;
    const std::string path = record(directory / "a.pgtrec", 1);
    Tampering(path).run("PRAGMA user_version = 99");
    CHECK(happened(RecordingWriter::checkNew(path)) == "it exists already");
}

TEST_CASE("Another file in the place of a recording's log is noticed")
{
    Begun recording(PagingMode::Level4);
    recording.begin();
    fs::rename(recording.path + "-wal", recording.path + "-old");
    std::ofstream(recording.path + "-wal") << "mine";
    CHECK(happened(recording.writer->append({}, recording.guest.capture()))
        == "its write-ahead log has been removed");
}

TEST_CASE("While another program writes to a recording nothing is saved, and one may try again")
{
    class ImpatientDisk : public WatchedDisk {
        bool waitsForLocks() override { return false; }
    };
    Begun recording(PagingMode::Level4);
    recording.begin();
    Tampering other(recording.path);
    other.run("BEGIN IMMEDIATE");
    const ImpatientDisk disk;
    const auto saved = changeAnnotations(recording.path, {}, {{0, AnnotationKind::Note, "Here", ""}});
    REQUIRE_FALSE(saved);
    CHECK(happened(recording.writer->append({}, recording.guest.capture()))
        == "another program is using the file");
    CHECK(saved.error().happened == "another program is using the file");
    CHECK(saved.error().advice == "try again when it has finished");
    other.run("COMMIT");
    CHECK(changeAnnotations(recording.path, {}, {{0, AnnotationKind::Note, "Here", ""}}));
}

TEST_CASE("A full disk is named as such, and the steps so far are kept")
{
    class FullDisk : public WatchedDisk {
    public:
        bool full = false;

    private:
        int writeFailure() override { return full ? SQLITE_FULL : SQLITE_OK; }
    };
    FullDisk disk;
    Begun recording(PagingMode::Level4);
    recording.begin();
    disk.full = true;
    recording.guest.set(0x1000, 0, 0x2000 | rw);
    CHECK(happened(recording.writer->append({}, recording.guest.capture())) == "the disk is full");
    disk.full = false;
    CHECK(happened(recording.writer->append({}, recording.guest.capture())) == "the disk is full");
    recording.writer.reset();
    CHECK(Recording::open(recording.path).value()->size() == 1);
}

TEST_CASE("A recording that is removed at whatever moment is no success")
{
    class UnsyncedDisk : public WatchedDisk {
        bool waits() override { return false; }
    };
    /// Removes the file before the disk is asked for the nth time.
    class RemovingDisk : public WatchedDisk {
    public:
        RemovingDisk(std::string path, unsigned after)
            : m_path(std::move(path))
            , m_after(after)
        {
        }
        bool removed() const { return m_after == 0; }

    private:
        bool fails() override
        {
            if (m_after != 0 && --m_after == 0)
                fs::remove(m_path);
            return false;
        }
        const std::string m_path;
        unsigned m_after;
    };
    const UnsyncedDisk unsynced; // under the other one
    const TemporaryDirectory directory;
    const bool continued = GENERATE(false, true);
    Guest guest(PagingMode::Level4);
    for (unsigned at = 1;; ++at) {
        INFO(at);
        const std::string path = directory / ("a" + std::to_string(at) + ".pgtrec");
        if (continued)
            record(path, 2);
        const RemovingDisk disk(path, at);
        bool success = false;
        {
            auto writer = continued ? RecordingWriter::reopen(path) : RecordingWriter::create(path, {});
            success = writer && (*writer)->append({}, guest.capture()) && (*writer)->finish();
        }
        if (!disk.removed()) {
            CHECK(success);
            CHECK(at > 20);
            break;
        }
        CHECK_FALSE(success);
        CHECK_FALSE(fs::exists(path));
    }
}

TEST_CASE("What is left of a recording that a killed recorder made is one file again")
{
    const TemporaryDirectory directory;
    const std::string path = record(directory / "a.pgtrec", 3, 0, Ending::Killed);
    {
        Tampering change(path);
        change.storeLog();
        change.run("UPDATE meta SET value = 'in the log' WHERE key = 'kernel'");
    }
    REQUIRE(fs::file_size(path + "-wal") > 0);
    CHECK(Recording::open(path).value()->guest().kernel == "in the log");
    CHECK(foldRecording(path));
    std::error_code missing;
    const auto left = fs::file_size(path + "-wal", missing);
    CHECK((missing || left == 0));
    CHECK(Recording::open(path).value()->guest().kernel == "in the log");
    CHECK_FALSE(foldRecording(directory / "none.pgtrec"));
}

TEST_CASE("A table that changes as a whole is read back as it was, with all its entries")
{
    Begun recording(PagingMode::Level4);
    Guest& guest = recording.guest;
    recording.begin();
    // More pages than a reader keeps.
    for (unsigned i = 0; i < 17; ++i) {
        guest.set(0x1000, i, (0x2000 + i * frameBytes) | rw);
        for (unsigned j = 0; j < 512; ++j) {
            const std::uint64_t table = 0x1000000 + (i * 512ULL + j) * frameBytes;
            guest.set(0x2000 + i * frameBytes, j, table | rw);
            guest.set(table, 7, table); // not present: it only differs
        }
    }
    const SnapshotPtr many = guest.capture();
    REQUIRE(many->tables().size() > 8192);
    REQUIRE(recording.writer->append({}, many));
    guest.set(0x1000, 0, 0);
    REQUIRE(recording.writer->append({}, guest.capture()));
    const auto reader = recording.reader();
    CHECK(difference(*many, *reader->snapshot(1).value()) == "");
    CHECK(difference(*guest.capture(), *reader->snapshot(2).value()) == "");
    CHECK(difference(*many, *reader->snapshot(1).value()) == "");
    // After so much the whole state is worth keeping again.
    CHECK(Tampering(recording.path).number("SELECT count(*) FROM keyframes") == 2);
}
