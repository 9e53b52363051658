// SPDX-License-Identifier: GPL-2.0-or-later
// Two recordings compared at the events that both have, and what a branch says of its parent.
#include "tests/support/catch.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "core/report/eventdiff.h"
#include "core/timeline/branchparent.h"
#include "tests/core/bootstory.h"
#include "tests/support/temporarydirectory.h"

using namespace pgtscope::core;
using pgtscope::tests::BootStory;

namespace {

/// A story's steps, less those that `leaveOut` names; events have names, others none.
std::shared_ptr<Timeline> recorded(
    const std::string& path, const std::vector<StepNumber>& leaveOut, unsigned seedOfTail = 7)
{
    auto writer = RecordingWriter::create(path, {}).value();
    BootStory story(7);
    BootStory other(seedOfTail);
    for (StepNumber number = 0; number < 8; ++number) {
        auto [step, snapshot] = story.next();
        const auto [otherStep, otherSnapshot] = other.next();
        if (number >= 6) {
            step = otherStep;
            snapshot = otherSnapshot;
        }
        step.event = number % 2 == 0 ? (number == 4 ? "mem_init" : "setup_arch") : "";
        step.console = path;
        if (std::find(leaveOut.begin(), leaveOut.end(), number) == leaveOut.end())
            REQUIRE(writer->append(step, snapshot));
    }
    REQUIRE(writer->finish());
    return Timeline::open(path).value();
}

} // namespace

TEST_CASE("Events are paired by name and turn, whatever steps are between them")
{
    const pgtscope::test::TemporaryDirectory directory;
    const auto first = recorded((directory / "a.pgtrec").string(), {1});
    const auto second = recorded((directory / "b.pgtrec").string(), {3, 4, 5});
    const auto paired = pairEvents(*first, *second).value();
    CHECK(paired.pairs
        == std::vector<EventPair>{{"setup_arch", 0, 0}, {"setup_arch", 1, 2}, {"setup_arch", 5, 3}});
    CHECK(paired.onlyFirst == std::vector<EventPair>{{"mem_init", 3, 0}});
    CHECK(paired.onlySecond.empty());
}

TEST_CASE("Boots that took one way are the same at their events, with other stops and another console")
{
    const pgtscope::test::TemporaryDirectory directory;
    const auto first = recorded((directory / "a.pgtrec").string(), {1});
    const auto second = recorded((directory / "b.pgtrec").string(), {3, 5});
    const auto diff = diffByEvent(*first, *second).value();
    CHECK(diff.empty());
    CHECK(eventDiffText(diff, 10).starts_with("no difference at 4 events"));
}

TEST_CASE("Where boots part, the first event that differs is shown with both values")
{
    const pgtscope::test::TemporaryDirectory directory;
    const auto first = recorded((directory / "a.pgtrec").string(), {1});
    const auto second = recorded((directory / "b.pgtrec").string(), {3}, 8);
    const auto diff = diffByEvent(*first, *second).value();
    REQUIRE(diff.differing == std::vector<EventPair>{{"setup_arch", 5, 5}});
    REQUIRE(diff.earliest);
    CHECK(eventDiffText(diff, 10).find("1 of 4 events differs, first setup_arch, step 5") == 0);
    CHECK(eventDiffJson(diff).at("differing").at(0).at("event") == "setup_arch");
}

TEST_CASE("A branch's parent is read as it was written, and nonsense is none")
{
    GuestDescription guest;
    const BranchParent parent{"/tmp/a#step=b.pgtrec", 38};
    guest.recipe = branchRecipe(parent);
    CHECK(branchParent(guest) == parent);
    for (const char* text : {"", "{}", "[]", "7", R"({"branchOf": 3})", R"({"branchOf": {"file": "a"}})",
             R"({"branchOf": {"file": 3, "step": 3}})", R"({"branchOf": {"file": "a", "step": "x"}})"}) {
        guest.recipe = text;
        CHECK(branchParent(guest) == std::nullopt);
    }
}
