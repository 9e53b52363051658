// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QDialog>

#include "core/recording/annotations.h"

class QCheckBox;
class QLineEdit;
class QPlainTextEdit;

namespace pgtscope::views {

/// One annotation to be written: title, Markdown, and whether a chapter begins with it.
class NoteEditor : public QDialog {
    Q_OBJECT
public:
    explicit NoteEditor(const core::Annotation& annotation, QWidget* parent = nullptr);
    /// As currently shown in the editor.
    core::Annotation annotation() const;

private:
    core::StepNumber m_step;
    QLineEdit* m_title;
    QPlainTextEdit* m_text;
    QCheckBox* m_chapter;
};

} // namespace pgtscope::views
