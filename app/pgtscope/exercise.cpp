// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/pgtscope/exercise.h"

#include <limits>

#include <QCoreApplication>
#include <QDir>
#include <QFile>

#include "core/report/annotationfile.h"

namespace pgtscope::app {

namespace {

/// A step that does not exist yet.
constexpr core::StepNumber toCome = std::numeric_limits<core::StepNumber>::max();
/// Steps of one event or cause that a chapter can name: a guest whose stores are steps has millions.
constexpr std::size_t maxOccurrences = 1000;

QString placeOf(const QString& name)
{
    const QDir program(QCoreApplication::applicationDirPath());
    for (const char* place : {"../share/pgtscope/exercises", "../../../resources/exercises"}) {
        const QString file = program.filePath(QStringLiteral("%1/%2.md").arg(QLatin1String(place), name));
        if (QFile::exists(file))
            return file;
    }
    return {};
}

QString titleIn(const QString& file)
{
    QFile opened(file);
    if (!opened.open(QIODevice::ReadOnly))
        return {};
    const QString heading = QString::fromUtf8(opened.readLine()).trimmed();
    return heading.section(QLatin1Char(']'), 1).trimmed();
}

} // namespace

std::vector<Exercise> shippedExercises()
{
    std::vector<Exercise> exercises;
    for (const auto& [name, guest, append] : experiments) {
        const QString file = placeOf(QString::fromLatin1(name));
        exercises.push_back({QString::fromLatin1(name), QString::fromLatin1(guest),
            QString::fromLatin1(append), file, titleIn(file)});
    }
    return exercises;
}

ExerciseGuide::ExerciseGuide(views::Document& document, std::string markdown, QObject* parent)
    : QObject(parent)
    , m_document(document)
    , m_markdown(std::move(markdown))
{
    // A branch of the exercise's guest has the chapters of its parent.
    if (const auto& timeline = document.timeline())
        if (const auto there = timeline->annotations())
            for (const core::Annotation& annotation : *there)
                m_shown.insert(annotation.title);
    connect(&document, &views::Document::grown, this, &ExerciseGuide::follow);
    // A different recording does not belong to the exercise.
    connect(&document, &views::Document::timelineChanged, this, [this] { m_document.disconnect(this); });
}

std::optional<core::StepNumber> ExerciseGuide::stepOf(std::string_view name, std::uint64_t occurrence) const
{
    const auto met = m_met.find(name);
    const bool there = met != m_met.end() && occurrence - 1 < met->second.size();
    return there ? met->second[static_cast<std::size_t>(occurrence - 1)] : toCome;
}

core::Result<core::Annotations> ExerciseGuide::reached() const
{
    auto all = core::annotationsFromMarkdown(m_markdown,
        [this](std::string_view name, std::uint64_t occurrence) { return stepOf(name, occurrence); });
    if (all)
        std::erase_if(*all, [this](const core::Annotation& a) { return a.step >= m_document.size(); });
    return all;
}

core::Result<void> ExerciseGuide::put()
{
    ASSIGN_OR_RETURN(const auto now, reached());
    core::Annotations fresh;
    for (const core::Annotation& annotation : now)
        if (!m_shown.contains(annotation.title))
            fresh.push_back(annotation);
    if (fresh.empty())
        return {};
    for (const core::Annotation& annotation : fresh)
        m_shown.insert(annotation.title);
    return m_document.annotate({}, fresh);
}

void ExerciseGuide::follow()
{
    const auto& timeline = m_document.timeline();
    for (; timeline && m_seen < m_document.size(); ++m_seen) {
        const auto step = timeline->step(m_seen);
        if (!step)
            break;
        auto& met = m_met[step->event.empty() ? std::string(core::causeText(step->cause)) : step->event];
        if (met.size() < maxOccurrences)
            met.push_back(m_seen);
    }
    if (auto done = put(); !done)
        emit failed(QString::fromStdString(done.error().message()));
}

} // namespace pgtscope::app
