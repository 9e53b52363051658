// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/catch.h"

#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QTest>

#include "core/report/markdown.h"
#include "tests/support/gui/gui.h"
#include "views/exercises/exercisepanel.h"

using namespace pgtscope;
using namespace pgtscope::views;

TEST_CASE("the panel asks, judges and offers another exercise")
{
    for (const core::ExerciseKind& kind : core::exerciseKinds()) {
        CAPTURE(kind.name);
        ExercisePanel panel;
        panel.show();
        panel.setExercise(kind.make(kind, 3));
        const int height = panel.sizeHint().height();
        const auto* verdict = panel.findChild<QLabel*>("verdict");
        auto* answer = panel.findChild<QLineEdit*>("answer");
        // The narration asks: here the question takes no room.
        CHECK(answer->toolTip() == QString::fromStdString(core::markdownPlain(panel.exercise()->question())));
        CHECK(height <= answer->sizeHint().height() + 20);
        CHECK(verdict->isHidden());
        for (const std::string& text : panel.exercise()->explainedAnswers()) {
            answer->setText(QString::fromStdString(text));
            QTest::keyClick(answer, Qt::Key_Return);
            const core::Verdict judged = panel.exercise()->judge(text).value();
            CHECK(verdict->text().startsWith(
                judged.right ? QStringLiteral("\u2713") : QStringLiteral("\u2717")));
            CHECK(verdict->text().endsWith(QString::fromStdString(judged.why)));
        }
        answer->setText("what?");
        panel.findChild<QPushButton*>("check")->click();
        CHECK(verdict->text().startsWith("Answer with"));
        int asked = 0;
        QObject::connect(&panel, &ExercisePanel::anotherRequested, &panel, [&] { ++asked; });
        panel.findChild<QPushButton*>("another")->click();
        CHECK(asked == 1);
        panel.setExercise(kind.make(kind, 4));
        CHECK(answer->text().isEmpty());
        CHECK(verdict->text().isEmpty());
    }
}
