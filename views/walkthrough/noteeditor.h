// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QDialog>

#include "core/recording/annotations.h"

class QCheckBox;
class QLineEdit;
class QPlainTextEdit;
class QTextBrowser;

namespace pgtscope::views {

/// One annotation to be written: title, Markdown, and whether a chapter begins with it.
class NoteEditor : public QDialog {
    Q_OBJECT
public:
    explicit NoteEditor(const core::Annotation& annotation, QWidget* parent = nullptr);
    /// As currently shown in the editor.
    core::Annotation annotation() const;

public slots:
    /// Asks first if something was written.
    void reject() override;

private:
    void showPreview();

    core::Annotation m_before;
    core::StepNumber m_step;
    QLineEdit* m_title;
    QPlainTextEdit* m_text;
    QCheckBox* m_chapter;
    QTextBrowser* m_preview; ///< As a reader will see it.
};

} // namespace pgtscope::views
