// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/catch.h"

#include <filesystem>

#include <sqlite3.h>

#include "core/recording/annotations.h"
#include "core/recording/code.h"
#include "core/recording/recording.h"
#include "core/recording/recordingwriter.h"
#include "core/timeline/timeline.h"
#include "tests/core/bootstory.h"
#include "tests/support/temporarydirectory.h"

using namespace pgtscope::core;
using namespace pgtscope::tests;

namespace {

struct Recorded {
    Recorded()
    {
        writer = RecordingWriter::create(path, {}).value();
        BootStory story(5);
        for (unsigned i = 0; i < 3; ++i) {
            auto [step, snapshot] = story.next();
            REQUIRE(writer->append(step, snapshot));
        }
    }

    void change(const char* sql)
    {
        sqlite3* database = nullptr;
        REQUIRE(sqlite3_open(path.c_str(), &database) == SQLITE_OK);
        CHECK(sqlite3_exec(database, sql, nullptr, nullptr, nullptr) == SQLITE_OK);
        sqlite3_close(database);
    }

    pgtscope::test::TemporaryDirectory directory;
    std::string path = (directory / "code.pgtrec").string();
    std::shared_ptr<RecordingWriter> writer;
};

Result<std::vector<CodeLine>> codeAt(const std::string& path, StepNumber step)
{
    const auto timeline = Timeline::open(path);
    return timeline ? (*timeline)->code(step) : tl::unexpected(timeline.error());
}

const std::vector<CodeLine> lines{
    {LinearAddress(0xffffffff81000000), "48 89 e5", "mov %rsp,%rbp", "init.c:4  {"},
    {LinearAddress(0xffffffff81000003), "c3", "ret", ""}};

} // namespace

TEST_CASE("code is kept step by step, beside a recording that is being written, and outlives its end")
{
    Recorded recorded;
    auto code = CodeWriter::open(recorded.path).value();
    REQUIRE(code->add(0, lines));
    REQUIRE(code->add(2, std::span(lines).last(1)));
    REQUIRE(code->add(1, {}));
    CHECK(codeAt(recorded.path, 0).value() == lines);
    code.reset();
    REQUIRE(recorded.writer->finish());
    CHECK(codeAt(recorded.path, 0).value() == lines);
    CHECK(codeAt(recorded.path, 1).value().empty());
    CHECK(codeAt(recorded.path, 2).value().size() == 1);
    CHECK(codeAt(recorded.path, 77).value().empty());
    CHECK(Recording::open(recorded.path).value()->size() == 3);
}

TEST_CASE("a timeline reads code through its own connection, also while the recording grows")
{
    Recorded recorded;
    const auto timeline = Timeline::follow(recorded.writer).value();
    auto code = CodeWriter::open(recorded.path).value();
    CHECK(timeline->code(1).value().empty());
    REQUIRE(code->add(1, lines));
    CHECK(timeline->code(1).value() == lines);
    code.reset();
    REQUIRE(recorded.writer->finish());
    const auto complete = Timeline::open(recorded.path).value();
    std::filesystem::rename(recorded.path, recorded.directory / "elsewhere.pgtrec");
    CHECK(complete->code(1).value() == lines);
}

TEST_CASE("a recording of format 1 has no code, and can be read")
{
    Recorded recorded;
    REQUIRE(recorded.writer->finish());
    recorded.change("DROP TABLE code; PRAGMA user_version=1");
    CHECK(Recording::open(recorded.path).value()->size() == 3);
    CHECK(codeAt(recorded.path, 0).value().empty());
    CHECK(loadAnnotations(recorded.path).value().empty());
}

TEST_CASE("code that was tampered with is an error, not a crash")
{
    Recorded recorded;
    REQUIRE(CodeWriter::open(recorded.path).value()->add(0, lines));
    REQUIRE(recorded.writer->finish());
    recorded.change(GENERATE("UPDATE code SET bytes = 1 << 40", "UPDATE code SET bytes = 3",
        "UPDATE code SET data = x'00'", "UPDATE code SET hash = ''"));
    CHECK_FALSE(codeAt(recorded.path, 0).has_value());
}

TEST_CASE("what is too long is cut")
{
    Recorded recorded;
    const std::vector<CodeLine> many(100, {LinearAddress(1), "90", std::string(1000, 'x'), ""});
    REQUIRE(CodeWriter::open(recorded.path).value()->add(0, many));
    const auto kept = codeAt(recorded.path, 0).value();
    REQUIRE(kept.size() == 64);
    CHECK(kept.front().text.size() == 256);
}
