// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/pgtscope/practice.h"

#include <QDockWidget>

#include "core/exercises/exercisetext.h"
#include "views/exercises/exercisepanel.h"
#include "views/window/dockarea.h"
#include "views/window/mainwindow.h"
#include "views/window/messagebar.h"

namespace pgtscope::app {

Practice::Practice(views::MainWindow& window)
    : QObject(&window)
    , m_window(window)
    , m_panel(new views::ExercisePanel)
    , m_dock(new QDockWidget(tr("Exercise"), &window))
{
    m_dock->setObjectName(QStringLiteral("exercise"));
    m_dock->setWidget(m_panel);
    window.addDockWidget(Qt::BottomDockWidgetArea, m_dock);
    m_dock->hide();
    connect(m_panel, &views::ExercisePanel::anotherRequested, this, &Practice::another);
    connect(&window.document(), &views::Document::timelineChanged, this, &Practice::leave);
}

bool Practice::shown() const { return !m_dock->isHidden(); }

void Practice::start(const core::ExerciseKind& kind, std::uint64_t seed)
{
    if (!m_recordings) {
        auto made = gdb::OwnedDirectory::make(gdb::scratchFiles());
        if (!made)
            return m_window.showError(QString::fromStdString(made.error().message()));
        m_recordings.emplace(std::move(*made));
    }
    auto exercise = kind.make(kind, seed);
    const QString path = QString::fromStdString(m_recordings->path().string())
        + QStringLiteral("/exercise-%1.pgtrec").arg(++m_made);
    const auto written
        = core::writeExerciseRecording(*exercise, path.toStdString(), "pgtscope " PGTSCOPE_VERSION);
    auto timeline = written ? core::Timeline::open(path.toStdString())
                            : core::Result<std::shared_ptr<core::Timeline>>(tl::unexpected(written.error()));
    if (!timeline)
        return m_window.showError(QString::fromStdString(timeline.error().message()));
    m_window.messages().clear();
    m_path = path;
    m_window.document().setTimeline(*timeline, false);
    m_window.showViews();
    m_dock->setWindowTitle(tr("Exercise: %1 (%2, seed %3)")
                               .arg(QString::fromStdString(std::string(kind.title)),
                                   QString::fromStdString(std::string(kind.name)))
                               .arg(seed));
    m_dock->show();
    // The question is the narration.
    m_window.docks().bring(QStringLiteral("walkthrough"));
    m_panel->setExercise(std::move(exercise));
}

void Practice::another()
{
    if (const core::Exercise* last = m_panel->exercise())
        start(last->kind(), last->seed() + 1);
}

/// Another recording is no exercise.
void Practice::leave()
{
    const auto& timeline = m_window.document().timeline();
    if (!timeline || QString::fromStdString(timeline->path()) != m_path)
        m_dock->hide();
}

} // namespace pgtscope::app
