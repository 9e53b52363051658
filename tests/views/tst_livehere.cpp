// SPDX-License-Identifier: GPL-2.0-or-later
// Where the window offers a live guest, and for which step of which recording it asks.
#include "tests/support/catch.h"

#include <QSignalSpy>
#include <QWidget>

#include "core/timeline/branchparent.h"
#include "tests/core/bootstory.h"
#include "tests/support/temporarydirectory.h"
#include "views/model/document.h"
#include "views/window/actionset.h"
#include "views/window/livehere.h"

using namespace pgtscope;
using namespace pgtscope::views;

namespace {

/// A recording of five steps whose recipe is that text.
std::shared_ptr<core::Timeline> recorded(const std::string& path, const std::string& recipe)
{
    core::GuestDescription guest;
    guest.guest = "story";
    guest.recipe = recipe;
    auto writer = core::RecordingWriter::create(path, guest).value();
    tests::BootStory story(7);
    for (int i = 0; i < 5; ++i) {
        const auto [step, snapshot] = story.next();
        REQUIRE(writer->append(step, snapshot));
    }
    REQUIRE(writer->finish());
    return core::Timeline::open(path).value();
}

struct Window {
    QWidget widget;
    ActionSet actions{widget};
    Document document;
    LiveHere here{actions, document, nullptr};
    QSignalSpy asked{&here, &LiveHere::requested};

    bool offered(core::StepNumber step)
    {
        document.goTo(step);
        here.enable();
        return actions[ActionId::MakeLive].isEnabled();
    }
};

} // namespace

TEST_CASE("A step of a recording that says how its guest was booted can be made live")
{
    const test::TemporaryDirectory directory;
    const std::string path = (directory / "a.pgtrec").string();
    Window window;
    window.here.enable();
    CHECK_FALSE(window.actions[ActionId::MakeLive].isEnabled());
    window.document.setTimeline(recorded(path, "{}"), false);
    CHECK(window.offered(3));
    window.actions[ActionId::MakeLive].trigger();
    REQUIRE(window.asked.count() == 1);
    CHECK(window.asked[0][0].toString().toStdString() == path);
    CHECK(window.asked[0][1].toULongLong() == 3);
}

TEST_CASE("One that does not say it cannot, and its button says why")
{
    const test::TemporaryDirectory directory;
    Window window;
    window.document.setTimeline(recorded((directory / "a.pgtrec").string(), {}), false);
    CHECK_FALSE(window.offered(3));
    CHECK(window.actions[ActionId::MakeLive].toolTip().contains(QLatin1String("pgt record")));
}

TEST_CASE("A live guest is brought back to the event before the place where it is")
{
    const test::TemporaryDirectory directory;
    const std::string path = (directory / "a.pgtrec").string();
    Window window;
    const auto offeredBack = [&] {
        window.here.enable();
        return window.actions[ActionId::StepBack].isEnabled();
    };
    const core::StepNumber last = 4; // of the story, where the guest stands
    SECTION("not in a recording")
    {
        window.document.setTimeline(recorded(path, "{}"), false);
        CHECK_FALSE(offeredBack());
    }
    SECTION("in its own session")
    {
        const auto timeline = recorded(path, "{}");
        window.document.setTimeline(timeline, true);
        CHECK(offeredBack());
        window.actions[ActionId::StepBack].trigger();
        REQUIRE(window.asked.count() == 1);
        const core::StepNumber back = window.asked[0][1].toULongLong();
        CHECK(back < last);
        CHECK(timeline->step(back)->cause != core::StepCause::UserStop);
    }
    SECTION("in a branch that it was led along, to where the branch begins")
    {
        window.document.setTimeline(recorded(path, core::branchRecipe({"/tmp/parent.pgtrec", 2})), true);
        CHECK(offeredBack());
        window.actions[ActionId::StepBack].trigger();
        REQUIRE(window.asked.count() == 1);
        CHECK(window.asked[0][0].toString() == QLatin1String("/tmp/parent.pgtrec"));
        CHECK(window.asked[0][1].toULongLong() == 2);
    }
    SECTION("and in one that has only begun, further back in the parent")
    {
        window.document.setTimeline(recorded(path, core::branchRecipe({"/tmp/parent.pgtrec", 3})), true);
        CHECK(offeredBack());
        window.actions[ActionId::StepBack].trigger();
        REQUIRE(window.asked.count() == 1);
        CHECK(window.asked[0][1].toULongLong() < 3);
    }
}

TEST_CASE("Of a branch the steps that it has from its parent can be made live, by the parent")
{
    const test::TemporaryDirectory directory;
    Window window;
    const core::BranchParent parent{"/tmp/parent.pgtrec", 2};
    window.document.setTimeline(
        recorded((directory / "a.pgtrec").string(), core::branchRecipe(parent)), false);
    CHECK_FALSE(window.offered(3));
    CHECK(window.offered(2));
    window.actions[ActionId::MakeLive].trigger();
    REQUIRE(window.asked.count() == 1);
    CHECK(window.asked[0][0].toString() == QLatin1String("/tmp/parent.pgtrec"));
    CHECK(window.asked[0][1].toULongLong() == 2);
}
