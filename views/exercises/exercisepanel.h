// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <memory>

#include <QWidget>

#include "core/exercises/exercise.h"

class QLabel;
class QLineEdit;

namespace pgtscope::views {

/// The question of an exercise, a line for the answer, and what is to be said about it.
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

    std::unique_ptr<core::Exercise> m_exercise;
    QLabel* m_question;
    QLineEdit* m_answer;
    QLabel* m_verdict;
};

} // namespace pgtscope::views
