// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/catch.h"

#include <QAbstractButton>
#include <QMessageBox>
#include <QPlainTextEdit>
#include <QTest>
#include <QTextBrowser>

#include "tests/support/gui/gui.h"
#include "views/walkthrough/noteeditor.h"

using namespace pgtscope;
using namespace pgtscope::views;

TEST_CASE("a note is shown while it is written as a reader will see it")
{
    NoteEditor editor({3, core::AnnotationKind::Note, "Why", "The **buffer**\n\n:::answer\nis high\n:::\n"});
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
    NoteEditor editor({3, core::AnnotationKind::Note, "Why", "before"});
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
