// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/catch.h"

#include <set>

#include <QDialog>
#include <QDropEvent>
#include <QFile>
#include <QFileInfo>
#include <QInputDialog>
#include <QLabel>
#include <QMenu>
#include <QMenuBar>
#include <QMessageBox>
#include <QMimeData>
#include <QPushButton>
#include <QSettings>
#include <QTemporaryDir>
#include <QTest>
#include <QTextBrowser>
#include <QTimer>
#include <QToolButton>
#include <QUrl>

#include "tests/support/gui/gui.h"
#include "tests/support/walkthrough.h"
#include "tests/views/boothistory.h"
#include "tests/views/bufferstory.h"
#include "tests/views/fakeguest.h"
#include "views/filters/filteredit.h"
#include "views/start/startpage.h"
#include "views/tables/tablesview.h"
#include "views/widgets/savedirectory.h"
#include "views/widgets/theme.h"
#include "views/widgets/viewtext.h"
#include "views/window/dockarea.h"
#include "views/window/exportview.h"
#include "views/window/gotobox.h"
#include "views/window/helpmenu.h"
#include "views/window/helppages.h"
#include "views/window/mainwindow.h"
#include "views/window/messagebar.h"
#include "views/window/runplaces.h"
#include "views/window/statusline.h"

using namespace pgtscope::views;
using namespace pgtscope::tests;

namespace {

/// Answers the question that is asked next by the button that has these words.
void answer(const char* words)
{
    QTimer::singleShot(0, qApp, [words] {
        auto* ask = qobject_cast<QMessageBox*>(QApplication::activeModalWidget());
        REQUIRE(ask);
        for (QAbstractButton* button : ask->buttons())
            if (button->text().contains(QLatin1String(words)))
                return button->click();
        FAIL("no such button");
    });
}

} // namespace

TEST_CASE("every action has a description, and no two share a key")
{
    std::set<QString> keys;
    unsigned position = 0;
    for (const ActionRow& row : actionTable()) {
        CAPTURE(row.text);
        CHECK(static_cast<unsigned>(row.id) == position++);
        CHECK(std::string(row.description).size() > 3);
        if (*row.shortcut != 0)
            CHECK(keys.insert(QString::fromLatin1(row.shortcut)).second);
    }
}

TEST_CASE("dialogs that save begin beside the recording that is open, whatever another program has open")
{
    MainWindow window;
    const QTemporaryDir elsewhere;
    {
        const BootHistory history(2);
        REQUIRE(window.openRecording(history.path()));
        const QString beside = QFileInfo(history.path()).absolutePath() + "/table.csv";
        CHECK(inSaveDirectory("table.csv") == beside);
        QSettings().setValue("window/directory", elsewhere.path());
        CHECK(inSaveDirectory("table.csv") == beside);
    }
    // The recording's directory is gone.
    CHECK(inSaveDirectory("table.csv") == elsewhere.filePath("table.csv"));
}

TEST_CASE("a recording opens, and keys go through its steps")
{
    const BootHistory history(30);
    MainWindow window;
    window.show();
    REQUIRE(window.openRecording(history.path()));
    CHECK(window.windowTitle().startsWith("boot.pgtrec — step 0 of 0–29"));
    CHECK_FALSE(window.action(ActionId::Back).isEnabled());
    window.action(ActionId::Forward).trigger();
    CHECK(window.document().step() == 1);
    window.action(ActionId::NextEvent).trigger();
    CHECK(window.document().step() == 5);
    window.action(ActionId::Last).trigger();
    CHECK(window.document().step() == 29);
    CHECK_FALSE(window.action(ActionId::Forward).isEnabled());
    window.action(ActionId::First).trigger();
    CHECK(window.document().step() == 0);
    CHECK_FALSE(window.action(ActionId::Run).isVisible());
}

TEST_CASE("a recording opens at its first chapter, or else where there are tables")
{
    using namespace pgtscope::core;
    const QTemporaryDir directory;
    const QString path = directory.filePath("early.pgtrec");
    auto writer = RecordingWriter::create(path.toStdString(), {}).value();
    Guest early(PagingMode::Off);
    Guest later(PagingMode::Level4);
    for (Guest* guest : {&early, &early, &early, &later, &later})
        REQUIRE(writer->append({}, guest->capture()));
    REQUIRE(writer->finish());
    MainWindow window;
    window.openRecording(path);
    CHECK(window.document().step() == 3);
    REQUIRE(changeAnnotations(path.toStdString(), {},
        {{0, AnnotationKind::Chapter, "Before paging", ""},
            {2, AnnotationKind::Chapter, "Still before", ""}}));
    window.openRecording(path);
    CHECK(window.document().step() == 0);
}

TEST_CASE("what cannot be opened is told above the views, and nothing waits for an answer")
{
    MainWindow window;
    window.show();
    CHECK_FALSE(window.openRecording(QStringLiteral("/nowhere/at/all.pgtrec")));
    CHECK(window.messages().isVisible());
    CHECK(window.messages().text().contains("/nowhere/at/all.pgtrec"));
    CHECK(window.startPage().isVisible());
}

TEST_CASE("the box takes addresses, symbols and filters")
{
    const BootHistory history(30);
    MainWindow window;
    window.show();
    window.openRecording(history.path());
    const auto enter = [&](const char* text) {
        window.gotoBox().clear();
        QTest::keyClicks(&window.gotoBox(), QString::fromLatin1(text));
        QTest::keyClick(&window.gotoBox(), Qt::Key_Return);
    };
    using pgtscope::core::FrameNumber;
    using pgtscope::core::LinearAddress;
    CHECK(QTest::qWaitForWindowActive(&window));
    window.docks().view("tables")->setFocus();
    QWidget* before = QApplication::focusWidget();
    window.gotoBox().setFocus();
    enter("pfn:0x12");
    // The keys are the views' again.
    CHECK(QApplication::focusWidget() == before);
    CHECK(window.selection().place().frame == FrameNumber(0x12));
    enter("frame:0x13");
    CHECK(window.selection().place().frame == FrameNumber(0x13));
    // No machine has such a frame: the place stays.
    enter("frame:0xffff888000000");
    CHECK(window.selection().place().frame == FrameNumber(0x13));
    CHECK(window.messages().text().contains("frame:0xffff888000000"));
    enter("alloc_low_pages+0x10");
    CHECK(window.selection().place().linear == LinearAddress(0xffffffff81000110));
    enter("va:0xffffffff81000020");
    CHECK(window.selection().place().linear == LinearAddress(0xffffffff81000020));
    enter("step 7");
    CHECK(window.document().step() == 7);
    CHECK(window.gotoBox().text().isEmpty());
    enter("step 300");
    CHECK(window.document().step() == 7);
    CHECK(window.messages().text().contains("the last is step 29"));
    enter("ffffffff81000000");
    CHECK(window.selection().place().linear == LinearAddress(0xffffffff81000000));
    // What was refused is of no interest once something is accepted; another message stays.
    CHECK_FALSE(window.messages().isVisible());
    window.showError("gdb died");
    enter("step 8");
    CHECK(window.messages().text() == "gdb died");
    window.action(ActionId::PlaceBack).trigger();
    CHECK(window.selection().place().linear == LinearAddress(0xffffffff81000020));
    // An address that is not mapped is not silently a physical one.
    enter("0x12000");
    CHECK(window.selection().place().linear == LinearAddress(0x12000));
    CHECK_FALSE(window.selection().place().frame);
    CHECK(window.messages().text().contains("pa:0x12000"));
    enter("pa:0x12000");
    CHECK(window.selection().place().frame == FrameNumber(0x12));
    enter("level == 1");
    auto* tables = window.docks().view("tables");
    REQUIRE(tables);
    CHECK(tables->findChild<FilterEdit*>()->text() == "level == 1");
    enter("level == nonsense");
    CHECK(window.messages().text().contains("nonsense"));
    enter("");
    CHECK(tables->findChild<FilterEdit*>()->text().isEmpty());
}

TEST_CASE("a live guest brings its buttons, and a button that cannot be pressed says why")
{
    const BootHistory history(5);
    FakeGuest guest;
    MainWindow window;
    window.show();
    window.document().setTimeline(history.open(), true);
    window.showViews();
    window.setGuest(&guest);
    CHECK(window.action(ActionId::Run).isVisible());
    window.action(ActionId::StepPgtBuf).trigger();
    window.action(ActionId::Run).trigger();
    CHECK(guest.asked == QStringList{"step pgt_buf", "run"});
    CHECK_FALSE(window.action(ActionId::StepWrite).isEnabled());
    CHECK(window.action(ActionId::StepWrite).toolTip() == "this guest cannot be stepped");
    guest.become(GuestController::State::Running);
    CHECK_FALSE(window.action(ActionId::Run).isEnabled());
    CHECK(window.action(ActionId::StepPgtBuf).toolTip().contains("running"));
    window.action(ActionId::Interrupt).trigger();
    CHECK(guest.asked.last() == "interrupt");
    emit guest.progress("Fetching", 1, 4);
    CHECK(window.status().findChild<QToolButton*>()->isVisible());
    emit guest.failed("could not step: gdb died; reconnect");
    CHECK(window.messages().text().startsWith("Could not step: gdb died"));
    CHECK_FALSE(window.status().findChild<QToolButton*>()->isVisible());
    guest.become(GuestController::State::Lost);
    CHECK(window.findChild<QLabel*>("state")->text().contains("lost"));
    // The message has the remedy beside it.
    bool again = false;
    QObject::connect(&window, &MainWindow::reconnectRequested, [&] { again = true; });
    auto* remedy = window.messages().findChild<QToolButton*>("remedy");
    REQUIRE(remedy->isVisible());
    CHECK(remedy->text().remove('&') == "Start a new guest");
    auto* attach = window.messages().findChild<QToolButton*>("otherRemedy");
    REQUIRE(attach->isVisible());
    CHECK(attach->text().remove('&') == "Attach again, keep 5 steps");
    QTest::mouseClick(attach, Qt::LeftButton);
    CHECK(guest.asked.last() == "attach again");
    CHECK_FALSE(again);
    emit guest.failed("no such socket");
    guest.noAttach = "its QEMU has ended";
    guest.become(GuestController::State::Lost);
    CHECK_FALSE(attach->isVisible());
    QTest::mouseClick(remedy, Qt::LeftButton);
    CHECK(again);
    CHECK_FALSE(window.messages().isVisible());
    window.setGuest(nullptr);
}

namespace {

/// A recording of one step, of a kernel without an early page-table buffer.
std::shared_ptr<pgtscope::core::Timeline> withoutBuffer(const QTemporaryDir& directory)
{
    const std::string path = directory.filePath(QStringLiteral("late.pgtrec")).toStdString();
    BufferStory story;
    story.buffer.epochs.clear();
    const auto [step, snapshot] = story.next();
    auto writer = pgtscope::core::RecordingWriter::create(path, {}).value();
    REQUIRE(writer->append(step, snapshot));
    REQUIRE(writer->finish());
    return pgtscope::core::Timeline::open(path).value();
}

} // namespace

TEST_CASE("what a guest that was attached to has nothing for takes no room, until it has")
{
    const QTemporaryDir directory;
    FakeGuest guest;
    MainWindow window;
    window.show();
    const auto open
        = [&](const char* id) { return !window.docks().view(QLatin1String(id))->parentWidget()->isHidden(); };
    window.document().setTimeline(withoutBuffer(directory), true);
    window.showViews();
    REQUIRE(window.document().state()->snapshot()->pgtBuf().epochs.empty());
    CHECK(open("pgtbuf"));
    SECTION("one that was launched here may get there")
    {
        window.setGuest(&guest);
        CHECK(open("pgtbuf"));
        CHECK_FALSE(open("walkthrough"));
    }
    SECTION("one that was attached to")
    {
        guest.launched = false;
        window.setGuest(&guest);
        CHECK_FALSE(open("pgtbuf"));
        CHECK_FALSE(open("argument"));
        CHECK_FALSE(open("walkthrough"));
        CHECK(open("tables"));
        window.action(ActionId::LayoutLearn).trigger();
        CHECK_FALSE(open("walkthrough"));
        CHECK(window.document().annotate({}, {{0, AnnotationKind::Note, "Seen", "here"}}));
        CHECK(open("walkthrough"));
        const BootHistory history(5);
        window.document().setTimeline(history.open(), true);
        CHECK(open("pgtbuf"));
        CHECK(open("argument"));
    }
    window.setGuest(nullptr);
    CHECK(open("pgtbuf"));
}

TEST_CASE("the step button steps at the grain that was chosen last, also in the next window")
{
    const BootHistory history(5);
    FakeGuest guest;
    for (const bool first : {true, false}) {
        MainWindow window;
        window.show();
        window.document().setTimeline(history.open(), true);
        window.showViews();
        window.setGuest(&guest);
        auto* button = window.findChild<QToolButton*>("step");
        REQUIRE(button);
        CHECK(button->defaultAction()
            == &window.action(first ? ActionId::StepPgtBuf : ActionId::StepInstruction));
        if (first)
            window.action(ActionId::StepInstruction).trigger();
        CHECK(button->defaultAction() == &window.action(ActionId::StepInstruction));
        window.setGuest(nullptr);
    }
    CHECK(guest.asked == QStringList{"step"});
}

TEST_CASE("a menu of boot events says what each means, and has those alone that may still come")
{
    const QStringList events{
        "early_top_pgt", "startup_xen", "setup_arch", "paging_init", "free_initmem", "panic"};
    const auto names = [&](const Document& document) {
        QStringList coming;
        for (const EventChoice& choice : comingEvents(events, document))
            coming += choice.event;
        return coming;
    };
    Document document;
    CHECK(names(document) == events);
    for (const EventChoice& choice : comingEvents(events, document)) {
        INFO(choice.text.toStdString());
        CHECK(choice.text.contains(QChar(0x2014)));
        CHECK(choice.meaning.size() > 20);
    }
    // One event says how far the boot has come, wherever the session began.
    const ViewFixture story;
    CHECK(names(story.document) == QStringList{"paging_init", "free_initmem", "panic"});
    const Walkthrough recording("debian-boot");
    document.setTimeline(pgtscope::core::Timeline::open(recording->path()).value(), false);
    CHECK(names(document) == QStringList{"panic"});
    CHECK(whyNotComing("setup_arch", document).contains("reached at step"));
    CHECK(whyNotComing("startup_xen", document).contains("Xen"));
    CHECK(whyNotComing("panic", document).isEmpty());
}

TEST_CASE("the menu of boot events runs the guest to the chosen one")
{
    const BootHistory history(5);
    FakeGuest guest;
    MainWindow window;
    window.show();
    window.document().setTimeline(history.open(), true);
    window.showViews();
    window.setGuest(&guest);
    QMenu* menu = window.findChild<QToolButton*>("runTo")->menu();
    emit menu->aboutToShow();
    auto* coming = menu->findChild<QAction*>("paging_init");
    REQUIRE(coming);
    coming->trigger();
    CHECK(guest.asked == QStringList{"run to paging_init"});
    window.setGuest(nullptr);
}

TEST_CASE("closing the window asks what becomes of steps that have no name, and an answer is obeyed")
{
    const BootHistory history(5);
    FakeGuest guest;
    MainWindow window;
    window.show();
    window.document().setTimeline(history.open(), true);
    window.showViews();
    window.setGuest(&guest);
    QString discarded;
    QObject::connect(&window, &MainWindow::discardRequested, [&](const QString& path) { discarded = path; });
    answer("Cancel");
    CHECK_FALSE(window.close());
    CHECK(discarded.isEmpty());
    SECTION("kept") { answer("Keep"); }
    SECTION("discarded")
    {
        answer("Discard");
        CHECK(window.close());
        CHECK_FALSE(discarded.isEmpty());
        window.show();
        answer("Keep");
    }
    SECTION("saved before") { guest.copy = "copy.pgtrec"; }
    SECTION("ended by a signal") { window.closeUnasked(); }
    CHECK(window.close());
    window.setGuest(nullptr);
}

TEST_CASE("the start page leads back to a session, and what would end the session asks first")
{
    const BootHistory history(5);
    FakeGuest guest;
    MainWindow window;
    window.show();
    auto* start = window.findChild<StartPage*>();
    REQUIRE(start);
    window.document().setTimeline(history.open(), true);
    window.showViews();
    window.setGuest(&guest);
    QAction& page = window.action(ActionId::Start);
    page.trigger();
    CHECK(start->isVisible());
    page.trigger();
    CHECK_FALSE(start->isVisible());
    page.trigger();
    auto* back = start->findChild<QPushButton*>("backToSession");
    REQUIRE(back->isVisible());
    CHECK(back->text().contains(guest.guestName()));
    QTest::mouseClick(back, Qt::LeftButton);
    CHECK_FALSE(start->isVisible());

    int launched = 0;
    QObject::connect(&window, &MainWindow::launchRequested, [&] { ++launched; });
    answer("Cancel");
    emit start->launchRequested({});
    CHECK(launched == 0);
    answer("Cancel");
    const Walkthrough other("lab-buffer-high");
    CHECK_FALSE(window.openAsked(QString::fromStdString(other->path())));
    CHECK(window.document().live());
    answer("Keep");
    emit start->launchRequested({});
    CHECK(launched == 1);
    window.closeUnasked();
    window.setGuest(nullptr);
}

TEST_CASE("the guest is run to a place that is typed")
{
    FakeGuest guest;
    MainWindow window;
    window.show();
    window.setGuest(&guest);
    window.action(ActionId::RunTo).trigger();
    auto* ask = window.findChild<QInputDialog*>("askRunTo");
    REQUIRE(ask);
    ask->setTextValue("phys_pte_init");
    ask->accept();
    CHECK(guest.asked == QStringList{"run to phys_pte_init"});
    window.setGuest(nullptr);
}

TEST_CASE("a dropped recording is opened")
{
    const BootHistory history(5);
    MainWindow window;
    window.show();
    QMimeData data;
    data.setUrls({QUrl::fromLocalFile(history.path())});
    QDragEnterEvent enter(QPoint(10, 10), Qt::CopyAction, &data, Qt::LeftButton, {});
    QApplication::sendEvent(&window, &enter);
    CHECK(enter.isAccepted());
    QDropEvent drop(QPointF(10, 10), Qt::CopyAction, &data, Qt::LeftButton, {});
    QApplication::sendEvent(&window, &drop);
    CHECK(window.document().size() == 5);
    CHECK(window.startPage().recent().first() == history.path());
}

TEST_CASE("every view can be exported as a picture")
{
    const BootHistory history(10);
    const QTemporaryDir directory;
    MainWindow window;
    window.show();
    window.openRecording(history.path());
    for (QWidget* view : window.docks().views()) {
        const QString name = directory.filePath(view->objectName());
        CAPTURE(name.toStdString());
        CHECK(exportView(*view, name + ".png").has_value());
        CHECK(exportView(*view, name + ".svg").has_value());
        QFile svg(name + ".svg");
        REQUIRE(svg.open(QIODevice::ReadOnly));
        CHECK(svg.readAll().contains("</svg>"));
    }
    CHECK_FALSE(exportView(window, "/nowhere/at/all.png").has_value());
}

TEST_CASE("a notice goes by itself, a condition when it is over, an error when it is dismissed")
{
    MainWindow window;
    window.show();
    MessageBar& messages = window.messages();
    messages.showNotice("Copied");
    auto* reading = messages.findChild<QTimer*>();
    REQUIRE(reading);
    CHECK(reading->isActive());
    CHECK(reading->interval() >= 5000);
    QMetaObject::invokeMethod(reading, "timeout", Qt::DirectConnection);
    CHECK_FALSE(messages.isVisible());
    messages.showCondition("The guest's kernel is not known");
    CHECK_FALSE(reading->isActive());
    messages.showRefusal({});
    CHECK(messages.isVisible());
    messages.showCondition({});
    CHECK_FALSE(messages.isVisible());
    messages.showError("gdb died");
    messages.showCondition({});
    messages.showNotice({});
    CHECK(messages.text() == "gdb died");
}

TEST_CASE("without symbols a guest's window offers to load them, until they are known")
{
    const BootHistory history(5);
    FakeGuest guest;
    MainWindow window;
    window.show();
    window.document().setTimeline(history.open(), true);
    window.showViews();
    window.setGuest(&guest);
    emit guest.symbolsMissing("The guest's kernel is not known");
    auto* remedy = window.messages().findChild<QToolButton*>("remedy");
    CHECK(remedy->isVisible());
    CHECK(remedy->defaultAction() == &window.action(ActionId::Symbols));
    emit guest.symbolsMissing({});
    CHECK_FALSE(window.messages().isVisible());
    window.setGuest(nullptr);
}

TEST_CASE("an operation in progress moves nothing")
{
    const BootHistory history(5);
    MainWindow window;
    window.resize(1280, 800);
    window.show();
    window.openRecording(history.path());
    QTest::qWait(50);
    const QRect before = window.docks().geometry();
    window.status().showProgress("Reading", 0, 0);
    QTest::qWait(50);
    CHECK(window.status().busy());
    CHECK(window.docks().geometry() == before);
    window.status().showProgress({}, 0, 0);
    CHECK_FALSE(window.status().busy());
}

TEST_CASE("a message moves nothing, and lies within the window")
{
    const BootHistory history(10);
    MainWindow window;
    window.resize(1000, 700);
    window.show();
    window.openRecording(history.path());
    QApplication::processEvents();
    const auto placeOf
        = [&] { return QRect(window.docks().mapTo(&window, QPoint()), window.docks().size()); };
    const QRect before = placeOf();
    window.showError(QString("A long message that needs several lines. ").repeated(12));
    QApplication::processEvents();
    CHECK(window.messages().isVisible());
    CHECK(placeOf() == before);
    CHECK(window.messages().parentWidget()->rect().contains(window.messages().geometry()));
    window.resize(900, 600);
    QApplication::processEvents();
    CHECK(window.messages().parentWidget()->rect().contains(window.messages().geometry()));
}

TEST_CASE("what stays true for long covers nothing, and is back after what came meanwhile")
{
    const BootHistory history(10);
    MainWindow window;
    window.resize(1000, 700);
    window.show();
    window.openRecording(history.path());
    QTest::qWait(20);
    MessageBar& bar = window.messages();
    const auto covered = [&] {
        QApplication::processEvents();
        return bar.isVisible()
            && bar.geometry().intersects(
                QRect(window.docks().mapTo(bar.parentWidget(), QPoint()), window.docks().size()));
    };
    const int height = window.docks().height();
    bar.showCondition("In your gdb: target remote unix:/tmp/g.sock");
    CHECK_FALSE(covered());
    CHECK(bar.isVisible());
    window.showError("Something else went wrong");
    CHECK(covered());
    bar.findChild<QToolButton*>("dismiss")->click();
    CHECK(bar.text().startsWith("In your gdb"));
    CHECK_FALSE(covered());
    bar.showCondition({});
    CHECK_FALSE(bar.isVisible());
    QApplication::processEvents();
    CHECK(window.docks().height() == height);
    window.showError("Another");
    bar.findChild<QToolButton*>("dismiss")->click();
    CHECK_FALSE(bar.isVisible());
}

TEST_CASE("an event that does not come any more is asked about before the guest runs to it")
{
    const ViewFixture story;
    FakeGuest guest;
    MainWindow window;
    window.show();
    window.document().setTimeline(story.document.timeline(), true);
    window.showViews();
    window.setGuest(&guest);
    const auto runTo = [&](const char* place) {
        window.action(ActionId::RunTo).trigger();
        auto* ask = window.findChild<QInputDialog*>("askRunTo");
        REQUIRE(ask);
        ask->setTextValue(place);
        ask->accept();
        QCoreApplication::sendPostedEvents(nullptr, QEvent::DeferredDelete);
    };
    runTo("paging_init");
    CHECK(guest.asked == QStringList{"run to paging_init"});
    runTo("setup_arch");
    CHECK(guest.asked.size() == 1);
    auto* sure = window.findChild<QMessageBox*>("askRunToOver");
    REQUIRE(sure);
    CHECK(sure->text().contains("the boot has come further"));
    sure->buttons().front()->click();
    window.setGuest(nullptr);
}

TEST_CASE("the help is in pages that scroll: keys by groups, fields, rules, glossary, the manual")
{
    MainWindow window;
    window.show();
    window.action(ActionId::Shortcuts).trigger();
    auto* keys = window.findChild<QDialog*>("Keys");
    REQUIRE(keys);
    const QString text = keys->findChild<QTextBrowser*>("helpText")->toPlainText();
    for (const char* word :
        {"Guest", "F5", "A presentation", "blank the screen", "show the page-table buffer"})
        CHECK(text.contains(QLatin1String(word)));
    CHECK(keys->height() < 700);
    window.action(ActionId::Shortcuts).trigger();
    CHECK(window.findChildren<QDialog*>("Keys").size() == 1);
    CHECK(glossaryPage().contains("pgt_buf_top"));
    CHECK(filterPage().contains("changed"));
    CHECK(rulesPage().contains("w-x"));
    window.help().setManual("All of <it>");
    for (const QAction* action : window.menuBar()->actions().last()->menu()->actions())
        CHECK((action->isVisible() && !action->text().isEmpty()));
}

TEST_CASE("pictures of the window, light and dark, small and large")
{
    const BootHistory history(60);
    MainWindow window;
    window.openRecording(history.path());
    window.document().goTo(40);
    for (const bool dark : {true, false}) {
        Theme::instance().apply(dark);
        for (const QSize size : {QSize(1280, 800), QSize(1920, 1080)}) {
            window.resize(size);
            window.show();
            window.docks().resetLayout();
            QTest::qWait(600);
            CHECK(grabTo(
                window, QStringLiteral("window-%1-%2").arg(dark ? "dark" : "light").arg(size.width())));
        }
    }
    Theme::instance().apply(true);
}

TEST_CASE("until a place is chosen the views show what the step is about")
{
    ViewFixture story;
    MainWindow window;
    window.document().setTimeline(story.document.timeline(), false);
    window.showViews();
    window.show();
    const auto changed = [&] { return window.document().state()->changes().entries.front().address; };
    for (const quint64 step : {3U, 5U}) {
        window.document().goTo(step);
        CHECK(window.selection().place().entry == changed());
    }
    CHECK_FALSE(window.action(ActionId::PlaceBack).isEnabled());

    const Place chosen = placeOf(pgtscope::core::FrameNumber(0x3f02));
    window.selection().select(chosen);
    window.document().goTo(6);
    CHECK(window.selection().place() == chosen);

    window.action(ActionId::PlaceBack).trigger();
    CHECK(window.selection().place().entry == changed());
    window.action(ActionId::PlaceForward).trigger();
    CHECK(window.selection().place() == chosen);

    // Places of one guest mean nothing in another.
    window.document().setTimeline(story.document.timeline(), false);
    CHECK(window.selection().place() != chosen);
    CHECK_FALSE(window.action(ActionId::PlaceBack).isEnabled());
}

TEST_CASE("a suggested place stays once it is chosen")
{
    Selection selection;
    const Place place = placeOf(pgtscope::core::FrameNumber(0x3f02));
    selection.suggest(place);
    CHECK(selection.place() == place);
    selection.select(place);
    selection.suggest(placeOf(pgtscope::core::FrameNumber(0x3f03)));
    CHECK(selection.place() == place);
}
