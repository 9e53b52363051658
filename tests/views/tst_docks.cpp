// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/catch.h"

#include <set>

#include <QDockWidget>
#include <QMouseEvent>
#include <QTabBar>
#include <QTableView>
#include <QTest>
#include <QToolButton>
#include <QTreeView>

#include "tests/support/walkthrough.h"
#include "tests/views/boothistory.h"
#include "tests/views/fakeguest.h"
#include "views/widgets/followingview.h"
#include "views/widgets/viewtext.h"
#include "views/window/dockarea.h"
#include "views/window/mainwindow.h"

using namespace pgtscope::views;
using namespace pgtscope::tests;

TEST_CASE("keys put the focus into one view after the other")
{
    const BootHistory history(5);
    MainWindow window;
    window.show();
    window.openRecording(history.path());
    window.activateWindow();
    REQUIRE(QTest::qWaitForWindowActive(&window));
    std::set<QWidget*> seen;
    for (std::size_t i = 0; i < window.docks().views().size(); ++i) {
        window.action(ActionId::NextView).trigger();
        QApplication::processEvents();
        seen.insert(window.docks().focusedView());
    }
    CHECK(seen.size() == static_cast<std::size_t>(window.docks().shownDocks()));
}

TEST_CASE("the default layout gives each view its share at any size, until a border is moved")
{
    const BootHistory history(5);
    MainWindow window;
    window.openRecording(history.path());
    window.show();
    window.docks().resetLayout();
    for (const QSize size : {QSize(1280, 800), QSize(1920, 1080)}) {
        window.resize(size);
        QTest::qWait(50);
        CAPTURE(size.width());
        const auto share
            = [&](const char* id) { return 100 * window.docks().view(id)->width() / size.width(); };
        CHECK(share("frames") >= 36);
        CHECK(share("tables") >= 28);
        CHECK(share("entry") >= 18);
        CHECK(share("entry") <= 30);
        CHECK(share("timeline") >= 65);
    }
}

TEST_CASE("at 1280 by 800 whole findings, steps and rows of tables are seen, whatever leads")
{
    for (const char* name : {"lab-buffer-high", "debian-boot"}) {
        const Walkthrough story(name);
        MainWindow window;
        window.resize(1280, 800);
        window.show();
        REQUIRE(window.openRecording(QString::fromStdString(story->path())));
        window.action(ActionId::Last).trigger();
        QTest::qWait(300);
        for (const char* id : {"findings", "steps", "tables"}) {
            QWidget* view = window.docks().view(QLatin1String(id));
            const auto* tree = view ? view->findChild<QTreeView*>() : window.findChild<QTreeView*>(id);
            CAPTURE(name, id);
            const int row = tree->visualRect(tree->indexAt({5, 5})).height();
            REQUIRE(tree->isVisible());
            CHECK(tree->viewport()->height() / std::max(1, row) >= 4);
        }
        CHECK(window.docks().view("argument")->height() >= (std::string(name) == "debian-boot" ? 0 : 380));
    }
}

TEST_CASE("the tabs of docks keep six letters and a tool tip, however little room there is")
{
    const BootHistory history(5);
    MainWindow window;
    window.openRecording(history.path());
    window.show();
    window.docks().resetLayout();
    for (const QSize size : {QSize(1280, 800), QSize(900, 600)}) {
        window.resize(size);
        QTest::qWait(50);
        int tabs = 0;
        for (const QTabBar* bar :
            window.docks().findChildren<QTabBar*>(QString(), Qt::FindDirectChildrenOnly)) {
            if (!bar->isVisible())
                continue;
            CHECK(bar->elideMode() == Qt::ElideRight);
            for (int i = 0; i < bar->count(); ++i, ++tabs) {
                CAPTURE(bar->tabText(i).toStdString(), size.width());
                const QString least = bar->tabText(i).left(6);
                CHECK(bar->tabRect(i).width() > bar->fontMetrics().horizontalAdvance(least));
                CHECK(bar->tabToolTip(i) == bar->tabText(i));
            }
        }
        CHECK(tabs >= 7);
    }
}

TEST_CASE("a border that the user has moved stays where it is when the window's size changes")
{
    const BootHistory history(5);
    MainWindow window;
    window.resize(1280, 800);
    window.show();
    window.openRecording(history.path());
    window.docks().resetLayout();
    QTest::qWait(50);
    DockArea& docks = window.docks();
    const auto right = [&] {
        const QWidget* dock = docks.view("frames")->parentWidget();
        return dock->mapTo(&docks, QPoint(dock->width(), 40));
    };
    // A press in a view is no press on a border.
    QTest::mouseClick(docks.view("entry"), Qt::LeftButton, {}, {5, 5});
    QPoint border = right();
    while (!docks.isSeparator(border) && border.x() < right().x() + 10)
        border += QPoint(1, 0);
    REQUIRE(docks.isSeparator(border));
    const auto mouse = [&](QEvent::Type type, QPoint at, Qt::MouseButtons held) {
        QMouseEvent event(type, at, docks.mapToGlobal(at), Qt::LeftButton, held, {});
        QApplication::sendEvent(&docks, &event);
        QTest::qWait(20);
    };
    mouse(QEvent::MouseButtonPress, border, Qt::LeftButton);
    mouse(QEvent::MouseMove, border - QPoint(150, 0), Qt::LeftButton);
    mouse(QEvent::MouseButtonRelease, border - QPoint(150, 0), Qt::NoButton);
    const int chosen = docks.view("frames")->width();
    REQUIRE(right().x() < border.x() - 100);
    window.resize(1281, 801);
    QTest::qWait(50);
    CHECK(std::abs(docks.view("frames")->width() - chosen) <= 2);
}

TEST_CASE("lists show whole rows")
{
    // The smallest leaves the list of steps no more than it asks for.
    for (const QSize size : {QSize(1280, 800), QSize(1277, 789), QSize(1920, 1080), QSize(1280, 650)}) {
        const Walkthrough story("lab-buffer-high");
        MainWindow window;
        window.resize(size);
        window.show();
        REQUIRE(window.openRecording(QString::fromStdString(story->path())));
        window.action(ActionId::Last).trigger();
        QTest::qWait(100);
        for (const char* view : {"findings", "timeline", "tables"}) {
            const auto* tree = window.docks().view(QLatin1String(view))->findChild<QTreeView*>();
            CAPTURE(view, size.width());
            REQUIRE(tree);
            const int row = tree->visualRect(tree->indexAt({1, 1})).height();
            REQUIRE(row > 0);
            CHECK(tree->viewport()->height() % row == 0);
        }
    }
}

TEST_CASE("a window that was closed on its start page leaves the next one the default layout")
{
    {
        MainWindow window;
        window.show();
        window.close();
    }
    const BootHistory history(5);
    MainWindow window;
    window.resize(1280, 800);
    window.show();
    window.openRecording(history.path());
    QTest::qWait(50);
    CHECK(window.docks().view("frames")->width() > window.docks().view("entry")->width());
    CHECK(window.docks().view("timeline")->width() >= 1280 * 65 / 100);
}

TEST_CASE("docks close, come back, and their layout outlives the window")
{
    const BootHistory history(5);
    {
        MainWindow window;
        window.show();
        window.openRecording(history.path());
        const int all = window.docks().shownDocks();
        CHECK(all >= 2);
        qobject_cast<QDockWidget*>(window.docks().view("tables")->parentWidget())->close();
        CHECK(window.docks().shownDocks() == all - 1);
        window.close();
    }
    MainWindow window;
    window.show();
    window.openRecording(history.path());
    CHECK_FALSE(window.docks().view("tables")->isVisible());
    window.action(ActionId::ResetLayout).trigger();
    CHECK(window.docks().view("tables")->isVisible());
    window.close();
}

TEST_CASE("a view behind another tab has work to do only once it is brought to the front")
{
    const BootHistory history(20);
    MainWindow window;
    window.resize(1280, 800);
    window.show();
    window.openRecording(history.path());
    auto* cpu = qobject_cast<FollowingView*>(window.docks().view("cpu"));
    auto* table = cpu->findChild<QTableView*>();
    const auto tellsOfNow = [&] {
        const QString rip = hexOf(window.document().state()->snapshot()->cpu().rip.value);
        for (int row = 0; row < table->model()->rowCount(); ++row)
            if (table->model()->index(row, 1).data().toString().contains(rip))
                return true;
        return false;
    };
    window.document().goTo(12);
    CHECK_FALSE(cpu->isSeen());
    CHECK_FALSE(tellsOfNow());
    cpu->parentWidget()->raise();
    QCoreApplication::processEvents();
    CHECK(cpu->isSeen());
    CHECK(tellsOfNow());
    window.document().goTo(7);
    CHECK(tellsOfNow());
}

TEST_CASE("a pinned view keeps its place")
{
    const BootHistory history(5);
    MainWindow window;
    window.show();
    window.openRecording(history.path());
    auto* view = qobject_cast<FollowingView*>(window.docks().view("tables"));
    REQUIRE(view);
    auto* pin = view->parentWidget()->findChild<QToolButton*>();
    REQUIRE(pin);
    for (QToolButton* button : view->parentWidget()->findChildren<QToolButton*>())
        if (button->isCheckable() && !view->isAncestorOf(button))
            QTest::mouseClick(button, Qt::LeftButton);
    CHECK_FALSE(view->following());
}

TEST_CASE("three layouts open the views of one kind of work")
{
    const BootHistory history(10);
    MainWindow window;
    window.resize(1280, 800);
    window.show();
    window.openRecording(history.path());
    const auto open
        = [&](const char* id) { return !window.docks().view(QLatin1String(id))->parentWidget()->isHidden(); };
    window.action(ActionId::LayoutLearn).trigger();
    CHECK(open("walkthrough"));
    CHECK(open("argument"));
    CHECK_FALSE(open("console"));
    CHECK_FALSE(open("code"));
    // The room of what is closed goes to its neighbours, not to the steps.
    QTest::qWait(50);
    CHECK(window.docks().view("timeline")->height() < window.docks().height() * 45 / 100);
    CHECK(window.docks().view("tables")->height() > window.docks().height() * 45 / 100);
    window.action(ActionId::LayoutDebug).trigger();
    // A recording has no gdb to prompt for.
    CHECK_FALSE(open("console"));
    CHECK(open("code"));
    CHECK_FALSE(open("walkthrough"));
    window.action(ActionId::LayoutInspect).trigger();
    CHECK(open("findings"));
    CHECK(open("walkthrough"));
    CHECK_FALSE(open("console"));
    window.action(ActionId::ResetLayout).trigger();
    // A recording has no gdb to prompt for.
    CHECK(window.docks().shownDocks() == static_cast<int>(window.docks().views().size()) - 1);
}

TEST_CASE("the layouts of a guest have a prompt where they are for debugging, and no empty narration")
{
    const BootHistory history(10);
    FakeGuest guest;
    guest.launched = true;
    MainWindow window;
    window.resize(1280, 800);
    window.show();
    window.document().setTimeline(history.open(), true);
    window.showViews();
    window.setGuest(&guest);
    const auto open
        = [&](const char* id) { return !window.docks().view(QLatin1String(id))->parentWidget()->isHidden(); };
    CHECK_FALSE(open("walkthrough"));
    window.action(ActionId::LayoutDebug).trigger();
    CHECK(open("console"));
    window.action(ActionId::LayoutLearn).trigger();
    CHECK_FALSE(open("console"));
    CHECK_FALSE(open("walkthrough"));
    window.setGuest(nullptr);
    // The next window begins with the layout of this one.
    window.action(ActionId::ResetLayout).trigger();
}

TEST_CASE("a window that is closed while a guest has no narration leaves the next one its place for it")
{
    const BootHistory history(5);
    FakeGuest guest;
    guest.launched = false;
    {
        MainWindow window;
        window.show();
        window.document().setTimeline(history.open(), true);
        window.showViews();
        window.docks().resetLayout();
        window.setGuest(&guest);
        CHECK(window.docks().view("walkthrough")->parentWidget()->isHidden());
        window.docks().saveLayout();
        CHECK(window.docks().view("walkthrough")->parentWidget()->isHidden());
        window.setGuest(nullptr);
    }
    MainWindow window;
    window.show();
    CHECK_FALSE(window.docks().view("walkthrough")->parentWidget()->isHidden());
}

TEST_CASE("without a focus the view that is meant is one that is seen")
{
    const Walkthrough story("lab-buffer-high");
    MainWindow window;
    window.resize(1280, 800);
    window.show();
    REQUIRE(window.openRecording(QString::fromStdString(story->path())));
    QTest::qWait(50);
    window.action(ActionId::GoTo).trigger();
    REQUIRE(window.docks().focusedView());
    CHECK_FALSE(window.docks().focusedView()->visibleRegion().isEmpty());
    // The argument covers Frames, which comes first of all views.
    CHECK(window.docks().focusedView() == window.docks().view("argument"));
}
