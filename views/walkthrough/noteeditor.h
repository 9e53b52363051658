// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>

#include <QDialog>

#include "core/recording/annotations.h"

class QCheckBox;
class QLabel;
class QLineEdit;
class QPlainTextEdit;
class QTextBrowser;

namespace pgtscope::views {

/// One annotation to be written: title, Markdown, and whether a chapter begins with it.
class NoteEditor : public QDialog {
    Q_OBJECT
public:
    /// Saves what was written; why that was not possible, or an empty text.
    using Save = std::function<QString(const core::Annotation&)>;

    NoteEditor(const core::Annotation& annotation, Save save, QWidget* parent = nullptr);
    /// As currently shown in the editor.
    core::Annotation annotation() const;

public slots:
    /// Saves. What could not be saved stays in the editor, with the reason below it.
    void accept() override;
    /// Asks first if something was written.
    void reject() override;

private:
    void showPreview();

    core::Annotation m_before;
    Save m_save;
    core::StepNumber m_step;
    QLineEdit* m_title;
    QPlainTextEdit* m_text;
    QCheckBox* m_chapter;
    QTextBrowser* m_preview; ///< As a reader will see it.
    QLabel* m_problem; ///< Why the note could not be saved.
};

} // namespace pgtscope::views
