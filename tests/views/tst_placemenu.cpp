// SPDX-License-Identifier: GPL-2.0-or-later
// One menu for a right click, and one filter for all views.
#include "tests/support/catch.h"

#include <QClipboard>
#include <QContextMenuEvent>
#include <QGuiApplication>
#include <QLineEdit>
#include <QMenu>
#include <QPlainTextEdit>
#include <QSettings>
#include <QTableView>
#include <QTest>
#include <QToolButton>
#include <QTreeView>

#include "tests/support/gui/gui.h"
#include "tests/support/walkthrough.h"
#include "tests/views/fakeguest.h"
#include "views/console/consoleview.h"
#include "views/filters/filteredit.h"
#include "views/tables/tablesview.h"
#include "views/widgets/followingview.h"
#include "views/widgets/gridmodel.h"
#include "views/widgets/viewtext.h"
#include "views/window/dockarea.h"
#include "views/window/filterbar.h"
#include "views/window/gotobox.h"
#include "views/window/mainwindow.h"
#include "views/window/messagebar.h"

using namespace pgtscope::views;
using namespace pgtscope::tests;
using pgtscope::core::FrameNumber;

namespace {

/// The window at a shipped recording's boom.
struct Boom {
    Boom()
    {
        QSettings().remove("window/filters");
        window.resize(1500, 900);
        window.show();
        window.document().setTimeline(timeline, false);
        window.showViews();
        window.document().goTo(~0ULL);
        REQUIRE(QTest::qWaitForWindowActive(&window));
    }
    ~Boom() { window.document().setTimeline(nullptr, false); }

    QWidget& view(const char* id) { return *window.docks().view(QLatin1String(id)); }
    /// The menu that the key for menus opens in a view.
    QMenu* menuOf(QWidget& view)
    {
        delete view.findChild<QMenu*>("placeMenu");
        QContextMenuEvent event(QContextMenuEvent::Keyboard, QPoint(5, 5), view.mapToGlobal(QPoint(5, 5)));
        QApplication::sendEvent(&view, &event);
        return view.findChild<QMenu*>("placeMenu");
    }

    Walkthrough recording{"lab-buffer-high"};
    std::shared_ptr<pgtscope::core::Timeline> timeline
        = pgtscope::core::Timeline::open(recording->path()).value();
    MainWindow window;
};

QAction* entry(QMenu* menu, const QString& text)
{
    for (QAction* action : menu->actions())
        if (action->text().remove('&').contains(text))
            return action;
    return nullptr;
}

} // namespace

TEST_CASE("a right click offers the same things in every view that shows places")
{
    Boom boom;
    Place place;
    place.frame = FrameNumber(boom.window.document().state()->snapshot()->pgtBuf().epochs.back().start.value);
    boom.window.selection().select(place);
    for (const char* id :
        {"tables", "frames", "findings", "timeline", "entry", "pgtbuf", "argument", "code", "address"}) {
        INFO(id);
        boom.view(id).parentWidget()->raise();
        QMenu* menu = boom.menuOf(boom.view(id));
        REQUIRE(menu);
        for (const char* text : {"Apply as filter", "and not", "Who maps this frame", "last write",
                 "next write", "Show in", "Edit entry", "Copy", "Colour what matches"}) {
            INFO(text);
            CHECK(entry(menu, text));
        }
        menu->close();
    }
}

TEST_CASE("terms of the menu join the filter that is in use, and the bar shows hits and clears it")
{
    Boom boom;
    CHECK_FALSE(boom.window.filterBar().isVisible());
    Place place;
    place.frame = boom.window.document().state()->snapshot()->tables().front().frame();
    boom.window.selection().select(place);
    QMenu* filters = entry(boom.menuOf(boom.view("frames")), "Apply as filter")->menu();
    REQUIRE(filters);
    QAction* term = entry(filters, "pfn == ");
    REQUIRE(term);
    const QString text = term->text();
    term->trigger();
    CHECK(boom.window.filterBar().isVisible());
    CHECK(boom.window.gotoBox().text() == text);
    auto* frames = boom.window.filterBar().findChild<QToolButton*>("chip-framesView");
    REQUIRE(frames);
    CHECK(frames->text().endsWith(" 1"));

    SECTION("and not")
    {
        entry(entry(boom.menuOf(boom.view("frames")), "and not")->menu(), "pfn == ")->trigger();
        CHECK(boom.window.filterBar().filter() == text + " and not (" + text + ")");
        CHECK(frames->text().endsWith(" 0"));
    }
    SECTION("a chip switches one view off")
    {
        QTest::mouseClick(frames, Qt::LeftButton);
        CHECK(boom.view("frames").findChild<FilterEdit*>()->text().isEmpty());
        CHECK(boom.view("tables").findChild<FilterEdit*>()->text() == text);
        QTest::mouseClick(frames, Qt::LeftButton);
        CHECK(boom.view("frames").findChild<FilterEdit*>()->text() == text);
    }
    SECTION("Esc in the box ends it, the arrow keys bring it back, and what was selected stays selected")
    {
        QTest::keyClick(&boom.window.gotoBox(), Qt::Key_Escape);
        CHECK_FALSE(boom.window.filterBar().isVisible());
        CHECK(boom.view("timeline").findChild<FilterEdit*>()->text().isEmpty());
        CHECK(boom.window.selection().place() == place);
        QTest::keyClick(&boom.window.gotoBox(), Qt::Key_Down);
        CHECK(boom.window.gotoBox().text() == text);
    }
    SECTION("one button ends it")
    {
        QTest::mouseClick(boom.window.filterBar().findChild<QToolButton*>("clearFilter"), Qt::LeftButton);
        CHECK_FALSE(boom.window.filterBar().isVisible());
    }
}

TEST_CASE("a filter that steps do not record says so, and a walk of every step finds them")
{
    Boom boom;
    const auto rip = boom.window.document().state()->step().cpu.rip;
    boom.window.filterBar().apply("va == " + hexOf(rip.value));
    auto* chip = boom.window.filterBar().findChild<QToolButton*>("chip-timeline");
    auto* walk = boom.window.filterBar().findChild<QToolButton*>("searchEveryStep");
    REQUIRE(chip);
    CHECK(walk->isVisible());
    CHECK(chip->toolTip().contains("va is not recorded"));
    QTest::mouseClick(walk, Qt::LeftButton);
    REQUIRE(
        QTest::qWaitFor([&] { return !walk->isVisible() && !chip->text().contains("searched"); }, 60'000));
    CHECK(chip->text().section(' ', -1).toInt() > 0);
    boom.window.filterBar().apply("level == 1");
    CHECK_FALSE(walk->isVisible());
}

TEST_CASE("one key lists who maps the selected frame")
{
    Boom boom;
    QTest::keyClick(&boom.window, Qt::Key_M, Qt::ControlModifier);
    Place place;
    place.frame = boom.window.document().state()->snapshot()->tables().front().frame();
    boom.window.selection().select(place);
    QTest::keyClick(&boom.window, Qt::Key_M, Qt::ControlModifier);
    CHECK(boom.window.filterBar().filter().startsWith("pfn == "));
    CHECK(boom.view("tables").property("hits").toInt() > 0);
}

TEST_CASE("a right click is about the row below it, and the menu says what it is about")
{
    Boom boom;
    Place place;
    place.frame = FrameNumber(0x437c8);
    boom.window.selection().select(place);
    auto& cpu = boom.view("cpu");
    auto* table = cpu.findChild<QTableView*>("cpuTable");
    REQUIRE(table);
    auto* following = qobject_cast<FollowingView*>(&cpu);
    REQUIRE(following);
    following->refresh();
    const auto& rip = boom.window.document().state()->snapshot()->cpu().rip;
    const auto placeOf
        = [&](int row) { return table->model()->index(row, 0).data(GridModel::PlaceRole).value<Place>(); };
    int row = 0;
    while (row < table->model()->rowCount() && placeOf(row).linear != rip)
        ++row;
    REQUIRE(row < table->model()->rowCount());
    const QPoint at = table->visualRect(table->model()->index(row, 0)).center();
    QContextMenuEvent event(QContextMenuEvent::Mouse, at, table->viewport()->mapToGlobal(at));
    QApplication::sendEvent(table->viewport(), &event);
    CHECK(boom.window.selection().place().linear == rip);
    auto* menu = cpu.findChild<QMenu*>("placeMenu");
    REQUIRE(menu);
    CHECK(menu->actions().front()->text().startsWith("Linear address 0x"));
    CHECK_FALSE(menu->actions().front()->isEnabled());
}

TEST_CASE("who maps a frame is answered by detached tables, too")
{
    Boom boom;
    boom.window.document().goTo(64);
    Place place;
    place.frame = FrameNumber(0x437eb);
    boom.window.selection().select(place);
    QTest::keyClick(&boom.window, Qt::Key_M, Qt::ControlModifier);
    CHECK(boom.view("tables").property("hits").toInt() == 1);
    auto* tree = boom.view("tables").findChild<QTreeView*>();
    const QModelIndex row = tree->model()->index(0, 0);
    CHECK(row.data().toString() == "0x437eaf58 detached");
    tree->setCurrentIndex(row);
    CHECK(boom.window.selection().place().entry == pgtscope::core::PhysicalAddress(0x437eaf58));
    CHECK_FALSE(boom.window.selection().place().linear);
    boom.window.filterBar().apply("eff.rw and pa in 0x437eb000..0x43800000");
    CHECK(boom.view("tables").property("hits").toInt() == 1);
    CHECK(boom.view("frames").property("hits").toString().startsWith("21"));
    boom.window.filterBar().apply("region == pgt_buf");
    CHECK(boom.view("frames").property("hits").toString().startsWith("66"));
    boom.window.filterBar().apply({});
}

TEST_CASE("an address that gdb has printed has the menu of any other")
{
    Boom boom;
    FakeGuest guest;
    boom.window.setGuest(&guest);
    auto& console = dynamic_cast<ConsoleView&>(boom.view("console"));
    console.show();
    emit guest.consoleOutput("0xffffffff80100000");
    auto* output = console.findChild<QPlainTextEdit*>("consoleOutput");
    emit output->customContextMenuRequested(output->cursorRect(QTextCursor(output->document())).center());
    auto* menu = console.findChild<QMenu*>("placeMenu");
    REQUIRE(menu);
    CHECK(entry(menu, "Copy"));
    CHECK(entry(menu, "Who maps this frame"));
    menu->close();
    boom.window.setGuest(nullptr);
}

TEST_CASE("Tables follow a frame that is chosen elsewhere: the first entry that maps it is shown")
{
    Boom boom;
    auto& tables = dynamic_cast<TablesView&>(boom.view("tables"));
    Place place;
    place.frame = boom.window.document().state()->snapshot()->tables().back().frame();
    boom.window.selection().select(place);
    tables.refresh();
    REQUIRE(tables.tree().currentIndex().isValid());
    CHECK(tables.tree().currentIndex().data(Qt::DisplayRole).isValid());
    CHECK(boom.window.selection().place() == place);
}
