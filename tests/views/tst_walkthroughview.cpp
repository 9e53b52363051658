// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/catch.h"

#include <QDialog>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QTest>
#include <QTextBrowser>
#include <QTextCursor>
#include <QToolButton>

#include "tests/views/bufferstory.h"
#include "views/walkthrough/narration.h"
#include "views/walkthrough/walkthroughview.h"

using namespace pgtscope;
using namespace pgtscope::tests;
using namespace pgtscope::views;

namespace {

Annotations story()
{
    return {{2, AnnotationKind::Chapter, "The buffer", "It begins at [0x3f00](pgtscope:pfn/0x3f00)."},
        {7, AnnotationKind::Note, "Mapped", "Page <b>0x3f09</b> is writable."},
        {9, AnnotationKind::Chapter, "Not a page table yet",
            "Which comparison would have saved it?\n\n> **Answer.** `pfn < pgt_buf_top`\n\nGo on to "
            "[step 12](pgtscope:step/12)."}};
}

QString reportedText(const WalkthroughView& view)
{
    return view.findChild<QTextBrowser*>("narration")->toPlainText();
}

void follow(const WalkthroughView& view, const char* link)
{
    emit view.findChild<QTextBrowser*>("narration")->anchorClicked(QUrl(QLatin1String(link)));
}

} // namespace

TEST_CASE("a step belongs to the chapter before it and has its own notes")
{
    const Annotations annotations = story();
    CHECK_FALSE(narrationAt(annotations, 1).chapter);
    CHECK(narrationAt(annotations, 2).chapter == 0U);
    const Narration seven = narrationAt(annotations, 7);
    CHECK(seven.chapterNumber == 1);
    CHECK(seven.chapters == 2);
    CHECK(seven.notes == std::vector<std::size_t>{1});
    CHECK(narrationAt(annotations, 13).chapter == 2U);
}

TEST_CASE("answers are hidden one by one, and what only looks like one is text")
{
    const QString text = "a\n\n> **Answer.** b\n\nc\n\n>**Answer.** d";
    int number = 0;
    const QString hidden = withAnswers(text, {}, number);
    CHECK(number == 2);
    CHECK_FALSE(hidden.contains("** b"));
    CHECK_FALSE(hidden.endsWith("d"));
    CHECK(hidden.contains("[Show answer](pgtscope:answer/1)"));
    number = 0;
    const QString shown = withAnswers(text, {1}, number);
    CHECK(shown.endsWith("d"));
    CHECK(shown.contains("[Show answer](pgtscope:answer/0)"));
}

TEST_CASE("a quotation that is an answer is hidden up to its end")
{
    const QString text = "> **Question.** a?\n\n> **Answer.** b\n> c\n\nd";
    int number = 0;
    const QString hidden = withAnswers(text, {}, number);
    CHECK(number == 1);
    CHECK(hidden.contains("a?"));
    CHECK_FALSE(hidden.contains("Answer.** b"));
    CHECK_FALSE(hidden.contains("> c"));
    CHECK(hidden.endsWith("d"));
    const QString code = "```\n> **Answer.** b\n```\n:::answer\nc\n:::";
    CHECK(withAnswers(code, {}, number) == code);
    number = 0;
    CHECK(withAnswers(text, {0}, number).contains("> **Answer.** b\n> c"));
}

TEST_CASE("the narration follows the step, and markup of a stranger stays text")
{
    ViewFixture f(story());
    WalkthroughView view(f.document, f.selection);
    view.show();
    CHECK(f.document.step() == 2); // A recording opens at its first chapter.
    f.document.goTo(1);
    CHECK(reportedText(view).contains("There is no note"));
    f.document.goTo(8);
    CHECK(reportedText(view).contains("is writable"));
    f.document.goTo(7);
    CHECK(reportedText(view).contains("The buffer"));
    CHECK(reportedText(view).contains("<b>0x3f09</b>"));
    CHECK(view.findChild<QLabel*>("chapter")->text() == "1/2");
    CHECK(view.findChild<QLabel*>("chapter")->toolTip() == "chapter 1 of 2");
    view.nextStation();
    CHECK(f.document.step() == 9);
    view.previousStation();
    CHECK(f.document.step() == 7);
    view.previousStation();
    CHECK(f.document.step() == 2);
}

TEST_CASE("links select places, go to steps and show answers")
{
    ViewFixture f(story());
    f.document.goTo(9);
    WalkthroughView view(f.document, f.selection);
    view.show();
    CHECK_FALSE(reportedText(view).contains("pfn < pgt_buf_top"));
    follow(view, "pgtscope:answer/0");
    CHECK(reportedText(view).contains("pfn < pgt_buf_top"));
    follow(view, "pgtscope:answer/0");
    CHECK_FALSE(reportedText(view).contains("pfn < pgt_buf_top"));
    follow(view, "pgtscope:pfn/0x3f00");
    CHECK(f.selection.place().frame == FrameNumber(0x3f00));
    follow(view, "pgtscope:step/12");
    CHECK(f.document.step() == 12);
    follow(view, "https://example.org/");
    CHECK(f.document.step() == 12);
}

TEST_CASE("a key opens the answers one after another, then hides them")
{
    ViewFixture f({{0, AnnotationKind::Chapter, "Two",
        "One?\n\n> **Answer.** first\n\nTwo?\n\n> **Answer.** second\n"}});
    WalkthroughView view(f.document, f.selection);
    view.show();
    view.toggleAnswer();
    CHECK(reportedText(view).contains("first"));
    CHECK_FALSE(reportedText(view).contains("second"));
    view.toggleAnswer();
    CHECK(reportedText(view).contains("second"));
    view.toggleAnswer();
    CHECK_FALSE(reportedText(view).contains("first"));
}

TEST_CASE("the text and its links follow the size of the type and the colours")
{
    ViewFixture f(story());
    f.document.goTo(2);
    WalkthroughView view(f.document, f.selection);
    view.show();
    auto* text = view.findChild<QTextBrowser*>("narration");
    const auto linkColour = [&] {
        QTextCursor cursor = text->document()->find("0x3f00");
        REQUIRE_FALSE(cursor.isNull());
        return cursor.charFormat().foreground().color();
    };
    const int before = text->document()->defaultFont().pointSize();
    Theme::instance().setLarge(true);
    CHECK(text->document()->defaultFont().pointSize() > before);
    Theme::instance().setLarge(false);
    CHECK(text->document()->defaultFont().pointSize() == before);
    for (const bool dark : {true, false}) {
        Theme::instance().apply(dark);
        QApplication::processEvents();
        CHECK(linkColour() == QApplication::palette().color(QPalette::Link));
    }
}

TEST_CASE("a note of one's own is written, kept in the recording, and deleted by emptying it")
{
    ViewFixture f;
    f.document.goTo(5);
    WalkthroughView view(f.document, f.selection);
    view.show();
    const auto write = [&](const QString& title, const QString& text) {
        QTest::mouseClick(view.findChild<QToolButton*>("editNote"), Qt::LeftButton);
        auto* editor = view.findChild<QDialog*>("noteEditor");
        REQUIRE(editor);
        editor->findChild<QLineEdit*>("noteTitle")->setText(title);
        editor->findChild<QPlainTextEdit*>("noteText")->setPlainText(text);
        editor->accept();
        QCoreApplication::sendPostedEvents(nullptr, QEvent::DeferredDelete);
    };
    write("Mine", "Look at *this*.");
    CHECK(reportedText(view).contains("Look at this."));
    const auto saved = f.document.timeline()->annotations();
    REQUIRE(saved);
    REQUIRE(saved->size() == 1);
    CHECK(saved->front().step == 5);
    CHECK(saved->front().title == "Mine");
    write("", "");
    CHECK(f.document.timeline()->annotations()->empty());
}

TEST_CASE("pictures of a walkthrough")
{
    ViewFixture f(story());
    f.document.goTo(9);
    WalkthroughView view(f.document, f.selection);
    photograph(view, "walkthrough", {380, 320});
    Theme::instance().setLarge(true);
    photograph(view, "walkthrough-presenting", {700, 500});
    Theme::instance().setLarge(false);
    CHECK(QFile::exists("screenshots/walkthrough-dark.png"));
}
