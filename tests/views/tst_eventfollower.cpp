// SPDX-License-Identifier: GPL-2.0-or-later
// Two windows, each with a recording: steps follow each other by boot event.
#include "tests/support/catch.h"

#include <QFile>
#include <QTemporaryDir>

#include "testpaths.h"
#include "tests/views/boothistory.h"
#include "views/window/eventfollower.h"
#include "views/window/mainwindow.h"

using namespace pgtscope;
using namespace pgtscope::views;

namespace {

/// A window on a copy of a shipped recording, whose events are known.
struct Shown {
    explicit Shown(const QString& name)
    {
        const QString copy = directory.filePath(name);
        QFile::copy(
            QLatin1String(test::projectDirectory) + QStringLiteral("/resources/walkthroughs/") + name, copy);
        REQUIRE(window.openRecording(copy));
        window.document().writes().finish();
        window.show();
    }

    std::string event() { return window.document().state()->step().event; }

    QTemporaryDir directory;
    MainWindow window;
};

} // namespace

TEST_CASE("two boots of one kernel follow each other by event, whatever the numbers of their steps")
{
    Shown dies(QStringLiteral("lab-buffer-high.pgtrec"));
    Shown boots(QStringLiteral("lab-buffer-low.pgtrec"));
    EventFollower follower;
    follower.add(dies.window);
    follower.add(boots.window);
    std::size_t met = 0;
    for (const WriteHistory::Event& event : dies.window.document().writes().events()) {
        CAPTURE(event.name.toStdString());
        dies.window.document().goTo(event.step);
        if (boots.event() == event.name.toStdString())
            ++met;
        // What is led does not lead in turn.
        CHECK(dies.window.document().step() == event.step);
    }
    CHECK(met > 3);

    // The other way round, and only from an event to the next.
    const auto& events = boots.window.document().writes().events();
    boots.window.document().goTo(events.front().step);
    CHECK(QString::fromStdString(dies.event()) == events.front().name);

    dies.window.action(ActionId::FollowWindows).trigger();
    const core::StepNumber before = dies.window.document().step();
    boots.window.document().goTo(~0ULL);
    CHECK(dies.window.document().step() == before);
}

TEST_CASE("the two rules under Xen follow each other by the changes of pgt_buf, where the argument is")
{
    Shown end(QStringLiteral("lab-xen-end-rule.pgtrec"));
    Shown top(QStringLiteral("lab-xen-top-rule.pgtrec"));
    EventFollower follower;
    follower.add(end.window);
    follower.add(top.window);
    const auto bufferEnd = [](Shown& shown) {
        return shown.window.document().state()->snapshot()->pgtBuf().epochs.back().end.value;
    };
    // Steps 36 to 64 are changes of pgt_buf without a boot event between them.
    for (core::StepNumber step = 58; step < 65; ++step) {
        CAPTURE(step);
        end.window.document().goTo(step);
        CHECK(bufferEnd(top) == bufferEnd(end));
    }
}

TEST_CASE("a window that is closed, or shows a live guest, is not led")
{
    const tests::BootHistory history(30);
    MainWindow one;
    MainWindow other;
    for (MainWindow* window : {&one, &other}) {
        REQUIRE(window->openRecording(history.path()));
        window->document().writes().finish();
        window->show();
    }
    EventFollower follower;
    follower.add(one);
    follower.add(other);
    one.document().goTo(21);
    CHECK(other.document().step() == 21);
    other.document().goTo(23);
    CHECK(one.document().step() == 23);
    other.hide();
    one.document().goTo(5);
    CHECK(other.document().step() == 23);
    other.document().setTimeline(history.open(), true);
    other.document().writes().finish();
    other.show();
    one.document().goTo(10);
    CHECK(other.document().step() == 29);
}
