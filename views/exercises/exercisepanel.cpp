// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/exercises/exercisepanel.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QVBoxLayout>

#include "views/widgets/theme.h"

namespace pgtscope::views {

namespace {

QString textOf(std::string_view text)
{
    return QString::fromUtf8(text.data(), static_cast<qsizetype>(text.size()));
}

} // namespace

ExercisePanel::ExercisePanel(QWidget* parent)
    : QWidget(parent)
    , m_question(new QLabel(this))
    , m_answer(new QLineEdit(this))
    , m_verdict(new QLabel(this))
{
    m_question->setObjectName(QStringLiteral("question"));
    m_answer->setObjectName(QStringLiteral("answer"));
    m_verdict->setObjectName(QStringLiteral("verdict"));
    m_question->setTextFormat(Qt::MarkdownText);
    m_verdict->setTextFormat(Qt::PlainText);
    for (QLabel* label : {m_question, m_verdict}) {
        label->setWordWrap(true);
        label->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    }
    m_answer->setAccessibleName(tr("Your answer"));
    auto* check = new QPushButton(tr("Chec&k"), this);
    check->setObjectName(QStringLiteral("check"));
    auto* another = new QPushButton(tr("Anot&her"), this);
    another->setObjectName(QStringLiteral("another"));
    auto* row = new QHBoxLayout;
    row->addWidget(m_answer, 1);
    row->addWidget(check);
    row->addWidget(another);
    auto* layout = new QVBoxLayout(this);
    layout->addWidget(m_question);
    layout->addLayout(row);
    layout->addWidget(m_verdict);
    connect(check, &QPushButton::clicked, this, &ExercisePanel::check);
    connect(m_answer, &QLineEdit::returnPressed, this, &ExercisePanel::check);
    connect(another, &QPushButton::clicked, this, &ExercisePanel::anotherRequested);
}

void ExercisePanel::setExercise(std::unique_ptr<core::Exercise> exercise)
{
    m_exercise = std::move(exercise);
    m_question->setText(QString::fromStdString(m_exercise->question()));
    m_answer->clear();
    m_answer->setPlaceholderText(textOf(m_exercise->kind().formText));
    m_verdict->clear();
    m_answer->setFocus(Qt::OtherFocusReason);
}

void ExercisePanel::check()
{
    if (!m_exercise)
        return;
    const auto verdict = m_exercise->judge(m_answer->text().toStdString());
    QPalette palette = m_verdict->palette();
    const Theme& theme = Theme::instance();
    palette.setColor(QPalette::WindowText,
        verdict && verdict->right ? theme.changed() : theme.finding(core::FindingState::Violation));
    m_verdict->setPalette(palette);
    if (!verdict)
        m_verdict->setText(tr("Answer with %1.").arg(textOf(m_exercise->kind().formText)));
    else
        m_verdict->setText((verdict->right ? tr("\u2713 Right. %1") : tr("\u2717 Not yet. %1"))
                               .arg(QString::fromStdString(verdict->why)));
}

} // namespace pgtscope::views
