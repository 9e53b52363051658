// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/exercises/exercisepanel.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QVBoxLayout>

#include "core/report/markdown.h"
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
    , m_answer(new QLineEdit(this))
    , m_verdict(new QLabel(this))
{
    m_answer->setObjectName(QStringLiteral("answer"));
    m_verdict->setObjectName(QStringLiteral("verdict"));
    m_verdict->setTextFormat(Qt::PlainText);
    m_verdict->setWordWrap(true);
    m_verdict->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
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
    layout->setContentsMargins(8, 2, 8, 4);
    layout->setSpacing(2);
    layout->addLayout(row);
    layout->addWidget(m_verdict);
    connect(check, &QPushButton::clicked, this, &ExercisePanel::check);
    connect(m_answer, &QLineEdit::returnPressed, this, &ExercisePanel::check);
    connect(another, &QPushButton::clicked, this, &ExercisePanel::anotherRequested);
}

void ExercisePanel::setExercise(std::unique_ptr<core::Exercise> exercise)
{
    m_exercise = std::move(exercise);
    const QString question = QString::fromStdString(core::markdownPlain(m_exercise->question()));
    m_answer->setToolTip(question);
    m_answer->setAccessibleDescription(question);
    m_answer->clear();
    m_answer->setPlaceholderText(textOf(m_exercise->kind().formText));
    showVerdict({});
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
        showVerdict(tr("Answer with %1.").arg(textOf(m_exercise->kind().formText)));
    else
        showVerdict((verdict->right ? tr("\u2713 Right. %1") : tr("\u2717 Not yet. %1"))
                        .arg(QString::fromStdString(verdict->why)));
}

/// Until there is one it takes no room from the views.
void ExercisePanel::showVerdict(const QString& text)
{
    m_verdict->setText(text);
    m_verdict->setVisible(!text.isEmpty());
}

} // namespace pgtscope::views
