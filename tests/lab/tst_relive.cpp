// SPDX-License-Identifier: GPL-2.0-or-later
// One boot recorded twice, and live again at any of its steps.
#include "tests/support/catch.h"

#include <random>

#include <nlohmann/json.hpp>

#include "core/base/numbers.h"
#include "core/timeline/branchparent.h"
#include "core/timeline/timeline.h"
#include "gdb/qemu/runningguest.h"
#include "testpaths.h"
#include "tests/app/pgtrunner.h"
#include "tests/support/runplace.h"

using namespace pgtscope;
using namespace std::chrono_literals;
using tests::PgtRun;

namespace {

class Place : public test::RunPlace {
public:
    Place()
        : RunPlace("lab")
    {
    }
    /// The recording's path.
    std::string record(const std::string& name, const std::vector<std::string>& words) const
    {
        std::vector<std::string> all{"record", "lab", "-o", file(name)};
        all.insert(all.end(), words.begin(), words.end());
        const PgtRun run = tests::runPgt(all);
        INFO(run.out);
        REQUIRE(run.status != 2);
        return file(name);
    }
};

nlohmann::json relived(const std::string& file, core::StepNumber step, int status = 0)
{
    const PgtRun run = tests::runPgt(
        {"relive", file, "--step", std::to_string(step), "--json", "--qemu", gdb::usualEmulator()});
    INFO(run.out);
    REQUIRE(run.status == status);
    return nlohmann::json::parse(run.out);
}

core::StepNumber stepsOf(const std::string& file) { return core::Timeline::open(file).value()->size(); }

} // namespace

TEST_CASE("Two recordings of one deterministic boot are the same step for step")
{
    const Place place;
    const std::string first
        = place.record("a.pgtrec", {"--append", "scenario=end-rule-high", "--deterministic"});
    const std::string second
        = place.record("b.pgtrec", {"--append", "scenario=end-rule-high", "--deterministic"});
    const PgtRun diff = tests::runPgt({"diff", first, second});
    CHECK(diff.status == 0);
    CHECK(diff.out.starts_with("no difference in "));
    const std::string other
        = test::projectDirectory + std::string("/resources/walkthroughs/lab-buffer-low.pgtrec");
    CHECK(tests::runPgt({"diff", first, other}).status == 1);
    CHECK(Place::running() == 0);
}

TEST_CASE("A guest is brought to any step of a deterministic recording, identical, and is a live guest there")
{
    const Place place;
    const std::string file = place.record("a.pgtrec", {"--append", "scenario=native", "--deterministic"});
    const core::StepNumber steps = stepsOf(file);
    std::mt19937 random(23);
    for (const core::StepNumber step : {steps - 1, core::StepNumber{random() % steps}}) {
        INFO("step " << step);
        const nlohmann::json answer = relived(file, step);
        CHECK(answer.at("identical") == true);
        CHECK(answer.at("difference").is_null());
        REQUIRE(Place::running() == 1);
        const PgtRun info = tests::runPgt({"info", "--json"});
        CHECK(info.status == 0);
        const auto recorded = core::Timeline::open(file).value()->snapshot(step).value();
        CHECK(nlohmann::json::parse(info.out).at("rip") == core::hexText(recorded->cpu().rip.value));
        REQUIRE(tests::runWords({"guest", "stop"}) == 0);
    }
}

TEST_CASE("A poke is repeated, and the guest is the same after it")
{
    const Place place;
    const std::string file = place.record("a.pgtrec",
        {"--append", "scenario=native", "--deterministic", "--poke", "lab_handed_back:0xffff880000100000:+g",
            "--grain", "event"});
    const auto timeline = core::Timeline::open(file).value();
    core::StepNumber poke = 0;
    for (core::StepNumber number = 0; number < timeline->size(); ++number)
        if (timeline->step(number)->cause == core::StepCause::Poke)
            poke = number;
    REQUIRE(poke != 0);
    CHECK(relived(file, poke).at("identical") == true);
    REQUIRE(tests::runWords({"guest", "stop"}) == 0);
}

namespace {

/// Steps of single stores that changed an entry, and those of stores that changed nothing.
struct Stores {
    std::vector<core::StepNumber> changing;
    std::vector<core::StepNumber> repeats;
};

/// The step of that event.
core::StepNumber stepOfEvent(const core::Timeline& timeline, const std::string& event)
{
    for (core::StepNumber number = 0; number < timeline.size(); ++number)
        if (timeline.step(number)->event == event)
            return number;
    FAIL("the recording has no " << event);
    return 0;
}

Stores storesOf(const core::Timeline& timeline)
{
    Stores stores;
    for (core::StepNumber number = 0; number < timeline.size(); ++number)
        if (timeline.step(number)->cause == core::StepCause::TableWrite)
            (timeline.changes(number)->entries.empty() ? stores.repeats : stores.changing).push_back(number);
    return stores;
}

} // namespace

TEST_CASE("At write grain a guest is brought to right after the store itself, identical")
{
    const Place place;
    const std::string file = place.record(
        "a.pgtrec", {"--append", "scenario=native", "--deterministic", "--grain", "write", "--checkpoints"});
    const auto timeline = core::Timeline::open(file).value();
    const Stores stores = storesOf(*timeline);
    REQUIRE(stores.changing.size() > 10);
    std::mt19937 random(23);
    std::vector<core::StepNumber> wanted{stores.changing.front(), stores.changing.back()};
    while (wanted.size() < 5)
        wanted.push_back(stores.changing[random() % stores.changing.size()]);
    for (const core::StepNumber step : wanted) {
        INFO("step " << step);
        const nlohmann::json answer = relived(file, step);
        CHECK(answer.at("identical") == true);
        const core::EntryChange change = timeline->changes(step)->entries.back();
        CHECK(answer.at("store").at("after") == core::hexText(change.after));
        const PgtRun info = tests::runPgt({"info", "--json"});
        const auto rip = core::parseNumber(nlohmann::json::parse(info.out).at("rip").get<std::string>());
        REQUIRE(rip);
        CHECK(*rip - change.writer->rip.value <= 15);
        REQUIRE(tests::runWords({"guest", "stop"}) == 0);
    }
    if (!stores.repeats.empty())
        CHECK(tests::runWords({"relive", file, "--step", std::to_string(stores.repeats.front())}) == 2);
    CHECK(Place::running() == 0);
}

TEST_CASE("What a guest does after it was live again is a branch, which names its parent")
{
    const Place place;
    const std::string file = place.record(
        "a.pgtrec", {"--append", "scenario=native", "--deterministic", "--grain", "event", "--checkpoints"});
    const auto parent = core::Timeline::open(file).value();
    const core::StepNumber step = stepOfEvent(*parent, "lab_handed_back");
    const std::string branch = place.file("b.pgtrec");
    REQUIRE(tests::runWords({"relive", file, "--step", std::to_string(step), "-o", branch}) == 0);
    SECTION("it has the past, and what comes is appended to it")
    {
        REQUIRE(tests::runWords({"step", "-o", branch}) == 0);
        const auto made = core::Timeline::open(branch).value();
        REQUIRE(made->size() == step + 2);
        const auto left = core::branchParent(made->guest());
        REQUIRE(left);
        CHECK(left->file == file);
        CHECK(left->step == step);
        CHECK(made->step(step).value() == parent->step(step).value());
        const PgtRun diff = tests::runPgt({"diff", file, branch, "--by-event", "--json"});
        CHECK(diff.status == 1);
        const auto answer = nlohmann::json::parse(diff.out);
        CHECK(answer.at("differing").empty());
        CHECK(answer.at("onlySecond").empty());
        CHECK_FALSE(answer.at("onlyFirst").empty());
        CHECK(tests::runWords({"relive", branch, "--step", "1"}) == 2);
        CHECK(tests::runWords({"relive", file, "--step", "1", "-o", branch}) == 2);
    }
    SECTION("an edit there leads elsewhere")
    {
        REQUIRE(tests::runWords({"poke", "0xffff880000100000", "--set", "g", "--yes", "-o", branch}) == 0);
        REQUIRE(tests::runWords({"step", "-o", branch}) == 0);
        const auto made = core::Timeline::open(branch).value();
        REQUIRE(made->size() == step + 3);
        CHECK(made->step(step + 1)->cause == core::StepCause::Poke);
        const PgtRun diff = tests::runPgt({"diff", file, branch, "--by-event", "--json"});
        CHECK_FALSE(nlohmann::json::parse(diff.out).at("differing").empty());
    }
    REQUIRE(tests::runWords({"guest", "stop"}) == 0);
}

TEST_CASE("A guest that is live again goes back to the previous event, and to where it was left")
{
    const Place place;
    const std::string file = place.record(
        "a.pgtrec", {"--append", "scenario=native", "--deterministic", "--grain", "event", "--checkpoints"});
    const auto recorded = core::Timeline::open(file).value();
    const core::StepNumber step = stepOfEvent(*recorded, "lab_handed_back");
    REQUIRE(recorded->step(step - 1)->cause == core::StepCause::BootEvent);
    const auto ripNow = [] {
        const PgtRun info = tests::runPgt({"info", "--json"});
        return nlohmann::json::parse(info.out).at("rip").get<std::string>();
    };
    const auto recordedRip
        = [&](core::StepNumber number) { return core::hexText(recorded->step(number)->cpu.rip.value); };
    relived(file, step);
    REQUIRE(tests::runWords({"step"}) == 0);
    REQUIRE(ripNow() == recordedRip(step + 1));
    CHECK(tests::runWords({"step", "--back"}) == 0);
    CHECK(ripNow() == recordedRip(step));
    CHECK(tests::runWords({"step", "--back"}) == 0);
    CHECK(ripNow() == recordedRip(step - 1));
    CHECK(Place::running() == 1);
    // Somewhere that is no step of the recording.
    REQUIRE(tests::runWords({"step", "--grain", "instruction"}) == 0);
    CHECK(tests::runWords({"step", "--back"}) == 0);
    CHECK(ripNow() == recordedRip(step - 1));
    CHECK(tests::runWords({"step", "--back", "-o", place.file("c.pgtrec")}) == 2);
    CHECK(Place::running() == 1);
    REQUIRE(tests::runWords({"guest", "stop"}) == 0);
    CHECK(tests::runWords({"step", "--back"}) == 2);
    CHECK(tests::runWords({"step", "--back", "--grain", "instruction"}) == 2);
}

TEST_CASE("A recording without a recipe, or of another kernel, starts nothing")
{
    const Place place;
    const tests::StoryFile story(5);
    CHECK(tests::runWords({"relive", story.path(), "--step", "2"}) == 2);
    const std::string file = place.record(
        "a.pgtrec", {"--append", "scenario=native", "--deterministic", "--until", "init_memory_mapping"});
    std::ofstream(place.file("other")) << "\x7f"
                                          "ELF";
    CHECK(tests::runWords({"relive", file, "--step", "1", "--kernel", place.file("other")}) == 2);
    CHECK(tests::runWords({"relive", file, "--step", "4000"}) == 2);
    CHECK(Place::running() == 0);
}
