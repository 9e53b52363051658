// SPDX-License-Identifier: GPL-2.0-or-later
// The window as a person uses it: real widgets, mouse and keys, and real guests in QEMU.
#include "tests/support/catch.h"

#include <csignal>

#include <QAbstractScrollArea>
#include <QAccessible>
#include <QApplication>
#include <QCheckBox>
#include <QDialogButtonBox>
#include <QFileDialog>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QPlainTextEdit>
#include <QProcess>
#include <QPushButton>
#include <QRegularExpression>
#include <QTemporaryDir>
#include <QTest>
#include <QTextBrowser>
#include <QTimer>
#include <QToolButton>
#include <QTreeView>

#include "app/pgtscope/program.h"
#include "core/linux/events.h"
#include "core/recording/code.h"
#include "core/report/annotationfile.h"
#include "gdb/debian/guestcatalogue.h"
#include "gdb/debian/guestfetch.h"
#include "gdb/qemu/qemulauncher.h"
#include "testpaths.h"
#include "tests/support/catch/run.h"
#include "tests/support/gui/gui.h"
#include "tests/support/liveguest.h"
#include "views/entry/entryeditor.h"
#include "views/findings/findingsmodel.h"
#include "views/findings/findingsview.h"
#include "views/pgtbuf/pgtbufstrip.h"
#include "views/window/dockarea.h"
#include "views/window/messagebar.h"

using namespace pgtscope;
using views::ActionId;
using State = views::GuestController::State;

namespace {

/// A boot on a busy machine takes its time; a test that fails says so in the end.
constexpr int longWait = 240'000;

/// The program with its window shown, and guests in a run directory of their own.
struct Session {
    Session()
    {
        qputenv("XDG_RUNTIME_DIR", QFile::encodeName(runtime.path()));
        program.window().resize(1280, 800);
        program.window().show();
        // Keys reach the actions of an active window only.
        REQUIRE(QTest::qWaitForWindowActive(&program.window()));
    }

    views::MainWindow& window() { return program.window(); }
    QWidget& view(const char* id) { return *window().docks().view(QString::fromLatin1(id)); }
    State state() { return window().guest() ? window().guest()->state() : State::Detached; }
    core::Step step()
    {
        return window().document().state() ? window().document().state()->step() : core::Step();
    }
    core::GuestFrame bufferEnd()
    {
        const auto& epochs = window().document().state()->snapshot()->pgtBuf().epochs;
        return epochs.empty() ? core::GuestFrame() : epochs.back().end;
    }

    /// As a person does: choose the guest in the list, press the button.
    void launchFromStartPage(const char* guest, const char* append = "", bool everyStore = false)
    {
        auto* guests = window().startPage().findChild<QListWidget*>("guests");
        for (int row = 0; row < guests->count(); ++row)
            if (guests->item(row)->data(Qt::UserRole).toString() == QLatin1String(guest))
                QTest::mouseClick(guests->viewport(), Qt::LeftButton, {},
                    guests->visualItemRect(guests->item(row)).center());
        QTest::keyClicks(window().startPage().findChild<QLineEdit*>("append"), QString::fromLatin1(append));
        if (everyStore)
            QTest::keyClick(window().startPage().findChild<QCheckBox*>("everyStore"), Qt::Key_Space);
        QTest::mouseClick(window().startPage().findChild<QPushButton*>("launch"), Qt::LeftButton);
    }

    void awaitStoppedAt(const char* event)
    {
        const bool there = QTest::qWaitFor(
            [&] { return state() == State::Lost || (state() == State::Stopped && step().event == event); },
            longWait);
        INFO(window().messages().text().toStdString());
        REQUIRE(there);
        REQUIRE(state() == State::Stopped);
    }

    void awaitState(State wanted)
    {
        const bool there = QTest::qWaitFor([&] { return state() == wanted; }, longWait);
        INFO(window().messages().text().toStdString());
        REQUIRE(there);
    }

    /// A key that makes the guest run, until it stands still with a further step.
    void pressAndAwaitStop(Qt::Key key, Qt::KeyboardModifiers modifiers = {})
    {
        const auto steps = window().document().size();
        QTest::keyClick(&window(), key, modifiers);
        const bool stopped = QTest::qWaitFor(
            [&] { return state() == State::Stopped && window().document().size() > steps; }, longWait);
        INFO(window().messages().text().toStdString());
        REQUIRE(stopped);
    }

    void runLabToItsBoom()
    {
        launchFromStartPage("lab", "scenario=end-rule-high");
        awaitStoppedAt("find_early_table_space");
        pressAndAwaitStop(Qt::Key_F5);
        REQUIRE(step().event == "lab_boom");
    }

    void enterAtPrompt(const char* command)
    {
        auto* line = view("console").findChild<QLineEdit*>("consoleLine");
        QTest::keyClicks(line, QString::fromLatin1(command));
        QTest::keyClick(line, Qt::Key_Return);
    }
    QString consoleText()
    {
        return view("console").findChild<QPlainTextEdit*>("consoleOutput")->toPlainText();
    }
    void awaitConsole(const char* text)
    {
        const bool there = QTest::qWaitFor(
            [&] { return consoleText().contains(QLatin1String(text)) && state() == State::Stopped; },
            longWait);
        INFO(consoleText().toStdString());
        REQUIRE(there);
    }

    pid_t qemu()
    {
        const auto running = gdb::QemuLauncher().listRunning();
        REQUIRE(running.has_value());
        REQUIRE(running->size() == 1);
        return running->front().process.pid;
    }

    QTemporaryDir runtime;
    app::Program program;
};

/// Fills in the file dialog that the next key opens, as soon as it is there, and accepts it.
void saveAsNext(const QString& path)
{
    QTimer::singleShot(50, qApp, [path] {
        auto* dialog = qobject_cast<QFileDialog*>(QApplication::activeModalWidget());
        if (!dialog) {
            saveAsNext(path);
            return;
        }
        auto* name = dialog->findChild<QLineEdit*>(QStringLiteral("fileNameEdit"));
        REQUIRE(name);
        name->setText(path);
        QTest::keyClick(name, Qt::Key_Return);
    });
}

/// What the views show, but for what may differ between a session and its recording. What lies under the
/// pointer is drawn lighter: it is taken away.
std::map<std::string, QImage> picturesOf(Session& session)
{
    std::map<std::string, QImage> pictures;
    for (const char* id : {"frames", "pgtbuf", "tables", "findings", "entry", "address", "cpu", "code"}) {
        QWidget& view = session.view(id);
        view.parentWidget()->raise();
        QTest::qWait(400);
        for (auto* area : view.findChildren<QAbstractScrollArea*>()) {
            QHoverEvent leave(QEvent::HoverLeave, QPointF(-1, -1), QPointF(-1, -1), QPointF());
            QApplication::sendEvent(area->viewport(), &leave);
        }
        // Where one has scrolled to is no part of the recording.
        for (auto* tree : view.findChildren<QTreeView*>())
            tree->scrollTo(tree->currentIndex(), QAbstractItemView::PositionAtTop);
        pictures[id] = view.grab().toImage();
    }
    return pictures;
}

} // namespace

TEST_CASE(
    "Debian's kernel: launched from the start page, stopped where its buffer begins, stepped at pgt_buf")
{
    Session session;
    session.launchFromStartPage("debian");
    CHECK(session.state() == State::Connecting);
    session.awaitStoppedAt("early_alloc_pgt_buf");
    CHECK(session.window().windowTitle().startsWith("debian"));

    // At the first change the buffer has no top yet; it stands when the function returns.
    session.pressAndAwaitStop(Qt::Key_F10);
    session.pressAndAwaitStop(Qt::Key_F10);
    const auto begin = session.bufferEnd();
    REQUIRE(begin != core::GuestFrame());
    auto* strip = session.view("pgtbuf").findChild<views::PgtBufStrip*>();
    REQUIRE(strip);
    // A view behind another one waits with what it shows.
    session.view("pgtbuf").parentWidget()->raise();
    REQUIRE(QTest::qWaitFor([strip] { return strip->isVisible(); }, longWait));
    const QImage before = strip->grab().toImage();

    session.pressAndAwaitStop(Qt::Key_F10);
    session.pressAndAwaitStop(Qt::Key_F10);
    CHECK(session.step().cause == core::StepCause::PgtBufChange);
    CHECK(begin < session.bufferEnd());
    CHECK(QTest::qWaitFor([&] { return strip->grab().toImage() != before; }, longWait));
    CHECK(tests::grabTo(session.window(), "live-debian"));

    SECTION("one instruction, and the code of the step shows where it stands")
    {
        session.pressAndAwaitStop(Qt::Key_F11, Qt::ShiftModifier);
        const auto& document = session.window().document();
        const auto code = document.timeline()->code(document.step()).value();
        const auto at = std::find_if(code.begin(), code.end(),
            [&](const core::CodeLine& line) { return line.address == session.step().cpu.rip; });
        REQUIRE(at != code.end());
        CHECK_FALSE(at->text.empty());
        session.view("code").parentWidget()->raise();
        QTest::qWait(400);
        CHECK(tests::grabTo(session.window(), "live-code"));
    }
    SECTION("gdb's prompt: what a command does shows as a step")
    {
        session.view("console").parentWidget()->raise();
        session.enterAtPrompt("info registers rip");
        session.awaitConsole("rip ");
        const auto steps = session.window().document().size();

        session.enterAtPrompt("stepi");
        REQUIRE(QTest::qWaitFor([&] { return session.window().document().size() > steps; }, longWait));
        session.awaitState(State::Stopped);
        CHECK(session.step().text.find("gdb: stepi") == 0);

        session.enterAtPrompt("set var $rax = 0x1234");
        REQUIRE(QTest::qWaitFor([&] { return session.window().document().size() >= steps + 1; }, longWait));
        session.enterAtPrompt("print $rax");
        session.awaitConsole("4660");

        session.enterAtPrompt("python");
        session.awaitConsole("one line at a time");

        auto* line = session.view("console").findChild<QLineEdit*>("consoleLine");
        line->setFocus();
        QTest::keyClicks(line, "info registe");
        QTest::keyClick(line, Qt::Key_Tab);
        CHECK(QTest::qWaitFor([&] { return line->text() == "info registers "; }, longWait));
        line->clear();
        QTest::keyClick(line, Qt::Key_Up);
        CHECK(line->text() == "python");
        CHECK(tests::grabTo(session.window(), "live-console"));
    }
    SECTION("gdb's prompt: continue runs to what the user asked for, past the boot's own events")
    {
        session.enterAtPrompt("info symbol paging_init");
        session.awaitConsole("paging_init in section");
        session.enterAtPrompt("hbreak mark_rodata_ro");
        session.awaitConsole("Hardware assisted breakpoint");
        session.enterAtPrompt("info breakpoints");
        session.awaitConsole("belong to pgtscope");
        const auto steps = session.window().document().size();
        session.enterAtPrompt("continue");
        session.awaitState(State::Running);
        session.awaitState(State::Stopped);
        CHECK(session.step().ripSymbol.find("mark_rodata_ro") == 0);
        CHECK(session.step().text.find("gdb: continue") == 0);
        CHECK(session.window().document().size() > steps + 2);
        CHECK(session.consoleText().contains("pgtscope recorded step"));

        // Nothing stops this one: the guest idles in the end.
        session.enterAtPrompt("delete");
        session.enterAtPrompt("continue");
        session.awaitState(State::Running);
        auto* line = session.view("console").findChild<QLineEdit*>("consoleLine");
        QTest::qWait(3000);
        QTest::keyClick(line, Qt::Key_C, Qt::ControlModifier);
        session.awaitState(State::Stopped);
        CHECK(session.step().text.find("gdb: continue") == 0);
        session.enterAtPrompt("print $rip");
        session.awaitConsole("(void (*)()) 0x");
    }
    SECTION("a guest that runs is stopped")
    {
        QTest::keyClick(&session.window(), Qt::Key_F5);
        session.awaitState(State::Running);
        CHECK_FALSE(session.window().action(ActionId::StepPgtBuf).isEnabled());
        CHECK(session.window().action(ActionId::StepPgtBuf).toolTip().contains("running"));
        QTest::keyClick(&session.window(), Qt::Key_F5, Qt::ShiftModifier);
        session.awaitState(State::Stopped);
        CHECK(session.step().cause == core::StepCause::UserStop);
    }
}

TEST_CASE("the lab guest: the violation is found, saved, and shows the same when it is opened again")
{
    Session session;
    session.runLabToItsBoom();

    auto& findings = dynamic_cast<views::FindingsView&>(session.view("findings"));
    auto* tree = findings.findChild<QTreeView*>("findings");
    REQUIRE(tree);
    const auto& reports = session.window().document().state()->reports();
    const auto broken = std::find_if(reports.begin(), reports.end(),
        [](const core::RuleReport& report) { return report.rule == std::string_view("xen-ro"); });
    REQUIRE(broken != reports.end());
    std::vector<core::FrameNumber> violated;
    for (const core::FindingMark& mark : broken->marks)
        if (mark.state == core::FindingState::Violation)
            violated.push_back(mark.frame);
    REQUIRE(violated.size() == 1);
    // The first finding of the first rule that has one: the gravest come first.
    const QModelIndex rule = tree->model()->index(0, 0);
    tree->expand(rule);
    const QModelIndex first = tree->model()->index(0, 0, rule);
    QTest::mouseClick(tree->viewport(), Qt::LeftButton, {}, tree->visualRect(first).center());
    QTest::mouseDClick(tree->viewport(), Qt::LeftButton, {}, tree->visualRect(first).center());
    CHECK(session.window().selection().place().frame == violated.front());
    QTest::qWait(400);
    CHECK(tests::grabTo(session.window(), "live-lab"));

    const QString path = session.runtime.filePath("boom.pgtrec");
    const auto at = session.window().document().step();
    saveAsNext(path);
    QTest::keyClick(&session.window(), Qt::Key_S, Qt::ControlModifier);
    REQUIRE(
        QTest::qWaitFor([&] { return session.window().messages().text().contains("Saved to"); }, longWait));
    // Its bar takes room from the docks, which do not come back to the same pixel; a live guest has more
    // buttons.
    session.window().messages().hide();
    session.view("entry").findChild<QToolButton*>("editEntry")->hide();
    session.view("console").parentWidget()->hide();
    const auto live = picturesOf(session);

    const views::Place selected = session.window().selection().place();
    REQUIRE(session.window().openRecording(path));
    CHECK(session.window().guest() == nullptr);
    CHECK(session.window().messages().text().isEmpty());
    CHECK(session.window().document().timeline()->finished());
    session.window().document().goTo(at);
    session.window().selection().select(selected);
    // A guest without notes has no narration, a recording has room for one.
    session.view("walkthrough").parentWidget()->hide();
    const auto again = picturesOf(session);
    for (const auto& [id, picture] : live) {
        CAPTURE(id);
        const bool same = again.at(id) == picture;
        CHECK(same);
        if (!same) {
            picture.save(QStringLiteral("screenshots/differs-%1-live.png").arg(id.c_str()));
            again.at(id).save(QStringLiteral("screenshots/differs-%1-saved.png").arg(id.c_str()));
        }
    }
}

TEST_CASE(
    "a guest that was launched here is brought back to the event before, proven, and goes on from there")
{
    Session session;
    session.runLabToItsBoom();
    const auto steps = session.window().document().size();
    QTest::keyClick(&session.window(), Qt::Key_F6, Qt::ShiftModifier);
    const bool back = QTest::qWaitFor(
        [&] { return session.state() == State::Stopped && session.step().text.starts_with("live again at"); },
        longWait);
    INFO(session.window().messages().text().toStdString());
    REQUIRE(back);
    const QString proof = QStringLiteral("Live at step %1, identical to the recording").arg(steps - 2);
    CHECK(QTest::qWaitFor([&] { return session.window().messages().text().contains(proof); }, longWait));
    // The past is there, and the step at which the guest stands.
    CHECK(session.window().document().size() == steps);
    session.pressAndAwaitStop(Qt::Key_F6);
    CHECK(session.step().event == "lab_boom");
}

TEST_CASE("an exercise is told as the guest gets to its places, beside what the user notes")
{
    Session session;
    session.launchFromStartPage("lab", "scenario=end-rule-high");
    session.awaitStoppedAt("find_early_table_space");
    views::Document& document = session.window().document();
    const core::StepNumber first = session.step().number;
    REQUIRE(document.annotate({}, {{first, core::AnnotationKind::Note, "Mine", "my own"}}).has_value());
    app::ExerciseGuide guide(document,
        "# [find_early_table_space] Begin\n\nGo on.\n\n# [lab_boom] The end\n\nIt is dead.\n\n"
        "# [poke#2] Never\n\nNobody pokes here.\n");
    guide.follow();
    auto* narration = session.view("walkthrough").findChild<QTextBrowser*>("narration");
    CHECK(narration->toPlainText().contains("Go on."));
    CHECK(narration->toPlainText().contains("my own"));

    session.pressAndAwaitStop(Qt::Key_F5);
    REQUIRE(session.step().event == "lab_boom");
    REQUIRE(QTest::qWaitFor([&] { return narration->toPlainText().contains("It is dead."); }, longWait));
    const auto annotations = document.timeline()->annotations();
    REQUIRE(annotations.has_value());
    REQUIRE(annotations->size() == 3);
    CHECK((*annotations)[0].title == "Mine");
    CHECK((*annotations)[1].title == "Begin");
    CHECK((*annotations)[1].step == first);
    CHECK((*annotations)[2].step == session.step().number);
}

TEST_CASE("a run ends where the guest dies")
{
    if (const auto fetched = gdb::fetchGuest(gdb::findRecipe("lab-xen").value(), {}); !fetched)
        tests::skipCase(fetched.error().message());
    Session session;
    session.launchFromStartPage("lab-xen", "scenario=end-rule-low skip_readonly=20 hole=yes");
    session.awaitStoppedAt("xen_setup_kernel_pagetable");
    session.pressAndAwaitStop(Qt::Key_F5);
    CHECK(session.step().cause == core::StepCause::Death);
    CHECK(session.step().event == "panic");
    CHECK(session.state() == State::Stopped);
}

TEST_CASE("the exercises that come with the program name guests, and places that there are")
{
    const auto exercises = app::shippedExercises();
    REQUIRE(exercises.size() == 3);
    for (const app::Exercise& exercise : exercises) {
        CAPTURE(exercise.name.toStdString());
        CHECK_FALSE(exercise.title.isEmpty());
        CHECK(gdb::findRecipe(exercise.guest.toStdString()).has_value());
        QFile file(exercise.file);
        REQUIRE(file.open(QIODevice::ReadOnly));
        core::StepNumber next = 0;
        const auto resolver = [&](std::string_view name, std::uint64_t) -> std::optional<core::StepNumber> {
            const bool cause = name == core::causeText(core::StepCause::Poke)
                || name == core::causeText(core::StepCause::UserStop)
                || name == core::causeText(core::StepCause::Death);
            const auto events = core::bootEvents();
            const bool event = std::any_of(
                events.begin(), events.end(), [&](const core::BootEvent& e) { return e.name == name; });
            return cause || event ? std::optional(++next) : std::nullopt;
        };
        const auto chapters = core::annotationsFromMarkdown(file.readAll().toStdString(), resolver);
        if (!chapters)
            FAIL(chapters.error().message());
        CHECK(chapters->size() >= 4);
    }
}

TEST_CASE("the lab guest: an entry that breaks the rule is mended by hand, and broken again")
{
    Session session;
    session.runLabToItsBoom();
    const auto violation = [&]() -> const core::Finding* {
        for (const core::RuleReport& report : session.window().document().state()->reports())
            for (const core::Finding& finding : report.findings)
                if (report.rule == std::string_view("xen-ro")
                    && finding.state == core::FindingState::Violation)
                    return &finding;
        return nullptr;
    };
    REQUIRE(violation());
    views::Place place;
    place.entry = violation()->entry.address;
    session.window().selection().select(place);

    const auto write = [&](ActionId action, Qt::Key key, Qt::KeyboardModifiers modifiers, const char* flag) {
        const auto steps = session.window().document().size();
        // A window manager would give it back the keys, which the dialog has had.
        session.window().activateWindow();
        REQUIRE(QTest::qWaitForWindowActive(&session.window()));
        REQUIRE(QTest::qWaitFor([&] { return session.window().action(action).isEnabled(); }, longWait));
        QTest::keyClick(&session.window(), key, modifiers);
        auto* editor = session.window().findChild<views::EntryEditor*>();
        INFO(session.window().messages().text().toStdString());
        REQUIRE(editor);
        if (*flag != 0)
            QTest::keyClick(editor->findChild<QCheckBox*>(flag), Qt::Key_Space);
        QTest::mouseClick(editor->findChild<QPushButton*>("writeEntry"), Qt::LeftButton);
        const bool kept
            = QTest::qWaitFor([&] { return session.window().document().size() == steps + 1; }, longWait);
        INFO(session.window().messages().text().toStdString());
        REQUIRE(kept);
        session.awaitState(State::Stopped);
        QCoreApplication::sendPostedEvents(nullptr, QEvent::DeferredDelete);
        CHECK(session.step().cause == core::StepCause::Poke);
    };
    write(ActionId::EditEntry, Qt::Key_F2, {}, "R/W");
    CHECK(violation() == nullptr);
    write(ActionId::UndoEdit, Qt::Key_Z, Qt::ControlModifier, "");
    CHECK(violation() != nullptr);
    CHECK(tests::grabTo(session.window(), "live-edited"));
}

TEST_CASE("lent to one's own gdb, the guest's stops there are steps here; taken back, it goes on from here")
{
    Session session;
    session.launchFromStartPage("lab", "scenario=end-rule-high");
    session.awaitStoppedAt("find_early_table_space");
    views::Document& document = session.window().document();
    const core::StepNumber before = document.size();
    session.window().action(ActionId::Share).trigger();
    const auto reported = [&] { return session.window().messages().text(); };
    REQUIRE(QTest::qWaitFor([&] { return reported().contains("target remote"); }, longWait));
    CHECK(session.state() == State::Running);
    const auto endpoint = QRegularExpression("target remote (\\S+)\\. ").match(reported()).captured(1);
    const auto place = document.symbols().find("kernel_physical_mapping_init");
    REQUIRE(place);

    QProcess gdb;
    gdb.start("gdb",
        {"-nx", "-batch", "-ex", "set architecture i386:x86-64", "-ex", "target remote " + endpoint, "-ex",
            "hbreak *0x" + QString::number(place->value, 16), "-ex", "continue", "-ex", "disconnect"});
    REQUIRE(QTest::qWaitFor([&] { return gdb.state() == QProcess::NotRunning; }, longWait));
    INFO(gdb.readAll().toStdString());
    session.window().action(ActionId::Interrupt).trigger();
    session.awaitState(State::Stopped);
    CHECK(session.step().text == "sharing with your gdb ended");
    CHECK(session.step().cpu.rip == *place);
    bool met = false;
    for (core::StepNumber number = before; number < document.size(); ++number)
        met = met || document.timeline()->step(number)->event == "kernel_physical_mapping_init";
    CHECK(met);
    session.pressAndAwaitStop(Qt::Key_F5);
    CHECK(session.step().event == "lab_boom");
}

TEST_CASE("every store of a guest that was launched for it is a step, has its writer, and is saved so")
{
    Session session;
    session.launchFromStartPage("lab", "scenario=end-rule-high", true);
    session.awaitStoppedAt("find_early_table_space");
    CHECK(session.window().guest()->whyNoStores().isEmpty());
    session.pressAndAwaitStop(Qt::Key_F5);
    CHECK(session.step().event == "lab_boom");
    views::Document& document = session.window().document();
    CHECK(document.size() > 100);
    REQUIRE(QTest::qWaitFor([&] { return document.writes().complete(); }, longWait));
    CHECK_FALSE(document.writes().lanes().isEmpty());
    CHECK(tests::grabTo(session.window(), "live-stores"));

    // From the violation to the store that made it one.
    auto& findings = dynamic_cast<views::FindingsView&>(session.view("findings"));
    auto* tree = findings.findChild<QTreeView*>("findings");
    const QModelIndex rule = tree->model()->index(0, 0);
    tree->expand(rule);
    tree->setCurrentIndex(tree->model()->index(0, 0, rule));
    tree->setFocus();
    QTest::keyClick(tree, Qt::Key_W, Qt::ControlModifier);
    CHECK(session.step().cause == core::StepCause::TableWrite);
    CHECK_FALSE(session.step().ripSymbol.empty());
    QTest::qWait(400);
    CHECK(tests::grabTo(session.window(), "live-stores-write"));

    const QString path = session.runtime.filePath("stores.pgtrec");
    saveAsNext(path);
    QTest::keyClick(&session.window(), Qt::Key_S, Qt::ControlModifier);
    const bool reported
        = QTest::qWaitFor([&] { return !session.window().messages().text().isEmpty(); }, longWait);
    INFO(session.window().messages().text().toStdString());
    REQUIRE(reported);
    REQUIRE(session.window().messages().text().contains("Saved to"));
    const auto timeline = document.timeline();
    const auto size = timeline->size();
    session.program.detachGuest();
    const auto saved = core::Timeline::open(path.toStdString()).value();
    CHECK(saved->finished());
    REQUIRE(saved->size() == size);
    const auto original = core::Timeline::open(timeline->path()).value();
    for (core::StepNumber step = 0; step < size; ++step)
        CHECK(saved->changes(step).value() == original->changes(step).value());
    CHECK(*saved->snapshot(size - 1).value()->tables()[0].page
        == *original->snapshot(size - 1).value()->tables()[0].page);
}

TEST_CASE("a QEMU that is killed: the window says so, keeps what was recorded, and launches it anew")
{
    Session session;
    session.launchFromStartPage("lab", "scenario=end-rule-high");
    SECTION("while the guest stands still") { session.awaitStoppedAt("find_early_table_space"); }
    SECTION("while the guest runs")
    {
        session.awaitStoppedAt("find_early_table_space");
        session.pressAndAwaitStop(Qt::Key_F5);
        // The kernel has died: nothing stops it any more.
        QTest::keyClick(&session.window(), Qt::Key_F5);
        session.awaitState(State::Running);
    }
    SECTION("while it is single-stepped")
    {
        session.awaitStoppedAt("find_early_table_space");
        QTest::keyClick(&session.window(), Qt::Key_F11);
        session.awaitState(State::Running);
    }
    SECTION("before there is a first step")
    {
        REQUIRE(QTest::qWaitFor(
            [] {
                const auto running = gdb::QemuLauncher().listRunning();
                return running && running->size() == 1;
            },
            longWait));
    }
    const auto kept = session.window().document().size();
    ::kill(session.qemu(), SIGKILL);
    const bool reported = QTest::qWaitFor(
        [&] { return session.state() == State::Lost || session.state() == State::Detached; }, longWait);
    INFO(session.window().messages().text().toStdString());
    REQUIRE(reported);
    CHECK(session.window().messages().isVisible());
    CHECK_FALSE(session.window().messages().text().isEmpty());
    CHECK(session.window().document().size() >= kept);
    auto* remedy = session.window().messages().findChild<QToolButton*>("remedy");
    REQUIRE(remedy);
    REQUIRE(remedy->isVisible());
    QTest::mouseClick(remedy, Qt::LeftButton);
    session.awaitStoppedAt("find_early_table_space");
    CHECK(session.window().messages().text().isEmpty());
}

TEST_CASE("a recording becomes a page for a browser while the window goes on")
{
    Session session;
    REQUIRE(session.window().openRecording(app::demoRecording()));
    const QString page = session.runtime.filePath("boom.html");
    saveAsNext(page);
    QTest::keyClick(&session.window(), Qt::Key_H, Qt::ControlModifier | Qt::ShiftModifier);
    REQUIRE(QTest::qWaitFor([&] { return session.window().messages().text().contains("Wrote"); }, longWait));
    QFile written(page);
    REQUIRE(written.open(QIODevice::ReadOnly));
    const QByteArray text = written.readAll();
    CHECK(text.contains("lab_boom"));
    CHECK(text.trimmed().endsWith("</html>"));
}

TEST_CASE("a stub that stops answering: the window stays usable and says what happened")
{
    Session session;
    session.launchFromStartPage("lab", "scenario=end-rule-high");
    session.awaitStoppedAt("find_early_table_space");
    int ticks = 0;
    QTimer clock;
    QObject::connect(&clock, &QTimer::timeout, [&] { ++ticks; });
    clock.start(50);
    const pid_t qemu = session.qemu();
    ::kill(qemu, SIGSTOP);
    QTest::keyClick(&session.window(), Qt::Key_F10);
    session.awaitState(State::Running);
    // The views go on: steps that are there can be looked at.
    QTest::keyClick(&session.window(), Qt::Key_Home, Qt::AltModifier);
    CHECK(session.window().document().step() == 0);
    // A guest that runs is not asked anything: that it does not answer shows as soon as someone wants it to
    // stop.
    QTest::keyClick(&session.window(), Qt::Key_F5, Qt::ShiftModifier);
    session.awaitState(State::Lost);
    INFO(session.window().messages().text().toStdString());
    CHECK(session.window().messages().text().contains("no answer in time"));
    auto* remedy = session.window().messages().findChild<QToolButton*>("remedy");
    REQUIRE(remedy);
    CHECK(remedy->isVisible());
    CHECK(ticks > 20);
    ::kill(qemu, SIGCONT);
}

TEST_CASE("attached without a kernel the window offers to load its symbols, and then events stop the guest")
{
    const test::LiveGuest guest("lab", [](gdb::LaunchSpec& spec) { spec.append += " scenario=native"; });
    Session session;
    emit session.window().attachRequested(
        QString::fromStdString("unix:" + guest.guest().gdbEndpoint().path), QString());
    session.awaitState(State::Stopped);
    REQUIRE(QTest::qWaitFor(
        [&] { return session.window().messages().text().contains("Symbols\u2026"); }, longWait));
    CHECK(session.window().guest()->events().isEmpty());
    CHECK(session.window().action(ActionId::Symbols).isEnabled());

    // A file that is no kernel changes nothing.
    session.window().guest()->useSymbols(QStringLiteral("/dev/null"));
    REQUIRE(
        QTest::qWaitFor([&] { return session.window().messages().text().contains("/dev/null"); }, longWait));
    CHECK(session.state() == State::Stopped);

    session.window().guest()->useSymbols(QString::fromLatin1(test::labGuestFile));
    REQUIRE(QTest::qWaitFor(
        [&] { return session.state() == State::Stopped && !session.window().guest()->events().isEmpty(); },
        longWait));
    session.pressAndAwaitStop(Qt::Key_F6);
    CHECK_FALSE(session.step().event.empty());
    CHECK(session.window().document().symbols().find("startup_64"));
}
