// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/walkthrough/noteeditor.h"

#include <QCheckBox>
#include <QDialogButtonBox>
#include <QFormLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>

namespace pgtscope::views {

NoteEditor::NoteEditor(const core::Annotation& annotation, QWidget* parent)
    : QDialog(parent)
    , m_step(annotation.step)
    , m_title(new QLineEdit(QString::fromStdString(annotation.title)))
    , m_text(new QPlainTextEdit(QString::fromStdString(annotation.text)))
    , m_chapter(new QCheckBox(tr("A chapter starts here")))
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
           "pgtscope:step/N. Lines between “:::answer” and “:::” are hidden at first."));
    help->setWordWrap(true);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Save | QDialogButtonBox::Cancel);
    connect(buttons, &QDialogButtonBox::accepted, this, &QDialog::accept);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    auto* layout = new QFormLayout(this);
    layout->addRow(tr("&Title"), m_title);
    layout->addRow(tr("Te&xt"), m_text);
    layout->addRow(QString(), m_chapter);
    layout->addRow(help);
    layout->addRow(buttons);
    resize(520, 360);
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
