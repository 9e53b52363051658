// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/catch.h"

#include <QClipboard>
#include <QGuiApplication>
#include <QLineEdit>
#include <QSettings>
#include <QTest>

#include "tests/support/gui/gui.h"
#include "tests/views/fakeguest.h"
#include "views/console/consoleview.h"

using namespace pgtscope::views;
using namespace pgtscope::tests;

namespace {

/// What an earlier prompt has kept would come up among the commands.
struct NoHistory {
    NoHistory() { QSettings().remove("console/history"); }
};

struct Prompt {
    Prompt()
    {
        view.resize(600, 240);
        view.show();
        live.setGuest(&guest);
        line = view.findChild<QLineEdit*>("consoleLine");
    }

    void type(const char* text, Qt::Key key = Qt::Key_Return)
    {
        QTest::keyClicks(line, QString::fromLatin1(text));
        QTest::keyClick(line, key);
    }

    NoHistory noHistory;
    FakeGuest guest;
    GuestLink live;
    ConsoleView view{live};
    QLineEdit* line;
};

} // namespace

TEST_CASE("a command goes to gdb, and what gdb prints stands below it")
{
    Prompt prompt;
    prompt.type("info registers rip");
    emit prompt.guest.consoleOutput("rip   0xffffffff81000000\n");
    CHECK(prompt.guest.asked == QStringList{"gdb info registers rip"});
    CHECK(prompt.view.output() == "(gdb) info registers rip\nrip   0xffffffff81000000\n");
    CHECK(prompt.line->text().isEmpty());
    CHECK(grabTo(prompt.view, "console"));
}

TEST_CASE("the arrow keys go through what was entered, and an empty line repeats the last command")
{
    Prompt prompt;
    prompt.type("stepi");
    prompt.type("print $rax");
    prompt.type("");
    CHECK(prompt.guest.asked == QStringList{"gdb stepi", "gdb print $rax", "gdb print $rax"});
    QTest::keyClicks(prompt.line, "half");
    QTest::keyClick(prompt.line, Qt::Key_Up);
    CHECK(prompt.line->text() == "print $rax");
    QTest::keyClick(prompt.line, Qt::Key_Up);
    QTest::keyClick(prompt.line, Qt::Key_Up);
    QTest::keyClick(prompt.line, Qt::Key_Down);
    QTest::keyClick(prompt.line, Qt::Key_Down);
    CHECK(prompt.line->text() == "half");
}

TEST_CASE("Tab completes as far as the words agree, and lists them where they do not")
{
    Prompt prompt;
    prompt.type("info re", Qt::Key_Tab);
    CHECK(prompt.guest.asked == QStringList{"complete info re"});
    SECTION("one word")
    {
        emit prompt.guest.completions("info re", {"info registers"});
        CHECK(prompt.line->text() == "info registers ");
    }
    SECTION("several")
    {
        emit prompt.guest.completions("info re", {"info record", "info registers"});
        CHECK(prompt.line->text() == "info re");
        CHECK(prompt.view.output().contains("info record  info registers"));
    }
    SECTION("an answer that comes when something else stands there is dropped")
    {
        prompt.type("x", Qt::Key_Right);
        emit prompt.guest.completions("info re", {"info registers"});
        CHECK(prompt.line->text() == "info rex");
    }
}

TEST_CASE("while the guest runs the prompt says how to stop it, and does")
{
    Prompt prompt;
    prompt.guest.become(GuestController::State::Running);
    CHECK(prompt.line->isReadOnly());
    CHECK(prompt.line->placeholderText().contains("Ctrl+C"));
    QTest::keyClick(prompt.line, Qt::Key_C, Qt::ControlModifier);
    CHECK(prompt.guest.asked == QStringList{"interrupt"});
    prompt.guest.become(GuestController::State::Lost);
    CHECK(prompt.line->isReadOnly());
    prompt.live.setGuest(nullptr);
    CHECK(prompt.line->placeholderText().contains("recording"));
}

TEST_CASE("a guest that is shared is with another gdb, and the prompt says so")
{
    Prompt prompt;
    prompt.guest.become(GuestController::State::Running);
    emit prompt.guest.shared("target remote unix:/…");
    CHECK(prompt.line->placeholderText().contains("external gdb"));
    emit prompt.guest.shared({});
    CHECK(prompt.line->placeholderText().contains("Ctrl+C"));
    // The next guest is not shared, however the sharing ended.
    emit prompt.guest.shared("target remote unix:/…");
    prompt.live.setGuest(nullptr);
    CHECK(prompt.line->placeholderText().contains("recording"));
    prompt.live.setGuest(&prompt.guest);
    CHECK_FALSE(prompt.line->placeholderText().contains("external gdb"));
}

TEST_CASE("what is typed over gdb's words goes to the prompt")
{
    Prompt prompt;
    auto* output = prompt.view.findChild<QWidget*>("consoleOutput");
    REQUIRE(output);
    QTest::keyClicks(output, "bt");
    CHECK(prompt.line->text() == "bt");
}

TEST_CASE("pasted lines are entered one by one, each when the guest has stopped after the previous")
{
    Prompt prompt;
    QGuiApplication::clipboard()->setText("finish\r\n\nset $x = 1\nprint $r");
    QTest::keyClicks(prompt.line, "re");
    QTest::keySequence(prompt.line, QKeySequence::Paste);
    CHECK(prompt.guest.asked == QStringList{"gdb refinish"});
    CHECK(prompt.line->text() == "print $r");
    prompt.guest.become(GuestController::State::Running);
    CHECK(prompt.guest.asked.size() == 1);
    prompt.guest.become(GuestController::State::Stopped);
    CHECK(prompt.guest.asked == QStringList{"gdb refinish", "gdb set $x = 1"});
    prompt.guest.become(GuestController::State::Stopped);
    CHECK(prompt.guest.asked.size() == 2);

    SECTION("a paste of one line is text like any other")
    {
        prompt.line->clear();
        QGuiApplication::clipboard()->setText("info line");
        QTest::keySequence(prompt.line, QKeySequence::Paste);
        CHECK(prompt.line->text() == "info line");
        CHECK(prompt.guest.asked.size() == 2);
    }
    SECTION("Ctrl+C drops those that were not entered yet")
    {
        prompt.line->clear();
        QGuiApplication::clipboard()->setText("continue\nstepi\n");
        QTest::keySequence(prompt.line, QKeySequence::Paste);
        prompt.guest.become(GuestController::State::Running);
        QTest::keyClick(prompt.line, Qt::Key_C, Qt::ControlModifier);
        prompt.guest.become(GuestController::State::Stopped);
        CHECK(prompt.guest.asked.mid(2) == QStringList{"gdb continue", "interrupt"});
    }
}
