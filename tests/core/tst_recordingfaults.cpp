// SPDX-License-Identifier: GPL-2.0-or-later
// What fails below a recording: the disk and the memory, at each point in turn, as SQLite's own tests do it.
#include "tests/support/catch.h"

#include <cstdlib>
#include <filesystem>
#include <functional>
#include <memory>
#include <new>
#include <optional>

#include <sqlite3.h>

#include "core/recording/annotations.h"
#include "core/recording/code.h"
#include "core/recording/recording.h"
#include "core/recording/recordingcopy.h"
#include "core/recording/recordingwriter.h"
#include "core/recording/repair.h"
#include "tests/core/tablebuilder.h"
#include "tests/support/temporarydirectory.h"
#include "tests/support/watcheddisk.h"

using namespace pgtscope::core;
using pgtscope::test::TemporaryDirectory;
using pgtscope::test::WatchedDisk;
using pgtscope::tests::Guest;
using pgtscope::tests::rw;

namespace {

/// Lets the nth thing of a kind fail, and those after it if the fault lasts. It is off until it is armed.
class Fault {
public:
    void arm(std::uint64_t at, bool lasts)
    {
        m_at = at;
        m_lasts = lasts;
        m_count = 0;
    }
    void disarm() { m_at = 0; }
    /// Of the things that have happened since it was armed.
    std::uint64_t count() const { return m_count; }
    /// For each of the things: whether this one fails.
    bool strikes()
    {
        if (m_at == 0)
            return false;
        ++m_count;
        return m_lasts ? m_count >= m_at : m_count == m_at;
    }

private:
    std::uint64_t m_at = 0; ///< From 1; 0: off.
    std::uint64_t m_count = 0;
    bool m_lasts = false;
};

Fault disk;
Fault sqliteMemory;
thread_local Fault ownMemory; ///< What `operator new` gives.

/// While it lives, SQLite's disk fails as `disk` says. No power fails here: the disk need not be waited for.
class FaultyDisk : public WatchedDisk {
    bool fails() override { return disk.strikes(); }
    bool waits() override { return false; }
};

// SQLite's memory.

sqlite3_mem_methods realMemory;

void* allocate(int bytes) { return sqliteMemory.strikes() ? nullptr : realMemory.xMalloc(bytes); }
void* reallocate(void* place, int bytes)
{
    return sqliteMemory.strikes() ? nullptr : realMemory.xRealloc(place, bytes);
}

/// While it lives, SQLite's memory fails as `sqliteMemory` says. Nothing of SQLite's may be open then.
class FaultySqliteMemory {
public:
    FaultySqliteMemory()
    {
        sqlite3_shutdown(); // else it says nothing of its memory
        REQUIRE(sqlite3_config(SQLITE_CONFIG_GETMALLOC, &realMemory) == SQLITE_OK);
        sqlite3_mem_methods ours = realMemory;
        ours.xMalloc = allocate;
        ours.xRealloc = reallocate;
        use(ours);
    }
    ~FaultySqliteMemory() { use(realMemory); }
    FaultySqliteMemory(const FaultySqliteMemory&) = delete;
    FaultySqliteMemory& operator=(const FaultySqliteMemory&) = delete;

private:
    static void use(sqlite3_mem_methods& used)
    {
        sqlite3_shutdown();
        REQUIRE(sqlite3_config(SQLITE_CONFIG_MALLOC, &used) == SQLITE_OK);
        sqlite3_initialize();
    }
};

// The recording that the faults meet: two stops, three stores, and another stop after it was gone on with.

class Story {
public:
    Story()
    {
        m_guest.set(0x1000, 0, 0x2000 | rw);
        m_guest.set(0x2000, 0, 0x3000 | rw);
        m_guest.set(0x3000, 0, 0x4000 | rw);
        addStop();
        m_guest.set(0x4000, 1, 0x5000 | rw);
        addStop();
        for (unsigned i = 2; i < 5; ++i) {
            m_guest.set(0x4000, i, 0x6000 | rw);
            WriteStep write;
            write.step = stepNamed(snapshots.size());
            write.step.cpu = m_guest.cpu;
            write.change.address = PhysicalAddress(0x4000 + i * 8);
            write.change.after = 0x6000 | rw;
            stores.push_back(write);
            snapshots.push_back(m_guest.capture());
        }
        m_guest.set(0x4000, 1, 0);
        addStop();
    }

    /// Records all of it, as far as it goes. `announced` is how many steps are by then, `message` why it
    /// ended.
    void record(const std::string& path, StepNumber& announced, std::string& message) const
    {
        const auto failed = [&](const auto& result) {
            if (!result)
                message = result.error().message();
            return !result;
        };
        {
            auto writer = RecordingWriter::create(path, {});
            if (failed(writer))
                return;
            for (StepNumber number = 0; number < 2; ++number) {
                if (failed((*writer)->append(stepNamed(number), snapshots[number])))
                    return;
                announced = number + 1;
            }
            if (failed((*writer)->appendWrites(stores)))
                return;
            announced += stores.size();
            if (failed((*writer)->finish()))
                return;
        }
        auto writer = RecordingWriter::reopen(path);
        if (failed(writer) || failed((*writer)->append(stepNamed(announced), snapshots[announced])))
            return;
        ++announced;
        (void)failed((*writer)->finish());
    }

    static Step stepNamed(StepNumber number)
    {
        Step step;
        step.text = "stop " + std::to_string(number);
        return step;
    }

    std::vector<SnapshotPtr> snapshots; ///< By step.
    std::vector<WriteStep> stores;

private:
    void addStop() { snapshots.push_back(m_guest.capture()); }

    Guest m_guest{PagingMode::Level4};
};

const Story& story()
{
    static const Story reported;
    return reported;
}

/// "" if a step is what was recorded, or what is not.
std::string wrong(Recording& recording, StepNumber number)
{
    const auto step = recording.step(number);
    const auto snapshot = recording.snapshot(number);
    if (!step || !snapshot)
        return (step ? snapshot.error() : step.error()).message();
    const SnapshotPtr& expected = story().snapshots[number];
    if (step->text != Story::stepNamed(number).text
        || (*snapshot)->tables().size() != expected->tables().size())
        return "another step is there";
    for (std::size_t i = 0; i < expected->tables().size(); ++i)
        if (*(*snapshot)->tables()[i].page != *expected->tables()[i].page)
            return "another page is there";
    return "";
}

/// What was announced is there, now that disk and memory work again.
void checkNothingLost(const std::string& path, StepNumber announced)
{
    if (announced == 0) {
        // What is left of a recording without a step does not block the next, or says what to do.
        const auto free = RecordingWriter::checkNew(path);
        CHECK((free || free.error().happened.find("holds no step") != std::string::npos
            || !free.error().advice.empty()));
        return;
    }
    const auto recording = Recording::open(path);
    REQUIRE(recording);
    INFO((*recording)->damage());
    REQUIRE((*recording)->size() >= announced);
    for (StepNumber number = 0; number < announced; ++number)
        CHECK(wrong(**recording, number) == "");
}

/// Prepares and runs `work` again and again, and lets another of the things that `fault` counts fail each
/// time, until none is left; returns how often. `check` gets what the work says of its failure.
std::uint64_t forEachFault(Fault& fault, bool lasts, const std::function<void()>& prepare,
    const std::function<std::string()>& work, const std::function<void(const std::string& message)>& check,
    std::uint64_t stride = 1)
{
    if (std::getenv("PGTSCOPE_EVERY_FAULT") != nullptr)
        stride = 1;
    std::uint64_t runs = 0;
    for (std::uint64_t at = 1;; at += stride) {
        INFO("fault " << at << (lasts ? " and all after it" : ""));
        prepare();
        std::string message;
        fault.arm(at, lasts);
        try {
            message = work();
        } catch (const std::bad_alloc&) {
            message = "no memory"; // as main() says it
        }
        const bool struck = fault.count() >= at;
        fault.disarm();
        // Some faults cost nothing: a checkpoint that fails is made later.
        if (!struck)
            CHECK(message.empty());
        check(message);
        ++runs;
        if (!struck)
            return runs;
    }
}

/// Records the story under each fault.
void recordUnder(Fault& fault, bool lasts, std::uint64_t stride = 1)
{
    const std::size_t steps = story().snapshots.size(); // made before anything fails
    StepNumber announced = 0;
    std::optional<TemporaryDirectory> directory;
    const auto work = [&] {
        std::string message;
        story().record(*directory / "a.pgtrec", announced, message);
        return message;
    };
    const auto runs = forEachFault(
        fault, lasts,
        [&] {
            announced = 0;
            directory.emplace();
        },
        work,
        [&](const std::string& message) {
            CHECK((!message.empty() || announced == steps));
            checkNothingLost(*directory / "a.pgtrec", announced);
        },
        stride);
    CHECK(announced == steps); // of the last run, without a fault
    CHECK(runs > 20);
}

} // namespace

// For the whole program; nothing fails unless a test arms it.

void* operator new(std::size_t bytes)
{
    void* place = ownMemory.strikes() ? nullptr : std::malloc(bytes == 0 ? 1 : bytes);
    if (place == nullptr)
        throw std::bad_alloc();
    return place;
}
void* operator new(std::size_t bytes, std::align_val_t alignment)
{
    const auto step = static_cast<std::size_t>(alignment);
    void* place = ownMemory.strikes() ? nullptr : std::aligned_alloc(step, (bytes + step - 1) / step * step);
    if (place == nullptr)
        throw std::bad_alloc();
    return place;
}
// As libstdc++ does it; but a sanitizer's, which would be used else, does not go with the ones here.
void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept
{
    return ownMemory.strikes() ? nullptr : std::malloc(bytes == 0 ? 1 : bytes);
}
void operator delete(void* place, const std::nothrow_t&) noexcept { std::free(place); }
void operator delete(void* place) noexcept { std::free(place); }
void operator delete(void* place, std::size_t) noexcept { std::free(place); }
void operator delete(void* place, std::align_val_t) noexcept { std::free(place); }
void operator delete(void* place, std::size_t, std::align_val_t) noexcept { std::free(place); }

TEST_CASE(
    "Whatever of the disk fails, and when: no announced step is lost, and the recorder says why it ends")
{
    const FaultyDisk faulty;
    const bool lasts = GENERATE(false, true);
    recordUnder(disk, lasts);
}

TEST_CASE("Wherever SQLite has no memory: no announced step is lost, and the recorder says why it ends")
{
    const FaultySqliteMemory faulty;
    const bool lasts = GENERATE(false, true);
    recordUnder(sqliteMemory, lasts, lasts ? 37 : 13);
}

TEST_CASE("Wherever the recorder has no memory: no announced step is lost, and it says why it ends")
{
    const bool lasts = GENERATE(false, true);
    recordUnder(ownMemory, lasts);
}

TEST_CASE("Where disk or memory fail a reader, what it reads is right, or an error")
{
    const TemporaryDirectory directory;
    const std::string path = directory / "a.pgtrec";
    StepNumber announced = 0;
    std::string none;
    story().record(path, announced, none);
    REQUIRE(none.empty());
    std::string differs;
    const CodeLine line{LinearAddress(0x1000), "90", "nop", {}};
    REQUIRE(CodeWriter::open(path).value()->add(0, std::span(&line, 1)));
    REQUIRE(changeAnnotations(path, {}, {{0, AnnotationKind::Note, "Here", ""}}));
    const auto read = [&]() -> std::string {
        auto recording = Recording::open(path);
        if (!recording)
            return recording.error().message();
        std::string message = (*recording)->damage();
        const auto note
            = [&message](const auto& result) { message = result ? message : result.error().message(); };
        const auto code = (*recording)->code(0);
        differs = code && *code != std::vector{line} ? "another code is there" : differs;
        note(code);
        note((*recording)->symbols());
        note((*recording)->refresh());
        note(loadAnnotations(path));
        for (StepNumber number = 0; number < (*recording)->size(); ++number) {
            const std::string what = wrong(**recording, number);
            if (what.starts_with("another"))
                differs = what;
            note((*recording)->changes(number));
            message = what.empty() ? message : what;
        }
        return message;
    };
    // Memory or the disk failed: no user should throw away a recording for it.
    const auto check = [&](const std::string& message) {
        INFO(message);
        CHECK(differs.empty());
        CHECK(message.find("damaged") == std::string::npos);
    };
    SECTION("disk")
    {
        const FaultyDisk faulty;
        CHECK(forEachFault(
                  disk, GENERATE(false, true), [] {}, read, check)
            > 5);
    }
    SECTION("SQLite's memory")
    {
        const FaultySqliteMemory faulty;
        CHECK(forEachFault(
                  sqliteMemory, GENERATE(false, true), [] {}, read, check)
            > 20);
    }
    SECTION("memory")
    {
        CHECK(forEachFault(
                  ownMemory, GENERATE(false, true), [] {}, read, check)
            > 20);
    }
}

TEST_CASE("Where disk or memory fail while narration is saved, it is as before, or as it shall be")
{
    const TemporaryDirectory directory;
    const std::string path = directory / "a.pgtrec";
    StepNumber announced = 0;
    std::string none;
    story().record(path, announced, none);
    const Annotations before{
        {0, AnnotationKind::Chapter, "Begin", "of the story"}, {1, AnnotationKind::Note, "", "one"}};
    const Annotations after{before[0], {1, AnnotationKind::Note, "", "another"}};
    const auto prepare = [&] { REQUIRE(changeAnnotations(path, *loadAnnotations(path), before)); };
    const auto save = [&]() -> std::string {
        const auto saved = changeAnnotations(path, before, after);
        return saved ? std::string() : saved.error().message();
    };
    const auto check = [&](const std::string& message) {
        const auto now = loadAnnotations(path);
        REQUIRE(now);
        CHECK((*now == after || (!message.empty() && *now == before)));
    };
    SECTION("disk")
    {
        const FaultyDisk faulty;
        CHECK(forEachFault(disk, GENERATE(false, true), prepare, save, check) > 5);
    }
    SECTION("SQLite's memory")
    {
        const FaultySqliteMemory faulty;
        CHECK(forEachFault(sqliteMemory, GENERATE(false, true), prepare, save, check, 7) > 20);
    }
    SECTION("memory") { CHECK(forEachFault(ownMemory, GENERATE(false, true), prepare, save, check) > 20); }
}

TEST_CASE("A recorder whose memory ran out once records nothing more, and says so each time")
{
    const TemporaryDirectory directory;
    const std::string path = directory / "a.pgtrec";
    const auto& snapshots = story().snapshots;
    const std::string ranOut = "could not record to " + path
        + ": memory ran out; record again with more; the steps so far are kept";
    auto writer = RecordingWriter::create(path, {}).value();
    REQUIRE(writer->append(Story::stepNamed(0), snapshots[0]));
    const Step next = Story::stepNamed(1);
    ownMemory.arm(1, false);
    const auto appended = writer->append(next, snapshots[1]);
    ownMemory.disarm();
    REQUIRE_FALSE(appended);
    CHECK(appended.error().message() == ranOut);
    CHECK(writer->append(next, snapshots[1]).error().message() == ranOut);
    CHECK(writer->appendWrites(story().stores).error().message() == ranOut);
    CHECK(writer->finish().error().message() == ranOut);
    CHECK(writer->size() == 1);
    writer.reset();
    checkNothingLost(path, 1);
}

TEST_CASE(
    "Where disk or memory fail while a recording is copied or repaired, there is a whole new one or none")
{
    const TemporaryDirectory directory;
    const std::string path = directory / "a.pgtrec";
    const std::string to = directory / "b.pgtrec";
    StepNumber announced = 0;
    std::string none;
    story().record(path, announced, none);
    REQUIRE(changeAnnotations(path, {}, {{0, AnnotationKind::Note, "Here", ""}}));
    const auto prepare = [&] { std::filesystem::remove(to); };
    const auto copy = [&]() -> std::string {
        const auto done = copyRecording(path, to);
        return done ? std::string() : done.error().message();
    };
    bool whole = false;
    const auto repair = [&]() -> std::string {
        const auto check = repairRecording(path, to, Existing::Refuse);
        whole = check && check->whole();
        return check ? std::string() : check.error().message();
    };
    const bool copies = GENERATE(true, false);
    const auto work = copies ? std::function<std::string()>(copy) : repair;
    const auto check = [&](const std::string& message) {
        INFO(message);
        CHECK_FALSE(std::filesystem::exists(to + "-wal"));
        const bool made = std::filesystem::exists(to);
        CHECK((made || !message.empty()));
        if (made && (copies || whole))
            checkNothingLost(to, announced);
        // What could not be read is missing in the new one: that was reported.
        if (made)
            CHECK(checkRecording(to).value().whole());
    };
    SECTION("disk")
    {
        const FaultyDisk faulty;
        CHECK(forEachFault(disk, GENERATE(false, true), prepare, work, check, copies ? 1 : 3) > 10);
    }
    SECTION("SQLite's memory")
    {
        const FaultySqliteMemory faulty;
        CHECK(forEachFault(sqliteMemory, GENERATE(false, true), prepare, work, check, copies ? 3 : 29) > 20);
    }
    SECTION("memory")
    {
        CHECK(forEachFault(ownMemory, GENERATE(false, true), prepare, work, check, copies ? 1 : 17) > 20);
    }
}
