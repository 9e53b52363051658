// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/catch.h"

#include <algorithm>
#include <fstream>
#include <iterator>

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/recording/annotations.h"
#include "core/recording/code.h"
#include "core/recording/output.h"
#include "core/recording/recording.h"
#include "core/recording/recordingcopy.h"
#include "core/recording/recordingwriter.h"
#include "tests/core/bootstory.h"
#include "tests/support/filesizelimit.h"
#include "tests/support/temporarydirectory.h"

using namespace pgtscope::core;
using pgtscope::test::FileSizeLimit;
using pgtscope::test::TemporaryDirectory;
using pgtscope::tests::BootStory;
using pgtscope::tests::difference;
namespace fs = std::filesystem;

namespace {

using Names = std::vector<std::string>;

Names namesIn(const TemporaryDirectory& directory)
{
    Names names;
    for (const auto& entry : fs::directory_iterator(directory.path()))
        names.push_back(entry.path().filename());
    std::sort(names.begin(), names.end());
    return names;
}

std::string contentOf(const fs::path& path)
{
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

/// A recorder that goes on.
struct Session {
    explicit Session(const std::string& path)
        : writer(*RecordingWriter::create(path, {}))
        , code(*CodeWriter::open(path))
    {
    }
    void add(unsigned steps)
    {
        for (; steps != 0; --steps) {
            const CodeLine line{LinearAddress(0x1000 + writer->size()), "90", "nop", {}};
            REQUIRE(code->add(writer->size(), std::span(&line, 1)));
            const auto [step, snapshot] = story.next();
            REQUIRE(writer->append(step, snapshot));
        }
    }
    void finish()
    {
        code.reset();
        REQUIRE(writer->finish());
    }

    BootStory story{7};
    std::unique_ptr<RecordingWriter> writer;
    std::unique_ptr<CodeWriter> code;
};

/// "" if the first steps of both are the same in all that is kept.
std::string recordingDifference(const std::string& a, const std::string& b, StepNumber steps)
{
    const auto one = Recording::open(a);
    const auto two = Recording::open(b);
    if (!one || !two)
        return one ? two.error().message() : one.error().message();
    for (StepNumber n = 0; n < steps; ++n) {
        if (*(*one)->step(n) != *(*two)->step(n) || *(*one)->changes(n) != *(*two)->changes(n))
            return "step " + std::to_string(n);
        if (const auto tables = difference(**(*one)->snapshot(n), **(*two)->snapshot(n)); !tables.empty())
            return tables;
        if (*(*one)->code(n) != *(*two)->code(n))
            return "code of step " + std::to_string(n);
    }
    return *loadAnnotations(a) == *loadAnnotations(b) ? "" : "narration";
}

std::string messageOf(const Result<void>& result) { return result ? "" : result.error().message(); }

} // namespace

TEST_CASE("A recording is copied while it is recorded, and the copy can be gone on with")
{
    const TemporaryDirectory directory;
    const std::string from = directory / "a.pgtrec";
    const std::string to = directory / "b.pgtrec";
    Session session(from);
    session.add(20);
    REQUIRE(changeAnnotations(from, {}, {{3, AnnotationKind::Note, "Here", "it begins"}}));
    CopyOptions options;
    unsigned reports = 0;
    options.progress = [&](std::string_view, std::uint64_t done, std::uint64_t total) {
        CHECK(done <= total);
        ++reports;
    };
    options.stopAsked = [] { return false; };
    REQUIRE(copyRecording(from, to, options));
    CHECK(reports > 0);
    CHECK(recordingDifference(from, to, 20).empty());
    CHECK_FALSE(fs::exists(to + "-wal"));

    // The session goes on in both.
    session.add(5);
    {
        const auto copy = RecordingWriter::reopen(to);
        REQUIRE(copy);
        REQUIRE((*copy)->size() == 20);
        const auto recording = Recording::open(from);
        for (StepNumber n = 20; n < 25; ++n)
            REQUIRE((*copy)->append(*(*recording)->step(n), *(*recording)->snapshot(n)));
        REQUIRE((*copy)->finish());
    }
    session.finish();
    const auto recording = Recording::open(to);
    REQUIRE((*recording)->size() == 25);
    CHECK((*recording)->finished());
    CHECK((*recording)->damage().empty());
    CHECK(*(*recording)->step(24) == *(*Recording::open(from))->step(24));
    CHECK(namesIn(directory) == Names{"a.pgtrec", "b.pgtrec"});
}

TEST_CASE("A copy that is not completed leaves what has its name, and nothing else")
{
    const TemporaryDirectory directory;
    const std::string from = directory / "a.pgtrec";
    const std::string to = directory / "old.pgtrec";
    {
        Session old(to);
        old.add(3);
        old.finish();
        Session session(from);
        session.add(40);
        session.finish();
    }
    const std::string before = contentOf(to);
    CopyOptions options{Existing::Replace, {}, {}};
    SECTION("cancelled")
    {
        options.stopAsked = [] { return true; };
        CHECK(messageOf(copyRecording(from, to, options)) == "could not write " + to + ": cancelled");
    }
    SECTION("the disk takes no more")
    {
        const FileSizeLimit limit(30'000);
        CHECK(messageOf(copyRecording(from, to, options)).starts_with("could not write " + to + ": "));
    }
    SECTION("it exists and is not to be replaced")
    {
        options.existing = Existing::Refuse;
        CHECK(messageOf(copyRecording(from, to, options))
            == "could not write " + to + ": it exists already; choose another name or remove it");
    }
    SECTION("it would replace itself")
    {
        const std::string link = directory / "link.pgtrec";
        fs::create_symlink("old.pgtrec", link);
        CHECK_FALSE(copyRecording(to, to, options));
        CHECK_FALSE(copyRecording(link, to, options));
        CHECK_FALSE(copyRecording(to, link, options));
        fs::remove(link);
    }
    SECTION("what is copied is damaged")
    {
        fs::resize_file(from, fs::file_size(from) / 2);
        CHECK_FALSE(copyRecording(from, to, options));
    }
    CHECK(contentOf(to) == before);
    CHECK(namesIn(directory) == Names{"a.pgtrec", "old.pgtrec"});
}

TEST_CASE("A recording that is being recorded is not replaced")
{
    const TemporaryDirectory directory;
    const std::string from = directory / "a.pgtrec";
    const std::string to = directory / "b.pgtrec";
    Session other(to);
    other.add(4);
    Session session(from);
    session.add(10);
    const CopyOptions replace{Existing::Replace, {}, {}};
    CHECK(messageOf(copyRecording(from, to, replace))
        == "could not replace the recording " + to + ": a program is using it; choose another name");
    CHECK_FALSE(copyRecording(from, from, replace));
    other.add(4);
    other.finish();
    CHECK((*Recording::open(to))->size() == 8);
    CHECK(copyRecording(from, to, replace));
    CHECK(recordingDifference(from, to, 10).empty());
}

TEST_CASE("What a killed recorder left beside its file does not get into a copy that takes its place")
{
    const TemporaryDirectory directory;
    const std::string from = directory / "a.pgtrec";
    const std::string to = directory / "b.pgtrec";
    const pid_t child = ::fork();
    if (child == 0) {
        BootStory story(3);
        auto writer = RecordingWriter::create(to, {});
        for (int i = 0; writer && i < 6; ++i) {
            const auto [step, snapshot] = story.next();
            (void)(*writer)->append(step, snapshot);
        }
        ::kill(::getpid(), SIGKILL);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(fs::file_size(to + "-wal") > 0);
    Session session(from);
    session.add(10);
    SECTION("the recording is there") { }
    SECTION("only its log is there") { fs::remove(to); }
    CHECK(copyRecording(from, to, {Existing::Replace, {}, {}}));
    CHECK_FALSE(fs::exists(to + "-wal"));
    CHECK(recordingDifference(from, to, 10).empty());
    CHECK((*Recording::open(to))->size() == 10);
}

TEST_CASE("Nothing that is written about a recording replaces a recording")
{
    const TemporaryDirectory directory;
    const std::string path = directory / "a.pgtrec";
    Session session(path);
    session.add(2);
    session.finish();
    std::string newer = contentOf(path);
    newer[60 + 3] = 99; // its format
    std::ofstream(directory / "newer.pgtrec", std::ios::binary) << newer;
    std::ofstream(directory / "notes.md") << "old";
    const auto fill = [](std::ostream& out) -> Result<void> {
        out << "text";
        return {};
    };
    const std::string before = contentOf(path);
    for (const Existing existing : {Existing::Refuse, Existing::Replace}) {
        CHECK_FALSE(writeOutput(path, existing, fill));
        CHECK_FALSE(writeOutput(directory / "newer.pgtrec", existing, fill));
        CHECK_FALSE(createOutput(path, existing));
    }
    CHECK(contentOf(path) == before);
    CHECK(contentOf(directory / "newer.pgtrec") == newer);
    CHECK_FALSE(writeOutput(directory / "notes.md", Existing::Refuse, fill));
    CHECK(writeOutput(directory / "notes.md", Existing::Replace, fill));
    CHECK(contentOf(directory / "notes.md") == "text");
}
