// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/catch.h"

#include <QLineEdit>
#include <QListWidget>
#include <QPushButton>
#include <QTest>

#include "tests/support/gui/gui.h"
#include "views/start/choicelist.h"
#include "views/start/startpage.h"
#include "views/window/mainwindow.h"

using namespace pgtscope::views;
using namespace pgtscope::tests;

TEST_CASE("the start page offers a first step and a reading order; one click opens")
{
    StartPage page;
    page.resize(1100, 700);
    page.show();
    auto* first = page.findChild<QPushButton*>("introduction");
    CHECK_FALSE(first->isVisible());
    page.setShipped({{"/x/boom.pgtrec", "The boom", "It dies", 6, 5, true},
        {"/x/other.pgtrec", "Another", "It boots", 5, 3, false}, {"/x/plain.pgtrec", "Plain"}});
    QStringList opened;
    QObject::connect(&page, &StartPage::openRequested, [&](const QString& path) { opened += path; });
    CHECK(first->isVisible());
    CHECK(first->text().contains("in five minutes"));
    QTest::mouseClick(first, Qt::LeftButton);
    auto* shipped = page.findChild<QListWidget*>("shipped");
    CHECK(shipped->item(1)->text() == "2. Another");
    CHECK(shipped->item(1)->toolTip() == "3 min \u00b7 It boots, in 5 stations");
    CHECK(shipped->item(2)->toolTip() == "plain");
    QTest::mouseClick(
        shipped->viewport(), Qt::LeftButton, {}, shipped->visualItemRect(shipped->item(1)).center());
    shipped->setCurrentRow(2);
    QTest::keyClick(shipped, Qt::Key_Return);
    CHECK(opened == QStringList{"/x/boom.pgtrec", "/x/other.pgtrec", "/x/plain.pgtrec"});
}

TEST_CASE("lists of the start page show whole lines at every height, and at their end too")
{
    StartPage page;
    std::vector<GuestChoice> guests;
    for (int i = 0; i < 30; ++i)
        guests.push_back({QStringLiteral("guest-%1").arg(i), "A kernel", "4-level"});
    page.setGuests(guests);
    page.show();
    auto* list = page.findChild<QListWidget*>("guests");
    for (const int height : {640, 700, 713, 800, 1080}) {
        page.resize(1280, height);
        QTest::qWait(1);
        for (const bool end : {false, true}) {
            CAPTURE(height, end);
            if (end)
                list->scrollToBottom();
            else
                list->scrollToTop();
            const int row = list->sizeHintForRow(0);
            CHECK(list->viewport()->height() % row == 0);
            for (int i = 0; i < list->count(); ++i) {
                const QRect item = list->visualItemRect(list->item(i));
                if (item.intersects(list->viewport()->rect()))
                    CHECK(list->viewport()->rect().contains(item));
            }
        }
    }
}

TEST_CASE("the start page asks for guests, connections and files")
{
    StartPage page;
    page.resize(1100, 640);
    page.setGuests({{"debian", "Debian's kernel", "4-level"}, {"lab", "A small guest", "4-level"}});
    page.setShipped({{"/x/boom.pgtrec", "The boom"}});
    page.setExercises({{"xen-flip-writable", "Make a table writable", "xen"}});
    page.show();
    QStringList asked;
    QObject::connect(&page, &StartPage::launchRequested, [&](const LaunchWish& wish) {
        asked += "launch " + wish.guest + " " + wish.append + (wish.everyStore ? ", every store" : "")
            + (wish.checkpoints ? ", checkpoints" : "");
    });
    QObject::connect(&page, &StartPage::openRequested, [&](const QString& path) { asked += "open " + path; });
    QObject::connect(&page, &StartPage::attachRequested, [&](const QString& endpoint, const QString& kernel) {
        asked += "attach " + endpoint + " " + kernel;
    });
    page.findChild<QListWidget*>("guests")->setCurrentRow(1);
    QTest::keyClicks(page.findChild<QLineEdit*>("append"), "scenario=detached");
    QTest::mouseClick(page.findChild<QPushButton*>("launch"), Qt::LeftButton);
    auto* shipped = page.findChild<QListWidget*>("shipped");
    shipped->setCurrentRow(0);
    QTest::keyClick(shipped, Qt::Key_Return);
    QObject::connect(
        &page, &StartPage::exerciseRequested, [&](const QString& name) { asked += "exercise " + name; });
    auto* exercises = page.findChild<QListWidget*>("exercises");
    exercises->setCurrentRow(0);
    QTest::keyClick(exercises, Qt::Key_Return);
    QTest::keyClicks(page.findChild<QLineEdit*>("endpoint"), "localhost:1234");
    QTest::keyClick(page.findChild<QLineEdit*>("endpoint"), Qt::Key_Return);
    CHECK(asked
        == QStringList{"launch lab scenario=detached, checkpoints", "open /x/boom.pgtrec",
            "exercise xen-flip-writable", "attach localhost:1234 "});
    page.addConnection("unix:/tmp/g");
    page.addConnection("localhost:1");
    page.addConnection("unix:/tmp/g");
    CHECK(page.connections().mid(0, 2) == QStringList{"unix:/tmp/g", "localhost:1"});
    CHECK(grabTo(page, "start"));
}

TEST_CASE("at 1280 by 800 the start page shows every walkthrough and exercise, and cuts no word")
{
    MainWindow window;
    window.resize(1280, 800);
    StartPage& page = window.startPage();
    // As long as what is shipped.
    std::vector<ShippedRecording> walkthroughs(9,
        {"/x/the-arc.pgtrec", "The arc: an invariant of 2008, and what is left of it",
            "The history of these rules, from the invariant of 2008 to today", 11, 12, false});
    walkthroughs.front().introduction = true;
    page.setShipped(walkthroughs);
    std::vector<ExerciseChoice> exercises(5, {"writable", "Which entry maps a page table writable?", ""});
    exercises.push_back({"xen-skip-readonly", "Forget to make one page read-only", "xen"});
    exercises.push_back({"xen-flip-writable", "Make a table writable without Xen's knowledge", "xen"});
    page.setExercises(exercises);
    page.setGuests(std::vector<GuestChoice>(
        9, {"xen-domu", "Debian's kernel as PV dom0 of Debian's Xen, 1 GiB", "4-level"}));
    window.show();
    QTest::qWait(50);
    for (const char* name : {"shipped", "exercises", "guests"}) {
        const auto* list = page.findChild<QListWidget*>(name);
        CAPTURE(name);
        REQUIRE(list->count() > 0);
        const int room = list->viewport()->width() - 16;
        for (int i = 0; i < list->count(); ++i) {
            const QListWidgetItem& item = *list->item(i);
            CHECK(list->viewport()->rect().contains(list->visualItemRect(&item)));
            QFont bold = list->font();
            bold.setBold(true);
            CAPTURE(item.text().toStdString());
            CHECK(QFontMetrics(bold).horizontalAdvance(item.text()) <= room);
            CHECK(list->fontMetrics().horizontalAdvance(item.data(ChoiceList::AboutRole).toString()) <= room);
        }
    }
    CHECK(grabTo(window, "start-1280"));
}
