// SPDX-License-Identifier: GPL-2.0-or-later
// The view of the argument: selection, keys, what it says, and pictures of it for a person to look at.
#include "tests/support/walkthrough.h"

#include <QDockWidget>
#include <QLabel>
#include <QTemporaryDir>
#include <QTest>

#include "tests/views/bufferstory.h"
#include "views/argument/argumentlegend.h"
#include "views/argument/argumentpicture.h"
#include "views/argument/argumentview.h"
#include "views/window/dockarea.h"
#include "views/window/mainwindow.h"

using namespace pgtscope;
using namespace pgtscope::tests;
using namespace pgtscope::views;

namespace {

/// A shipped recording in a view of its own.
struct ShownArgument {
    explicit ShownArgument(const char* name)
        : view(document, selection)
    {
        const QString file = QLatin1String(name) + QStringLiteral(".pgtrec");
        const QString copy = directory.filePath(file);
        QFile::copy(
            QLatin1String(test::projectDirectory) + QStringLiteral("/resources/walkthroughs/") + file, copy);
        document.setTimeline(core::Timeline::open(copy.toStdString()).value(), false);
        document.goTo(~0ULL);
        view.resize(640, 420);
        view.show();
        QApplication::processEvents();
    }

    ArgumentPicture& picture() { return *view.findChild<ArgumentPicture*>(); }
    QString text(const char* name) { return view.findChild<QLabel*>(QLatin1String(name))->text(); }

    QTemporaryDir directory;
    Document document;
    Selection selection;
    ArgumentView view;
};

constexpr ArgumentItem cell(std::size_t index) { return {ArgumentItem::Kind::Cell, index}; }

} // namespace

TEST_CASE("a click on a cell selects its page, a click on a table the table's")
{
    ShownArgument shown("lab-buffer-high");
    ArgumentPicture& picture = shown.picture();
    QTest::mouseClick(picture.viewport(), Qt::LeftButton, {}, picture.rectOf(cell(45)).center());
    CHECK(shown.selection.place().frame == core::FrameNumber(0x437eb));
    CHECK(shown.text("argumentCursor").contains("mapped writable from a detached table"));
    CHECK(shown.text("argumentCursor").contains("page table, level 1 (detached)"));

    const auto& nodes = picture.argument().tables.nodes;
    const auto mapper = std::find_if(
        nodes.begin(), nodes.end(), [](const auto& n) { return n.frame == core::FrameNumber(0x437ea); });
    REQUIRE(mapper != nodes.end());
    const ArgumentItem table{ArgumentItem::Kind::Table, static_cast<std::size_t>(mapper - nodes.begin())};
    QTest::mouseClick(picture.viewport(), Qt::LeftButton, {}, picture.rectOf(table).center());
    CHECK(shown.selection.place().frame == core::FrameNumber(0x437ea));
    CHECK(picture.cursor() == table);
    CHECK(shown.text("argumentCursor").contains("maps pages 0x437eb – 0x437ff writable"));
}

TEST_CASE("arrows move over the cells without selecting, Return selects")
{
    ShownArgument shown("lab-buffer-high");
    ArgumentPicture& picture = shown.picture();
    shown.selection.select(placeOf(core::FrameNumber(0x437ea)));
    CHECK(picture.cursor() == cell(44));
    QTest::keyClick(&picture, Qt::Key_Right);
    CHECK(picture.cursor() == cell(45));
    CHECK(shown.selection.place().frame == core::FrameNumber(0x437ea));
    CHECK(picture.accessibleDescription().contains("0x437eb"));
    CHECK(picture.accessibleDescription().contains("protected by both rules"));
    QTest::keyClick(&picture, Qt::Key_Return);
    CHECK(shown.selection.place().frame == core::FrameNumber(0x437eb));
    QTest::keyClick(&picture, Qt::Key_Right);
    CHECK(shown.text("argumentCursor").contains("protected only by Stabellini: up to pgt_buf_top"));
    CHECK(shown.selection.place().frame == core::FrameNumber(0x437eb));
    QTest::keyClick(&picture, Qt::Key_Home);
    CHECK(picture.cursor() == cell(0));
    QTest::keyClick(&picture, Qt::Key_Down);
    CHECK(picture.cursor().kind == ArgumentItem::Kind::Table);
}

TEST_CASE("as steps go by the text says what the end has reached")
{
    ShownArgument shown("lab-buffer-high");
    CHECK(shown.text("argumentText").startsWith("46 of 66 pages are tables."));
    CHECK(shown.view.property("summary").toString() == "46 of 66 pages");
    shown.document.goTo(0);
    CHECK(shown.view.findChild<QLabel*>("argumentText")->isHidden());
    CHECK(shown.picture().accessibleDescription().contains("Waiting for pgt_buf"));
    shown.picture().grab();
    QTest::keyClick(&shown.picture(), Qt::Key_Right);
    QTest::keyClick(&shown.picture(), Qt::Key_Return);
    CHECK(shown.picture().cursor() == cell(0));
}

TEST_CASE("while a recording has no buffer yet, the view leads to the step that sets it up")
{
    ShownArgument shown("lab-buffer-high");
    auto* begin = shown.view.findChild<QLabel*>("argumentBegin");
    CHECK(begin->isHidden());
    shown.document.goTo(0);
    CHECK_FALSE(begin->isHidden());
    emit begin->linkActivated("step");
    CHECK(begin->isHidden());
    REQUIRE(shown.picture().argument().epoch);
    const core::StepNumber first = shown.document.step();
    REQUIRE(first > 0);
    shown.document.goTo(first - 1);
    CHECK_FALSE(shown.picture().argument().epoch);
}

TEST_CASE("a table that is writable for the moment is said to be so")
{
    ShownArgument shown("lab-buffer-low");
    shown.document.goTo(11);
    CHECK(shown.text("argumentText")
              .startsWith("1 of 66 pages is a table. It is writable for the moment, as both rules allow."));
}

TEST_CASE("after free_initmem the view says that the values are dead")
{
    ShownArgument shown("debian-boot");
    CHECK(shown.text("argumentText").contains("The values are dead"));
    shown.picture().grab();
}

TEST_CASE("the legend has what the picture shows, and nothing else")
{
    ShownArgument shown("lab-buffer-high");
    auto* legend = shown.view.findChild<ArgumentLegend*>();
    REQUIRE(legend);
    CHECK(legend->accessibleDescription().contains("a writable mapping exists"));
    CHECK(legend->accessibleDescription().contains("detached page table"));
    CHECK_FALSE(legend->accessibleDescription().contains("handed back"));
}

TEST_CASE("a window without a recording has an argument that waits for one")
{
    Document document;
    Selection selection;
    ArgumentView view(document, selection);
    view.resize(400, 300);
    view.show();
    view.grab();
    QTest::keyClick(view.findChild<ArgumentPicture*>(), Qt::Key_Return);
    QTest::mouseClick(view.findChild<ArgumentPicture*>()->viewport(), Qt::LeftButton, {}, {200, 100});
    CHECK(selection.place().empty());
}

TEST_CASE("a narrow view and a wide one hold everything that is drawn")
{
    ShownArgument shown("xen-dom0-boot");
    for (const core::StepNumber step : {shown.document.size() - 1, shown.document.size() / 2})
        for (const QSize size : {QSize(120, 48), QSize(300, 700), QSize(1900, 500)}) {
            shown.document.goTo(step);
            shown.view.resize(size);
            QApplication::processEvents();
            const ArgumentPicture& picture = shown.picture();
            for (const QRect& rect : picture.layoutOfArgument().cells())
                CHECK(rect.right() <= picture.viewport()->width());
            shown.view.grab();
        }
}

TEST_CASE("a walkthrough about the argument begins with it in front, another one does not")
{
    QTemporaryDir directory;
    MainWindow window;
    window.resize(1280, 800);
    window.show();
    const auto open = [&](const QString& name) {
        const QString file = name + QStringLiteral(".pgtrec");
        QFile::copy(QLatin1String(test::projectDirectory) + QStringLiteral("/resources/walkthroughs/") + file,
            directory.filePath(file));
        REQUIRE(window.openRecording(directory.filePath(file)));
        QTest::qWait(50);
    };
    const auto inFront = [&](const char* id) {
        return dynamic_cast<FollowingView&>(*window.docks().view(QLatin1String(id))).isSeen();
    };
    window.docks().resetLayout();
    open(QStringLiteral("lab-buffer-high"));
    CHECK(inFront("argument"));
    CHECK(window.docks().view("argument")->width() >= 1280 * 42 / 100);
    open(QStringLiteral("debian-boot"));
    CHECK_FALSE(inFront("argument"));
    CHECK(inFront("frames"));
    open(QStringLiteral("xen-dom0-boot"));
    CHECK(inFront("argument"));
}

TEST_CASE("pictures of the argument")
{
    ShownArgument shown("lab-buffer-high");
    shown.selection.select(placeOf(core::FrameNumber(0x437eb)));
    photograph(shown.view, "argument", {640, 420});
    photograph(shown.view, "argument-wide", {1200, 460});
    CHECK(QFile::exists("screenshots/argument-dark.png"));
    ShownArgument dead("debian-boot");
    photograph(dead.view, "argument-dead", {640, 420});
    ShownArgument domain("xen-dom0-boot");
    domain.document.goTo(domain.document.size() / 2);
    photograph(domain.view, "argument-xen", {640, 420});
}
