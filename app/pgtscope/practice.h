// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>

#include <QObject>

#include "core/exercises/exercise.h"
#include "gdb/host/owneddirectory.h"

class QDockWidget;

namespace pgtscope::views {
class ExercisePanel;
class MainWindow;
} // namespace pgtscope::views

namespace pgtscope::app {

/// Shows exercises that are made from a seed: their tables as a recording, the question below.
class Practice : public QObject {
    Q_OBJECT
public:
    /// `window` outlives it.
    explicit Practice(views::MainWindow& window);

    /// Makes the exercise and shows it; the window must show no live guest.
    void start(const core::ExerciseKind& kind, std::uint64_t seed);
    bool shown() const;
    views::ExercisePanel& panel() { return *m_panel; }

private:
    void another();
    void leave();

    views::MainWindow& m_window;
    views::ExercisePanel* m_panel;
    QDockWidget* m_dock;
    std::optional<gdb::OwnedDirectory> m_recordings; ///< Made for the first of them.
    unsigned m_made = 0;
    QString m_path; ///< Of the recording that is shown; empty while there is none.
};

} // namespace pgtscope::app
