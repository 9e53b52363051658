// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/catch.h"

#include <QClipboard>
#include <QDockWidget>
#include <QFile>
#include <QGuiApplication>
#include <QLabel>
#include <QTemporaryDir>
#include <QTest>
#include <QTextBrowser>
#include <QTreeView>

#include "tests/support/gui/gui.h"
#include "tests/support/walkthrough.h"
#include "tests/views/boothistory.h"
#include "views/walkthrough/walkthroughview.h"
#include "views/window/dockarea.h"
#include "views/window/mainwindow.h"
#include "views/window/messagebar.h"
#include "views/window/momentlinks.h"

using namespace pgtscope;
using namespace pgtscope::views;
using namespace pgtscope::tests;

namespace {

QString messageOf(MainWindow& window)
{
    QString text;
    for (const QLabel* label : window.messages().findChildren<QLabel*>())
        text += label->text();
    return window.messages().isVisible() ? text : QString();
}

} // namespace

TEST_CASE("a link opens its recording at the step, the place and the view")
{
    const BootHistory history(30);
    MainWindow window;
    window.show();
    REQUIRE(window.links().open(history.path() + "#step=12&frame=0x10&view=cpu"));
    CHECK(window.document().step() == 12);
    CHECK(window.selection().place().frame == FrameNumber(0x10));
    const auto* cpu = qobject_cast<QDockWidget*>(window.docks().view("cpu")->parentWidget());
    CHECK_FALSE(cpu->visibleRegion().isEmpty());
    REQUIRE(window.links().open(history.path() + "#entry=0x1008&address=0xffff888000000000"));
    CHECK(window.selection().place().entry == PhysicalAddress(0x1008));
    CHECK(window.selection().place().linear == LinearAddress(0xffff888000000000));
}

TEST_CASE("a link to the last step shows its row whole, once the window has its size")
{
    const Walkthrough story("lab-buffer-high");
    for (const QSize size : {QSize(1280, 800), QSize(1920, 1080)}) {
        MainWindow window;
        window.resize(size);
        window.show();
        REQUIRE(window.links().open(QString::fromStdString(story->path()) + "#step=65"));
        QTest::qWait(300);
        const auto* list = window.findChild<QTreeView*>("steps");
        CAPTURE(size.width(), list->viewport()->height());
        REQUIRE(list->currentIndex().row() == 65);
        CHECK(list->viewport()->rect().contains(list->visualRect(list->currentIndex())));
    }
}

TEST_CASE("the link that is copied leads back to what was shown")
{
    const BootHistory history(30);
    MainWindow window;
    window.show();
    CHECK_FALSE(window.action(ActionId::CopyLink).isEnabled());
    REQUIRE(window.openRecording(history.path()));
    window.document().goTo(17);
    window.selection().select({LinearAddress(0x5000), FrameNumber(0x44), PhysicalAddress(0x1010), 4});
    window.action(ActionId::CopyLink).trigger();
    const QString text = QGuiApplication::clipboard()->text();
    CHECK(text.startsWith(history.path() + "#step=17&frame=0x44&entry=0x1010&address=0x5000"));
    MainWindow other;
    REQUIRE(other.links().open(text));
    CHECK(other.document().step() == 17);
    CHECK(other.selection().place().frame == FrameNumber(0x44));
    CHECK(other.selection().place().entry == PhysicalAddress(0x1010));
    CHECK(other.selection().place().linear == LinearAddress(0x5000));
}

TEST_CASE("a link that names no moment says why, and a file whose name has a '#' opens")
{
    const BootHistory history(5);
    MainWindow window;
    window.show();
    CHECK_FALSE(window.links().open(history.path() + "#garbage"));
    CHECK(messageOf(window).contains("'garbage' is no field"));
    CHECK_FALSE(window.links().open(history.path() + "#step=5"));
    CHECK(messageOf(window).contains("steps 0 to 4"));
    CHECK(window.document().size() == 5); // open all the same
    CHECK_FALSE(window.links().open(history.path() + "#view=kitchen"));
    CHECK(messageOf(window).contains("no view of that name"));
    CHECK_FALSE(window.links().open(history.path() + ".none#step=1"));
    const QTemporaryDir directory;
    const QString odd = directory.filePath("a#step=1.pgtrec");
    REQUIRE(QFile::copy(history.path(), odd));
    REQUIRE(window.links().open(odd));
    CHECK(window.document().timeline()->path() == odd.toStdString());
    REQUIRE(window.links().open(odd + "#step=3"));
    CHECK(window.document().step() == 3);
}

TEST_CASE("a narration leads to recordings beside its own, and to no other file")
{
    const BootHistory first(5);
    const BootHistory second(9);
    const QTemporaryDir directory;
    const QString here = directory.filePath("here.pgtrec");
    const QString there = directory.filePath("there.pgtrec");
    REQUIRE(QFile::copy(first.path(), here));
    REQUIRE(QFile::copy(second.path(), there));
    MainWindow window;
    window.show();
    REQUIRE(window.openRecording(here));
    window.document().goTo(4);
    auto* text = window.docks().view("walkthrough")->findChild<QTextBrowser*>("narration");
    emit text->anchorClicked(QUrl("pgtscope:recording/there.pgtrec#step=7&frame=0x20"));
    CHECK(window.document().timeline()->path() == there.toStdString());
    CHECK(window.document().step() == 7);
    CHECK(window.selection().place().frame == FrameNumber(0x20));
    // Back from the place that the link named, then from the link itself.
    window.document().goTo(8);
    for (int back = 0; back < 2; ++back) {
        CHECK(window.action(ActionId::PlaceBack).isEnabled());
        window.action(ActionId::PlaceBack).trigger();
    }
    CHECK(window.document().timeline()->path() == here.toStdString());
    CHECK(window.document().step() == 4);
    CHECK_FALSE(window.action(ActionId::PlaceBack).isEnabled());
    emit text->anchorClicked(QUrl("pgtscope:recording/there.pgtrec#step=7&frame=0x20"));
    for (const char* elsewhere :
        {"pgtscope:recording/../there.pgtrec#step=1", "pgtscope:recording//etc/passwd#step=1",
            "pgtscope:recording/passwd#step=1", "pgtscope:recording/missing.pgtrec#step=1"}) {
        CAPTURE(elsewhere);
        emit text->anchorClicked(QUrl(elsewhere));
        CHECK(window.document().timeline()->path() == there.toStdString());
        CHECK(window.document().step() == 7);
        CHECK_FALSE(messageOf(window).isEmpty());
    }
}
