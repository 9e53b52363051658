// SPDX-License-Identifier: GPL-2.0-or-later
// One boot recorded twice, and live again at any of its steps.
#include "tests/support/catch.h"

#include <random>

#include <nlohmann/json.hpp>

#include "core/timeline/timeline.h"
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
    const PgtRun run = tests::runPgt({"relive", file, "--step", std::to_string(step), "--json"});
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

TEST_CASE("A store that a plugin reported has no stop of its own: the stops beside it are named")
{
    const Place place;
    const std::string file
        = place.record("a.pgtrec", {"--append", "scenario=native", "--deterministic", "--grain", "write"});
    const auto timeline = core::Timeline::open(file).value();
    core::StepNumber store = 0;
    core::StepNumber stop = 0;
    for (core::StepNumber number = 0; number < timeline->size(); ++number) {
        const bool isStore = timeline->step(number)->cause == core::StepCause::TableWrite;
        if (isStore && store == 0)
            store = number;
        if (!isStore && store != 0 && stop == 0)
            stop = number;
    }
    REQUIRE(store != 0);
    REQUIRE(stop != 0);
    CHECK(tests::runWords({"relive", file, "--step", std::to_string(store)}) == 2);
    CHECK(Place::running() == 0);
    CHECK(relived(file, stop).at("identical") == true);
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
