// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/walkthrough/narration.h"

#include <QStringList>

namespace pgtscope::views {

namespace {

QString answerLink(int answer, bool visible)
{
    return QStringLiteral("\n[%1](pgtscope:answer/%2)\n")
        .arg(visible ? QStringLiteral("Hide answer") : QStringLiteral("Show answer"))
        .arg(answer);
}

} // namespace

Narration narrationAt(const core::Annotations& annotations, core::StepNumber step)
{
    Narration narration;
    for (std::size_t i = 0; i < annotations.size(); ++i) {
        const core::Annotation& annotation = annotations[i];
        if (annotation.kind == core::AnnotationKind::Chapter) {
            ++narration.chapters;
            if (annotation.step <= step) {
                narration.chapter = i;
                narration.chapterNumber = narration.chapters;
            }
        } else if (annotation.step == step) {
            narration.notes.push_back(i);
        }
    }
    return narration;
}

QString withAnswers(const QString& markdown, const QSet<int>& shown, int& firstAnswer)
{
    QStringList result;
    bool inAnswer = false;
    bool visible = true;
    bool quoted = false;
    for (const QString& line : markdown.split(QLatin1Char('\n'))) {
        const QString word = line.trimmed();
        if (quoted && !word.startsWith(QLatin1Char('>'))) {
            quoted = inAnswer = false;
            visible = true;
        }
        if (!inAnswer && word.startsWith(QLatin1String("> **Answer.**"))) {
            quoted = inAnswer = true;
            visible = shown.contains(firstAnswer);
            result += answerLink(firstAnswer, visible);
            ++firstAnswer;
        }
        if (!inAnswer && word == QLatin1String(":::answer")) {
            inAnswer = true;
            visible = shown.contains(firstAnswer);
            result += answerLink(firstAnswer, visible);
            ++firstAnswer;
        } else if (inAnswer && word == QLatin1String(":::")) {
            inAnswer = false;
            visible = true;
        } else if (visible) {
            result += line;
        }
    }
    return result.join(QLatin1Char('\n'));
}

} // namespace pgtscope::views
