// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/catch.h"

#include <filesystem>
#include <fstream>
#include <utility>

#include <sys/wait.h>
#include <unistd.h>

#include "core/recording/annotations.h"
#include "core/recording/recording.h"
#include "core/recording/recordingwriter.h"
#include "tests/core/bootstory.h"
#include "tests/support/temporarydirectory.h"
#include "tests/support/watcheddisk.h"

using namespace pgtscope::core;
using pgtscope::test::TemporaryDirectory;
using pgtscope::test::WatchedDisk;
using pgtscope::tests::BootStory;
namespace fs = std::filesystem;

namespace {

/// While it lives, how often SQLite waits for the disk is counted.
class SyncCounter : public WatchedDisk {
public:
    /// Since the last call.
    unsigned take() { return std::exchange(m_syncs, 0); }

private:
    bool waits() override
    {
        ++m_syncs;
        return true;
    }
    unsigned m_syncs = 0;
};

void append(RecordingWriter& writer, BootStory& story, unsigned steps)
{
    for (; steps != 0; --steps) {
        const auto [step, snapshot] = story.next();
        REQUIRE(writer.append(step, snapshot));
    }
}

std::string happened(const Result<void>& result) { return result ? "" : result.error().happened; }

} // namespace

TEST_CASE("A durable recording waits for the disk at each append, any other at none of a few")
{
    const TemporaryDirectory directory;
    SyncCounter counter;
    BootStory story(4);
    SECTION("against the end of a process")
    {
        const auto writer = RecordingWriter::create(directory / "a.pgtrec", {}).value();
        append(*writer, story, 1);
        (void)counter.take();
        append(*writer, story, 10);
        CHECK(counter.take() == 0);
    }
    SECTION("against a power failure")
    {
        const auto writer = RecordingWriter::create(directory / "a.pgtrec", {}, Durability::Power).value();
        CHECK(counter.take() > 0);
        for (int i = 0; i < 10; ++i) {
            append(*writer, story, 1);
            CHECK(counter.take() == 1);
        }
        const std::vector<WriteStep> writes{story.nextWrite(), story.nextWrite(), story.nextWrite()};
        REQUIRE(writer->appendWrites(writes));
        CHECK(counter.take() == 1);
        REQUIRE(writer->finish());
        CHECK(counter.take() > 0);

        const auto again = RecordingWriter::reopen(directory / "a.pgtrec", Durability::Power).value();
        (void)counter.take();
        append(*again, story, 1);
        CHECK(counter.take() == 1);
    }
}

TEST_CASE("Where a file system allows no write-ahead log, the recorder says so and leaves nothing")
{
    class NetworkDisk : public WatchedDisk {
        bool sharesMemory() override { return false; }
    };
    const TemporaryDirectory directory;
    const NetworkDisk disk;
    const auto writer = RecordingWriter::create(directory / "a.pgtrec", {});
    REQUIRE_FALSE(writer);
    CHECK(writer.error().happened.starts_with("its file system allows no write-ahead log"));
    CHECK(writer.error().advice.find("local disk") != std::string::npos);
    CHECK(fs::is_empty(directory.path()));
}

TEST_CASE("A recording is made at a name that a file can have, and nothing else")
{
    const TemporaryDirectory directory;
    const std::string path = directory / "a.pgtrec";
    const auto refusal = [](const std::string& name) {
        const auto writer = RecordingWriter::create(name, {});
        const auto checked = RecordingWriter::checkNew(name);
        REQUIRE_FALSE(writer);
        REQUIRE_FALSE(checked);
        CHECK(writer.error() == checked.error());
        return checked.error().happened;
    };
    CHECK(refusal("") == "its name is empty");
    CHECK(refusal(":memory:") == ":memory: is no file");
    CHECK(refusal(directory / "no/a.pgtrec") == "No such file or directory");
    CHECK(refusal(directory.path()) == "it exists already");
    std::ofstream(path) << "mine";
    CHECK(refusal(path) == "it exists already");
    fs::create_symlink("nowhere", directory / "link");
    CHECK(refusal(directory / "link") == "it exists already");

    // What a recorder leaves that was killed before it wrote anything.
    fs::remove(path);
    std::ofstream(path).flush();
    CHECK(RecordingWriter::checkNew(path));
    const auto writer = RecordingWriter::create(path, {});
    REQUIRE(writer);
    CHECK(
        refusal(path) == "it exists already and holds no step, probably left by a recorder that was killed");
    BootStory story(4);
    append(**writer, story, 1);
    CHECK(refusal(path) == "it exists already");
}

TEST_CASE("A recording that got no step does not stay behind")
{
    const TemporaryDirectory directory;
    const std::string path = directory / "a.pgtrec";
    CHECK(RecordingWriter::create(path, {}));
    CHECK(fs::is_empty(directory.path()));
    {
        const auto writer = RecordingWriter::create(path, {}).value();
        BootStory story(4);
        append(*writer, story, 1);
    }
    CHECK(Recording::open(path).value()->size() == 1);
}

TEST_CASE("A recording that is removed while it is recorded is no success")
{
    const TemporaryDirectory directory;
    const std::string path = directory / "a.pgtrec";
    auto writer = RecordingWriter::create(path, {}).value();
    BootStory story(4);
    append(*writer, story, 3);
    const auto [step, snapshot] = story.next();
    const std::vector<WriteStep> writes{story.nextWrite()};
    const std::string gone = "the file has been removed or replaced";
    SECTION("an append notices")
    {
        fs::remove(path);
        const auto appended = writer->append(step, snapshot);
        REQUIRE_FALSE(appended);
        CHECK(appended.error().happened == gone);
        CHECK(writer->size() == 3);
        CHECK_FALSE(writer->finish());
    }
    SECTION("a store notices")
    {
        fs::remove(path);
        CHECK_FALSE(writer->appendWrites(writes));
    }
    SECTION("the end notices")
    {
        fs::remove(path);
        CHECK(happened(writer->finish()) == gone);
    }
    SECTION("another file has its name")
    {
        fs::rename(path, directory / "moved.pgtrec");
        std::ofstream(path) << "another's";
        CHECK(happened(writer->finish()) == gone);
        writer.reset();
        CHECK(fs::file_size(path) == 9);
    }
    SECTION("only the log is removed: what was announced is saved from it")
    {
        fs::remove(path + "-wal");
        CHECK_FALSE(writer->append(step, snapshot));
        writer.reset();
        CHECK(Recording::open(path).value()->size() >= 3);
    }
}

TEST_CASE("A recorder that looks at its own recording does not let another program take the log away")
{
    const TemporaryDirectory directory;
    const std::string path = directory / "a.pgtrec";
    int go[2];
    REQUIRE(::pipe(go) == 0);
    // Another process, begun before this one has anything of SQLite's.
    const pid_t child = ::fork();
    if (child == 0) {
        ::alarm(60);
        char begin = 0;
        ::close(go[1]);
        const bool asked = ::read(go[0], &begin, 1) == 1;
        ::_exit(asked && changeAnnotations(path, {}, {{0, AnnotationKind::Note, "Here", ""}}) ? 0 : 1);
    }
    ::close(go[0]);
    auto writer = RecordingWriter::create(path, {}).value();
    BootStory story(4);
    append(*writer, story, 3);
    // Each opens the file and closes it again; POSIX drops a process's locks with any descriptor of the file.
    CHECK(loadAnnotations(path));
    CHECK(Recording::open(path));
    CHECK_FALSE(RecordingWriter::checkNew(path));
    REQUIRE(::write(go[1], "g", 1) == 1);
    ::close(go[1]);
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(status == 0);
    append(*writer, story, 3);
    CHECK(Recording::open(path).value()->size() == 6);
    REQUIRE(writer->finish());
    CHECK(Recording::open(path).value()->size() == 6);
    CHECK(loadAnnotations(path)->size() == 1);
}
