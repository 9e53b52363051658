// SPDX-License-Identifier: GPL-2.0-or-later
#include <catch2/catch.hpp>

#include <QDir>
#include <QDockWidget>
#include <QMenuBar>
#include <QTest>
#include <QToolButton>

#include "tests/support/gui/gui.h"
#include "tests/views/bufferstory.h"
#include "views/walkthrough/walkthroughview.h"
#include "views/widgets/theme.h"
#include "views/window/dockarea.h"
#include "views/window/mainwindow.h"

using namespace pgtscope;
using namespace pgtscope::tests;
using namespace pgtscope::views;

namespace {

Annotations chapters()
{
    return {{2, AnnotationKind::Chapter, "The buffer", "It begins at [0x3f00](pgtscope:pfn/0x3f00)."},
        {9, AnnotationKind::Chapter, "Not a page table yet",
            "Which comparison would have saved it?\n\n:::answer\n`pfn < pgt_buf_top`\n:::\n"}};
}

/// A window on the made-up story, at its first chapter.
struct Lecture {
    Lecture()
        : story(chapters())
    {
        window.resize(1280, 800);
        window.document().setTimeline(story.document.timeline(), false);
        window.showViews();
        window.show();
        window.document().goTo(2);
        window.activateWindow();
        REQUIRE(QTest::qWaitForWindowActive(&window));
    }

    QDockWidget& dock(const char* id) const
    {
        return dynamic_cast<QDockWidget&>(*window.docks().view(QLatin1String(id))->parentWidget());
    }

    ViewFixture story;
    mutable MainWindow window;
};

} // namespace

TEST_CASE("a presentation shows the narration and one view in large type, and puts everything back")
{
    Lecture lecture;
    MainWindow& window = lecture.window;
    const double points = QApplication::font().pointSizeF();
    lecture.dock("findings").close();
    window.action(ActionId::Present).trigger();
    CHECK(QApplication::font().pointSizeF() > points * 1.5);
    CHECK_FALSE(window.menuBar()->isVisible());
    CHECK(lecture.dock("walkthrough").isVisible());
    CHECK(window.docks().tabifiedDockWidgets(&lecture.dock("walkthrough")).isEmpty());
    CHECK(window.docks().tabifiedDockWidgets(&lecture.dock("frames")).size()
        == static_cast<qsizetype>(window.docks().views().size()) - 2);
    CHECK(lecture.dock("walkthrough").x() > lecture.dock("frames").x());
    CHECK(grabTo(window, "presenting"));

    QTest::keyClick(&window, Qt::Key_PageDown);
    CHECK(window.document().step() == 9);
    QTest::keyClick(&window, Qt::Key_PageUp);
    CHECK(window.document().step() == 2);

    QTest::keyClick(&window, Qt::Key_Escape);
    CHECK_FALSE(window.action(ActionId::Present).isChecked());
    CHECK(QApplication::font().pointSizeF() == points);
    CHECK(window.menuBar()->isVisible());
    CHECK(lecture.dock("findings").isHidden());
    CHECK(lecture.dock("tables").isVisible());
}

TEST_CASE("the walkthrough's own button begins a presentation, and closing the window ends it")
{
    const double points = QApplication::font().pointSizeF();
    {
        Lecture lecture;
        auto* button = lecture.window.findChild<QToolButton*>("present");
        REQUIRE(button);
        button->click();
        CHECK(lecture.window.action(ActionId::Present).isChecked());
        CHECK(Theme::instance().large());
        lecture.window.close();
    }
    CHECK_FALSE(Theme::instance().large());
    CHECK(QApplication::font().pointSizeF() == points);
}
