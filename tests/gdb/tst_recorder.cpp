// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/catch.h"

#include <algorithm>
#include <filesystem>

#include "core/steps/findingcounts.h"
#include "gdb/recorder/recorder.h"
#include "tests/core/bootstory.h"
#include "tests/support/filesizelimit.h"
#include "tests/support/required.h"
#include "tests/support/temporarydirectory.h"

using namespace pgtscope;
using gdb::BootStop;
using gdb::Recorder;
using test::required;

namespace {

/// A guest whose stops are made up, and a place for its recordings.
class Story {
public:
    BootStop next()
    {
        auto [step, snapshot] = m_story.next();
        step.findings.clear();
        return {std::move(step), std::move(snapshot)};
    }
    std::string file(const std::string& name) const { return (m_directory / name).string(); }

private:
    tests::BootStory m_story{7};
    test::TemporaryDirectory m_directory;
};

std::vector<core::CodeLine> codeOf(const BootStop& stop)
{
    return {{stop.snapshot->cpu().rip, "90", "nop", stop.step.text}};
}

void add(Recorder& recorder, const BootStop& stop)
{
    required(recorder.add(stop, codeOf(stop)));
    required(recorder.settle());
}

/// "stop 0: line 0, code of stop 0", a line for each step.
std::string reported(const std::string& path)
{
    const auto timeline = required(core::Timeline::open(path));
    std::string text;
    for (core::StepNumber number = 0; number < timeline->size(); ++number) {
        const core::Step step = required(timeline->step(number));
        text += step.text + ":";
        if (!step.console.empty())
            text += " " + step.console.substr(0, step.console.find('\n'));
        for (const core::CodeLine& line : required(timeline->code(number)))
            text += ", code of " + line.source;
        text += "\n";
    }
    return text;
}

} // namespace

TEST_CASE("A stop is recorded with what the rules find, its console and its code")
{
    Story story;
    const auto recorder = required(Recorder::create(story.file("a.pgtrec"), {}));
    std::vector<BootStop> stops;
    std::vector<std::string> heard;
    for (int i = 0; i < 4; ++i) {
        stops.push_back(story.next());
        required(recorder->add(stops.back(), codeOf(stops.back()), [&](const gdb::RecordedStep& recorded) {
            heard.push_back(std::to_string(recorded.step.number) + (recorded.before ? " after another" : ""));
            return core::Result<void>();
        }));
    }
    CHECK(recorder->size() == 4);
    required(recorder->finish());
    CHECK(heard == std::vector<std::string>{"0", "1 after another", "2 after another", "3 after another"});
    CHECK(reported(story.file("a.pgtrec"))
        == "stop 0: line 0, code of stop 0\nstop 1:, code of stop 1\nstop 2:, code of stop 2\n"
           "stop 3: line 3, code of stop 3\n");
    const auto timeline = required(core::Timeline::open(story.file("a.pgtrec")));
    CHECK(timeline->finished());
    for (core::StepNumber number = 0; number < 4; ++number) {
        const core::RuleContext context(stops[number].snapshot);
        std::vector<core::RuleReport> reports;
        for (const auto& rule : core::allRules())
            reports.push_back(rule->check(context));
        CHECK(required(timeline->step(number)).findings == core::countFindings(reports));
    }
}

TEST_CASE("What the listener fails with ends the recording of the next stop")
{
    Story story;
    const auto recorder = required(Recorder::create(story.file("a.pgtrec"), {}));
    const auto refuses
        = [](const gdb::RecordedStep&) -> core::Result<void> { return core::failure("print", "closed"); };
    required(recorder->add(story.next(), {}, refuses));
    const auto next = recorder->add(story.next(), {});
    REQUIRE_FALSE(next.has_value());
    CHECK(next.error().happened == "closed");
    CHECK(recorder->size() == 1);
}

TEST_CASE("Who wrote an entry is kept where single instructions are executed")
{
    Story story;
    const auto recorder = required(Recorder::create(story.file("a.pgtrec"), {}));
    add(*recorder, story.next());
    core::StepChanges changes;
    // Some stops of the story change nothing, or make tables only.
    for (int i = 0; i < 60 && changes.entries.empty(); ++i) {
        BootStop stop = story.next();
        stop.writer = core::EntryWriter{core::LinearAddress(0xffffffff81000010), "set_pte+0x10", 8};
        add(*recorder, stop);
        changes = required(required(core::Timeline::open(recorder->path()))->changes(recorder->size() - 1));
    }
    REQUIRE_FALSE(changes.entries.empty());
    for (const core::EntryChange& entry : changes.entries)
        CHECK((entry.flagsOnly() || (entry.writer && entry.writer->symbol == "set_pte+0x10")));
}

TEST_CASE("A copy that fails or is cancelled leaves the user's older file and the session as they were")
{
    Story story;
    const std::string old = story.file("old.pgtrec");
    {
        const auto earlier = required(Recorder::create(old, {}));
        add(*earlier, story.next());
        required(earlier->finish());
    }
    const std::string before = reported(old);
    const auto recorder = required(Recorder::create(story.file("a.pgtrec"), {}));
    const auto timeline = required(recorder->follow());
    add(*recorder, story.next());
    core::CopyOptions replace{core::Existing::Replace, {}, {}};
    SECTION("cancelled")
    {
        replace.stopAsked = [] { return true; };
        CHECK_FALSE(recorder->saveCopy(old, replace).has_value());
    }
    SECTION("there is no room")
    {
        const test::FileSizeLimit limit(4096);
        CHECK_FALSE(recorder->saveCopy(old, replace).has_value());
    }
    SECTION("it is not to be replaced") { CHECK_FALSE(recorder->saveCopy(old, {}).has_value()); }
    add(*recorder, story.next());
    required(recorder->finish());
    CHECK(reported(old) == before);
    CHECK(required(core::Timeline::open(story.file("a.pgtrec")))->size() == 2);
}

TEST_CASE("A saved copy has what was there and what comes")
{
    Story story;
    const auto recorder = required(Recorder::create(story.file("a.pgtrec"), {}));
    const auto timeline = required(recorder->follow());
    add(*recorder, story.next());
    add(*recorder, story.next());
    const core::CopyOptions replace{core::Existing::Replace, {}, {}};
    required(recorder->saveCopy(story.file("copy.pgtrec"), replace));
    add(*recorder, story.next());
    SECTION("saved over itself it goes on")
    {
        required(recorder->saveCopy(story.file("copy.pgtrec"), replace));
    }
    SECTION("saved under another name it goes on there")
    {
        required(recorder->saveCopy(story.file("other.pgtrec"), replace));
    }
    SECTION("its own file is refused, and stays")
    {
        CHECK_FALSE(recorder->saveCopy(story.file("a.pgtrec"), replace).has_value());
    }
    const bool other = std::filesystem::exists(story.file("other.pgtrec"));
    add(*recorder, story.next());
    CHECK(timeline->size() == 4);
    required(recorder->finish());
    const std::string whole = reported(story.file("a.pgtrec"));
    CHECK(std::count(whole.begin(), whole.end(), '\n') == 4);
    if (other) {
        CHECK(reported(story.file("other.pgtrec")) == whole);
        CHECK(whole.starts_with(reported(story.file("copy.pgtrec"))));
    } else {
        CHECK(reported(story.file("copy.pgtrec")) == whole);
    }
    SECTION("after the end a copy is one file and no more")
    {
        required(recorder->saveCopy(story.file("late.pgtrec"), {}));
        CHECK(reported(story.file("late.pgtrec")) == whole);
    }
}

TEST_CASE("a recording that got no step is not left behind, and the next attempt has its name")
{
    Story story;
    const std::string file = story.file("boot.pgtrec");
    for (const bool finishes : {false, true}) {
        auto recorder = required(Recorder::create(file, {}));
        CHECK(std::filesystem::exists(file));
        if (finishes)
            required(recorder->finish());
        recorder.reset();
        CHECK_FALSE(std::filesystem::exists(file));
        CHECK_FALSE(std::filesystem::exists(file + "-wal"));
    }
    auto recorder = required(Recorder::create(file, {}));
    add(*recorder, story.next());
    recorder.reset();
    CHECK(std::filesystem::exists(file));
}
