// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <memory>

#include <QWidget>

#include "core/exercises/exercise.h"

class QLabel;
class QLineEdit;

namespace pgtscope::views {

/// A line for the answer to an exercise, and what is to be said about it. The question is the narration.
class ExercisePanel : public QWidget {
    Q_OBJECT
public:
    explicit ExercisePanel(QWidget* parent = nullptr);

    void setExercise(std::unique_ptr<core::Exercise> exercise);
    /// Null before the first one.
    const core::Exercise* exercise() const { return m_exercise.get(); }

signals:
    /// The user wants one more of that kind.
    void anotherRequested();

private:
    void check();
    void showVerdict(const QString& text);

    std::unique_ptr<core::Exercise> m_exercise;
    QLineEdit* m_answer;
    QLabel* m_verdict;
};

} // namespace pgtscope::views
