// SPDX-License-Identifier: GPL-2.0-or-later
// Chapters and notes drive the window: what they name is what it shows.
#include "tests/support/catch.h"

#include <set>

#include <QDockWidget>
#include <QMenu>
#include <QTest>
#include <QTextBlock>
#include <QTextBrowser>
#include <QToolButton>

#include "tests/support/gui/gui.h"
#include "tests/support/walkthrough.h"
#include "tests/views/bufferstory.h"
#include "views/frames/framemap.h"
#include "views/frames/framesview.h"
#include "views/model/entrychoice.h"
#include "views/model/placelink.h"
#include "views/walkthrough/narration.h"
#include "views/walkthrough/walkthroughview.h"
#include "views/window/dockarea.h"
#include "views/window/mainwindow.h"

using namespace pgtscope;
using namespace pgtscope::tests;
using namespace pgtscope::views;

namespace {

Annotations story()
{
    return {{1, AnnotationKind::Chapter, "The buffer", ":::show view=cpu\n\nIt begins at 0x3f00."},
        {4, AnnotationKind::Note, "One page", ":::show view=frames select=pfn/0x3f03 zoom=64K\n\nHere."},
        {7, AnnotationKind::Note, "Mapped", "Three pages are writable."},
        {9, AnnotationKind::Chapter, "The end", ":::show view=nonsense select=pfn/0x3f05\n\nGone."}};
}

struct Reported {
    Reported()
        : fixture(story())
    {
        window.resize(1280, 800);
        window.show();
        window.document().setTimeline(fixture.document.timeline(), false);
        window.showViews();
        QApplication::processEvents();
    }

    FollowingView& view(const char* id) const
    {
        return dynamic_cast<FollowingView&>(*window.docks().view(QLatin1String(id)));
    }
    WalkthroughView& walkthrough() const { return dynamic_cast<WalkthroughView&>(view("walkthrough")); }

    ViewFixture fixture;
    mutable MainWindow window;
};

} // namespace

TEST_CASE("keys lead from one chapter or note to the next, whatever view has the focus")
{
    const Walkthrough shipped("lab-buffer-high");
    MainWindow window;
    window.show();
    REQUIRE(window.openRecording(QString::fromStdString(shipped->path())));
    REQUIRE(QTest::qWaitForWindowActive(&window));
    window.document().goTo(0);
    const Annotations notes = shipped->annotations().value();
    std::set<StepNumber> stations;
    for (const Annotation& note : notes)
        stations.insert(note.step);
    window.docks().view("frames")->setFocus();
    for (const StepNumber step : stations) {
        if (step != 0)
            QTest::keyClick(&window, Qt::Key_PageDown, Qt::ControlModifier);
        CHECK(window.document().step() == step);
    }
    QTest::keyClick(&window, Qt::Key_PageUp, Qt::ControlModifier);
    CHECK(window.document().step() == *std::next(stations.rbegin()));
}

TEST_CASE("chapters and notes are stations, and each stays until the next")
{
    const Annotations annotations = story();
    CHECK(narrationAt(annotations, 0).station == std::nullopt);
    CHECK(narrationAt(annotations, 3).notes.empty());
    CHECK(narrationAt(annotations, 6).notes == std::vector<std::size_t>{1});
    CHECK(narrationAt(annotations, 8).notes == std::vector<std::size_t>{2});
    CHECK(narrationAt(annotations, 9).notes.empty());
    CHECK(narrationAt(annotations, 13).chapter == 3U);
    CHECK(stationAfter(annotations, 0) == 1U);
    CHECK(stationAfter(annotations, 4) == 7U);
    CHECK_FALSE(stationAfter(annotations, 9));
    CHECK(stationBefore(annotations, 8) == 4U);
    CHECK(stationBefore(annotations, 4) == 1U);
    CHECK_FALSE(stationBefore(annotations, 1));
}

TEST_CASE("a station brings up its view, selects its place and sets the zoom")
{
    const Reported reported;
    Document& document = reported.window.document();
    CHECK(document.step() == 1); // the first chapter
    CHECK(reported.view("cpu").isSeen());
    reported.walkthrough().nextStation();
    CHECK(document.step() == 4);
    CHECK(reported.view("frames").isSeen());
    CHECK(reported.window.selection().place().frame == FrameNumber(0x3f03));
    const FrameMap& map = dynamic_cast<FramesView&>(reported.view("frames")).map();
    CHECK(map.scale().order() == 0);
    CHECK(map.firstVisible() <= FrameNumber(0x3f03));
    CHECK(map.lastVisible() > FrameNumber(0x3f03));

    // Within a station it is the user who chooses, and nothing is asked again.
    reported.window.docks().bring("address");
    document.goForward();
    CHECK(reported.view("address").isSeen());
    document.goTo(7);
    CHECK(reported.view("address").isSeen());
    reported.walkthrough().previousStation();
    CHECK(reported.view("frames").isSeen());

    // A view that this program lacks is no reason not to select the place.
    document.goTo(9);
    CHECK(reported.window.selection().place().frame == FrameNumber(0x3f05));
}

TEST_CASE("the text has no line for the window, and the list has chapters and notes")
{
    const Reported reported;
    reported.window.document().goTo(5);
    const QString text = reported.walkthrough().findChild<QTextBrowser*>("narration")->toPlainText();
    CHECK(text.contains("The buffer"));
    CHECK(text.contains("Here."));
    CHECK_FALSE(text.contains(":::show"));
    auto* contents = reported.walkthrough().findChild<QToolButton*>("contents");
    REQUIRE(contents);
    emit contents->menu()->aboutToShow();
    QStringList titles;
    for (const QAction* action : contents->menu()->actions())
        titles += action->text().trimmed() + (action->isChecked() ? " *" : "");
    CHECK(titles
        == QStringList{"The buffer (step 1)", "One page (step 4) *", "Mapped (step 7)", "The end (step 9)"});
    contents->menu()->actions().last()->trigger();
    CHECK(reported.window.document().step() == 9);
}

TEST_CASE("words of the glossary explain themselves under the pointer")
{
    ViewFixture f({{0, AnnotationKind::Chapter, "Words",
        "A detached table lies between `pgt_buf_start` and `pgt_buf_end`. Detached; semidetached is no such "
        "word."}});
    WalkthroughView view(f.document, f.selection);
    view.resize(500, 300);
    view.show();
    const auto* text = view.findChild<QTextBrowser*>("narration");
    const auto tipAt = [&](const QString& word, int nth) {
        const QString all = text->toPlainText();
        qsizetype at = -1;
        for (int i = 0; i <= nth; ++i)
            at = all.indexOf(word, at + 1, Qt::CaseInsensitive);
        REQUIRE(at >= 0);
        QTextCursor cursor(text->document());
        cursor.setPosition(static_cast<int>(at) + 2);
        return cursor.charFormat().toolTip();
    };
    CHECK(tipAt("detached", 0).contains("not reached by a walk from CR3"));
    CHECK(tipAt("pgt_buf_start", 0).contains("first page of pgt_buf"));
    CHECK(tipAt("pgt_buf_end", 0).contains("next free page"));
    CHECK(tipAt("detached", 1).contains("not reached by a walk from CR3"));
    CHECK(tipAt("semidetached", 0).isEmpty());
    CHECK(tipAt("lies", 0).isEmpty());
}

TEST_CASE("what the shipped narrations name is there")
{
    for (const char* name : walkthroughNames) {
        const Walkthrough recording(name);
        const auto timeline = core::Timeline::open((*recording).path()).value();
        Document document;
        document.setTimeline(timeline, false);
        DockArea* docks = nullptr;
        MainWindow window;
        docks = &window.docks();
        const Annotations annotations = timeline->annotations().value();
        CHECK(document.step() == annotations.front().step);
        for (const Annotation& annotation : annotations) {
            CAPTURE(name, annotation.title);
            const auto showing = core::showingOf(annotation.text).value();
            REQUIRE(showing);
            CHECK(docks->view(QString::fromStdString(showing->view)));
            document.goTo(annotation.step);
            const StepStatePtr state = document.state();
            if (showing->select.empty())
                continue;
            const auto link = parsePlaceLink(
                QUrl("pgtscope:" + QString::fromStdString(showing->select)), state->snapshot()->xen());
            REQUIRE(link);
            // A frame of the buffer may be mapped nowhere yet, and is there all the same.
            CHECK((link->place.frame || chooseEntry(*state, link->place)));
        }
    }
}
