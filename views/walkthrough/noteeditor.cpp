// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/walkthrough/noteeditor.h"

#include <utility>

#include <QCheckBox>
#include <QDialogButtonBox>
#include <QFormLayout>
#include <QLabel>
#include <QLineEdit>
#include <QMessageBox>
#include <QPlainTextEdit>
#include <QTextBrowser>

#include "views/walkthrough/narration.h"
#include "views/widgets/theme.h"

namespace pgtscope::views {

NoteEditor::NoteEditor(const core::Annotation& annotation, Save save, QWidget* parent)
    : QDialog(parent)
    , m_before(annotation)
    , m_save(std::move(save))
    , m_step(annotation.step)
    , m_title(new QLineEdit(QString::fromStdString(annotation.title)))
    , m_text(new QPlainTextEdit(QString::fromStdString(annotation.text)))
    , m_chapter(new QCheckBox(tr("A chapter starts here")))
    , m_preview(new QTextBrowser)
    , m_problem(new QLabel)
{
    setObjectName(QStringLiteral("noteEditor"));
    setWindowTitle(tr("Note on step %1").arg(m_step));
    m_title->setObjectName(QStringLiteral("noteTitle"));
    m_text->setObjectName(QStringLiteral("noteText"));
    m_text->setTabChangesFocus(true);
    m_chapter->setObjectName(QStringLiteral("noteChapter"));
    m_chapter->setChecked(annotation.kind == core::AnnotationKind::Chapter);
    auto* help = new QLabel(
        tr("Markdown. Links: pgtscope:va/0x…, pgtscope:pa/0x…, pgtscope:pfn/0x…, pgtscope:entry/0x…, "
           "pgtscope:step/N. A quotation is hidden at first from “> **Answer.**” on."));
    help->setWordWrap(true);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Save | QDialogButtonBox::Cancel);
    connect(buttons, &QDialogButtonBox::accepted, this, &NoteEditor::accept);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    auto* layout = new QFormLayout(this);
    layout->addRow(tr("&Title"), m_title);
    layout->addRow(tr("Te&xt"), m_text);
    layout->addRow(tr("Preview"), m_preview);
    layout->addRow(QString(), m_chapter);
    layout->addRow(help);
    layout->addRow(m_problem);
    layout->addRow(buttons);
    m_problem->setObjectName(QStringLiteral("noteProblem"));
    m_problem->setWordWrap(true);
    m_problem->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_problem->hide();
    m_preview->setObjectName(QStringLiteral("notePreview"));
    m_preview->setAccessibleName(tr("Preview of the note"));
    m_preview->setOpenLinks(false);
    connect(m_text, &QPlainTextEdit::textChanged, this, &NoteEditor::showPreview);
    showPreview();
    resize(620, 560);
}

void NoteEditor::showPreview()
{
    int answers = 0;
    m_preview->setMarkdown(withAnswers(m_text->toPlainText(), {}, answers));
}

void NoteEditor::accept()
{
    const QString problem = m_save(annotation());
    if (problem.isEmpty())
        return QDialog::accept();
    QPalette palette = m_problem->palette();
    palette.setColor(QPalette::WindowText, Theme::instance().finding(core::FindingState::Violation));
    m_problem->setPalette(palette);
    m_problem->setText(tr("\u2715 Not saved: %1").arg(problem));
    m_problem->show();
}

void NoteEditor::reject()
{
    const core::Annotation now = annotation();
    if (now.text == m_before.text && now.title == m_before.title && now.kind == m_before.kind)
        return QDialog::reject();
    auto* ask = new QMessageBox(QMessageBox::Question, windowTitle(), tr("Discard what you have written?"),
        QMessageBox::Discard | QMessageBox::Cancel, this);
    ask->setObjectName(QStringLiteral("askDiscardNote"));
    ask->setAttribute(Qt::WA_DeleteOnClose);
    connect(ask, &QMessageBox::buttonClicked, this, [this, ask](QAbstractButton* button) {
        if (ask->standardButton(button) == QMessageBox::Discard)
            QDialog::reject();
    });
    ask->open();
}

core::Annotation NoteEditor::annotation() const
{
    core::Annotation annotation;
    annotation.step = m_step;
    annotation.kind = m_chapter->isChecked() ? core::AnnotationKind::Chapter : core::AnnotationKind::Note;
    annotation.title = m_title->text().trimmed().toStdString();
    annotation.text = m_text->toPlainText().toStdString();
    return annotation;
}

} // namespace pgtscope::views
