// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/catch.h"

#include <QAbstractButton>
#include <QLabel>
#include <QMessageBox>
#include <QPlainTextEdit>
#include <QTest>
#include <QTextBrowser>

#include "tests/support/gui/gui.h"
#include "views/walkthrough/noteeditor.h"

using namespace pgtscope;
using namespace pgtscope::views;

namespace {

QString saved(const core::Annotation&) { return {}; }

} // namespace

TEST_CASE("a note that cannot be saved stays in its editor, with the reason")
{
    QString problem = QStringLiteral("write the narration: no space left on the device");
    NoteEditor editor(
        {3, core::AnnotationKind::Note, "Why", "before"}, [&](const core::Annotation&) { return problem; });
    editor.show();
    editor.findChild<QPlainTextEdit*>("noteText")->setPlainText("after");
    editor.accept();
    CHECK(editor.isVisible());
    auto* shown = editor.findChild<QLabel*>("noteProblem");
    REQUIRE(shown);
    CHECK(shown->isVisible());
    CHECK(shown->text().contains(problem));
    CHECK(editor.findChild<QPlainTextEdit*>("noteText")->toPlainText() == "after");
    problem.clear();
    editor.accept();
    CHECK_FALSE(editor.isVisible());
}

TEST_CASE("a note is shown while it is written as a reader will see it")
{
    NoteEditor editor(
        {3, core::AnnotationKind::Note, "Why", "The **buffer**\n\n> **Answer.** is high\n"}, saved);
    editor.show();
    auto* preview = editor.findChild<QTextBrowser*>("notePreview");
    REQUIRE(preview);
    CHECK(preview->toPlainText().startsWith("The buffer"));
    CHECK_FALSE(preview->toPlainText().contains("is high"));
    editor.findChild<QPlainTextEdit*>("noteText")->setPlainText("*New*");
    CHECK(preview->toPlainText() == "New");
}

TEST_CASE("Escape does not drop what was written without asking")
{
    NoteEditor editor({3, core::AnnotationKind::Note, "Why", "before"}, saved);
    editor.show();
    SECTION("nothing was written")
    {
        QTest::keyClick(&editor, Qt::Key_Escape);
        CHECK_FALSE(editor.isVisible());
    }
    SECTION("something was")
    {
        editor.findChild<QPlainTextEdit*>("noteText")->setPlainText("after");
        QTest::keyClick(&editor, Qt::Key_Escape);
        CHECK(editor.isVisible());
        auto* ask = editor.findChild<QMessageBox*>("askDiscardNote");
        REQUIRE(ask);
        ask->button(QMessageBox::Cancel)->click();
        CHECK(editor.isVisible());
        CHECK(editor.annotation().text == "after");
        QTest::keyClick(&editor, Qt::Key_Escape);
        for (auto* again : editor.findChildren<QMessageBox*>("askDiscardNote"))
            if (again->isVisible())
                again->button(QMessageBox::Discard)->click();
        CHECK_FALSE(editor.isVisible());
    }
}
