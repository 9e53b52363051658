// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/catch.h"

#include <QDir>
#include <QDockWidget>
#include <QHeaderView>
#include <QMenuBar>
#include <QTableView>
#include <QTest>
#include <QTextBrowser>
#include <QToolButton>
#include <QTreeView>

#include "tests/support/gui/gui.h"
#include "tests/views/bufferstory.h"
#include "views/walkthrough/walkthroughview.h"
#include "views/widgets/theme.h"
#include "views/window/dockarea.h"
#include "views/window/mainwindow.h"
#include "views/window/presenter.h"
#include "views/window/presenterstrip.h"

using namespace pgtscope;
using namespace pgtscope::tests;
using namespace pgtscope::views;

namespace {

Annotations chapters()
{
    return {{2, AnnotationKind::Chapter, "The buffer", "It begins at [0x3f00](pgtscope:pfn/0x3f00)."},
        {9, AnnotationKind::Chapter, "Not a page table yet",
            "Which comparison would have saved it?\n\n> **Answer.** `pfn < pgt_buf_top`\n"}};
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

    /// The views that can be seen.
    QStringList shown() const
    {
        QStringList ids;
        for (const ViewRow& row : viewRegistry())
            if (window.docks().view(QLatin1String(row.id))->isVisible())
                ids += QLatin1String(row.id);
        return ids;
    }

    ViewFixture story;
    mutable MainWindow window;
};

} // namespace

TEST_CASE("a presentation shows the narration and one view in large type, and changes nothing of the layout")
{
    Lecture lecture;
    MainWindow& window = lecture.window;
    const double points = QApplication::font().pointSizeF();
    lecture.dock("findings").close();
    window.action(ActionId::Present).trigger();
    CHECK(QApplication::font().pointSizeF() > points * 1.5);
    CHECK_FALSE(window.menuBar()->isVisible());
    const QWidget* narration = window.docks().view("walkthrough");
    CHECK(narration->isVisible());
    CHECK(lecture.shown() == QStringList{"frames", "walkthrough"});
    const auto right = [&](const QWidget* of) { return of->mapTo(&window, QPoint(of->width(), 0)).x(); };
    CHECK(right(narration) > right(window.docks().view("frames")));
    CHECK(grabTo(window, "presenting"));

    QTest::keyClick(&window, Qt::Key_Escape);
    CHECK_FALSE(window.action(ActionId::Present).isChecked());
    CHECK(QApplication::font().pointSizeF() == points);
    CHECK(window.menuBar()->isVisible());
    CHECK(lecture.dock("findings").isHidden());
    CHECK(lecture.dock("tables").isVisible());
    CHECK(lecture.dock("frames").widget() == window.docks().view("frames"));
    CHECK(lecture.dock("walkthrough").widget() == narration);
    CHECK(narration->isVisible());
}

TEST_CASE("keys choose the view, the station, the step, the answer, the size of the type and a blank screen")
{
    Lecture lecture;
    MainWindow& window = lecture.window;
    window.action(ActionId::Present).trigger();
    const auto press = [&](Qt::Key key) { QTest::keyClick(&window, key); };
    const QStringList ids = presentedViews();
    REQUIRE(ids.size() == 10);
    for (int i = 0; i < 10; ++i) {
        press(static_cast<Qt::Key>(Qt::Key_0 + (i + 1) % 10));
        QStringList expected{ids[i], "walkthrough"};
        expected.sort();
        QStringList shown = lecture.shown();
        shown.sort();
        CHECK(shown == expected);
    }
    press(Qt::Key_PageDown);
    CHECK(window.document().step() == 9);
    press(Qt::Key_PageUp);
    CHECK(window.document().step() == 2);
    press(Qt::Key_Right);
    CHECK(window.document().step() == 3);
    press(Qt::Key_Left);
    press(Qt::Key_PageDown);
    auto* text = window.findChild<QTextBrowser*>("narration");
    CHECK_FALSE(text->toPlainText().contains("pfn < pgt_buf_top"));
    press(Qt::Key_A);
    CHECK(text->toPlainText().contains("pfn < pgt_buf_top"));
    const double points = QApplication::font().pointSizeF();
    press(Qt::Key_Plus);
    CHECK(QApplication::font().pointSizeF() > points);
    press(Qt::Key_Minus);
    press(Qt::Key_Minus);
    CHECK(QApplication::font().pointSizeF() < points);
    const auto* blank = window.findChild<QWidget*>("blank");
    press(Qt::Key_B);
    CHECK(blank->isVisible());
    press(Qt::Key_B);
    CHECK_FALSE(blank->isVisible());
    press(Qt::Key_Escape);
    CHECK_FALSE(window.action(ActionId::Present).isChecked());
}

TEST_CASE("what a station names is what is presented, and the strip says where one is")
{
    ViewFixture story({{2, AnnotationKind::Chapter, "One", ":::show view=pgtbuf\n\nFirst."},
        {9, AnnotationKind::Note, "Two", ":::show view=tables\n\nSecond."}});
    MainWindow window;
    window.resize(1280, 800);
    window.show();
    window.document().setTimeline(story.document.timeline(), false);
    window.showViews();
    window.action(ActionId::Present).trigger();
    CHECK(window.docks().view("pgtbuf")->isVisible());
    window.document().goTo(9);
    CHECK(window.docks().view("tables")->isVisible());
    CHECK_FALSE(window.docks().view("pgtbuf")->isVisible());
    const auto* strip = window.findChild<PresenterStrip*>();
    REQUIRE(strip);
    CHECK(strip->text().startsWith("step 9 of 0–13"));
    window.action(ActionId::Present).trigger();
    CHECK(window.docks().view("tables")->window() == &window);
}

TEST_CASE("tables grow with the type of a presentation, and shrink with it again")
{
    Lecture lecture;
    MainWindow& window = lecture.window;
    window.document().goTo(9);
    window.selection().select(placeOf(FrameNumber(0x3f05)));
    const auto wholeCells = [](const QTableView& table) {
        const QAbstractItemModel& model = *table.model();
        REQUIRE(model.rowCount() != 0);
        CHECK(table.rowHeight(0) >= table.fontMetrics().height());
        for (int column = 0; column + 1 < model.columnCount(); ++column) {
            CHECK(table.columnWidth(column) >= table.horizontalHeader()->sectionSizeHint(column));
            CHECK(table.columnWidth(column)
                >= table.fontMetrics().horizontalAdvance(model.index(0, column).data().toString()));
        }
    };
    const auto* steps = window.findChild<QTreeView*>("steps");
    const auto* tables = window.docks().view("tables")->findChild<QTreeView*>();
    const int cause = steps->columnWidth(1);
    const int maps = tables->columnWidth(2);
    window.action(ActionId::Present).trigger();
    for (const auto& [key, names] : {std::pair(Qt::Key_6, QStringList{"entryPath", "entryFields"}),
             std::pair(Qt::Key_4, QStringList{"mappings"})}) {
        QTest::keyClick(&window, key);
        QApplication::processEvents();
        const QWidget* view = window.docks().view(key == Qt::Key_6 ? "entry" : "pgtbuf");
        for (const QString& name : names) {
            CAPTURE(name.toStdString());
            wholeCells(*view->findChild<QTableView*>(name));
        }
    }
    CHECK(tables->columnWidth(2) > maps * 3 / 2);
    CHECK(steps->columnWidth(1) > cause * 3 / 2);
    window.action(ActionId::Present).trigger();
    CHECK(tables->columnWidth(2) == maps);
    CHECK(steps->columnWidth(1) == cause);
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
