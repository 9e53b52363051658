// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/walkthrough/narration.h"

#include <algorithm>

#include <QStringList>

#include "core/report/markdown.h"
#include "views/model/text.h"

namespace pgtscope::views {

namespace {

QString answerLink(int answer, bool visible)
{
    return QStringLiteral("\n[%1](pgtscope:answer/%2)\n")
        .arg(visible ? Text::tr("Hide answer") : Text::tr("Show answer"))
        .arg(answer);
}

} // namespace

Narration narrationAt(const core::Annotations& annotations, core::StepNumber step)
{
    Narration narration;
    for (std::size_t i = 0; i < annotations.size(); ++i) {
        const core::Annotation& annotation = annotations[i];
        const bool chapter = annotation.kind == core::AnnotationKind::Chapter;
        narration.chapters += chapter ? 1 : 0;
        if (annotation.step > step)
            continue;
        if (narration.station != annotation.step)
            narration.notes.clear();
        narration.station = annotation.step;
        if (chapter) {
            narration.chapter = i;
            narration.chapterNumber = narration.chapters;
        } else {
            narration.notes.push_back(i);
        }
    }
    return narration;
}

core::Showing Narration::showing(const core::Annotations& annotations) const
{
    std::vector<std::size_t> shown;
    if (chapter && annotations[*chapter].step == station)
        shown.push_back(*chapter);
    shown.insert(shown.end(), notes.begin(), notes.end());
    core::Showing last;
    for (const std::size_t index : shown)
        // A line that its author wrote wrong is no request; "pgt annotate --from" refuses it.
        if (const auto showing = core::showingOf(annotations[index].text); showing && *showing)
            last = **showing;
    return last;
}

std::optional<core::StepNumber> stationAfter(const core::Annotations& annotations, core::StepNumber step)
{
    const auto next = std::find_if(annotations.begin(), annotations.end(),
        [step](const core::Annotation& annotation) { return annotation.step > step; });
    return next == annotations.end() ? std::nullopt : std::optional(next->step);
}

std::optional<core::StepNumber> stationBefore(const core::Annotations& annotations, core::StepNumber step)
{
    const auto station = narrationAt(annotations, step).station;
    if (!station || *station == 0)
        return std::nullopt;
    return narrationAt(annotations, *station - 1).station;
}

QString stationTitle(const core::Annotation& annotation)
{
    constexpr qsizetype longest = 60;
    if (!annotation.title.empty())
        return QString::fromStdString(annotation.title);
    // More of a long text is not looked at.
    const QString text
        = QString::fromStdString(core::markdownPlain(std::string_view(annotation.text).substr(0, 1000)))
              .simplified();
    return text.size() <= longest ? text : text.left(longest - 1) + QStringLiteral("…");
}

QString withAnswers(const QString& markdown, const QSet<int>& shown, int& firstAnswer)
{
    QStringList result;
    bool inAnswer = false;
    bool visible = true;
    bool code = false;
    for (const QString& line : markdown.split(QLatin1Char('\n'))) {
        const QString word = line.trimmed();
        code = code != word.startsWith(QLatin1String("```"));
        if (!code && core::isShowingLine(word.toStdString()))
            continue;
        if (inAnswer && !word.startsWith(QLatin1Char('>'))) {
            inAnswer = false;
            visible = true;
        }
        if (!inAnswer && !code && core::beginsAnswer(word.toStdString())) {
            inAnswer = true;
            visible = shown.contains(firstAnswer);
            result += answerLink(firstAnswer, visible);
            ++firstAnswer;
        }
        if (visible)
            result += line;
    }
    return result.join(QLatin1Char('\n'));
}

} // namespace pgtscope::views
