// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/window/messagebar.h"

#include <algorithm>

#include <QAction>
#include <QApplication>
#include <QHBoxLayout>
#include <QLabel>
#include <QTimer>
#include <QToolButton>

#include "views/widgets/theme.h"

namespace pgtscope::views {

namespace {

constexpr int leastReadingMilliseconds = 6'000;
constexpr int readingMillisecondsPerLetter = 60;

/// An error begins as pgt prints it behind its own name: "could not …".
QString sentence(const QString& text)
{
    return text.startsWith(QLatin1String("could ")) ? QLatin1Char('C') + text.mid(1) : text;
}

} // namespace

MessageBar::MessageBar(QWidget* parent)
    : QFrame(parent)
    , m_glyph(new QLabel(this))
    , m_text(new QLabel(this))
    , m_reading(new QTimer(this))
    , m_otherRemedy(new QToolButton(this))
    , m_remedy(new QToolButton(this))
{
    setObjectName(QStringLiteral("message"));
    setFrameShape(QFrame::StyledPanel);
    setAutoFillBackground(true);
    m_text->setWordWrap(true);
    m_text->setTextFormat(Qt::PlainText);
    m_text->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    m_text->setAccessibleName(tr("Message"));
    m_remedy->setObjectName(QStringLiteral("remedy"));
    m_otherRemedy->setObjectName(QStringLiteral("otherRemedy"));
    auto* close = new QToolButton(this);
    close->setObjectName(QStringLiteral("dismiss"));
    close->setText(QStringLiteral("\u00d7"));
    close->setToolTip(tr("Dismiss"));
    close->setAccessibleName(close->toolTip());
    close->setAutoRaise(true);
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(8, 4, 4, 4);
    layout->addWidget(m_glyph);
    layout->addWidget(m_text, 1);
    layout->addWidget(m_otherRemedy);
    layout->addWidget(m_remedy);
    layout->addWidget(close);
    connect(close, &QToolButton::clicked, this, &MessageBar::dismiss);
    for (QToolButton* remedy : {m_otherRemedy, m_remedy}) {
        remedy->setFocusPolicy(Qt::StrongFocus);
        connect(remedy, &QToolButton::clicked, this, &QWidget::hide);
        remedy->hide();
    }
    m_reading->setSingleShot(true);
    connect(m_reading, &QTimer::timeout, this, &MessageBar::fade);
    hide();
}

QString MessageBar::text() const { return isHidden() ? QString() : m_text->text(); }

void MessageBar::showError(const QString& text) { show(Kind::Error, sentence(text)); }
void MessageBar::showRefusal(const QString& text) { show(Kind::Refusal, sentence(text)); }

void MessageBar::showCondition(const QString& text)
{
    m_condition = text;
    m_conditionRemedies.clear();
    show(Kind::Condition, text);
}

void MessageBar::showNotice(const QString& text)
{
    show(Kind::Notice, text);
    if (!text.isEmpty())
        m_reading->start(
            std::max(leastReadingMilliseconds, static_cast<int>(text.size()) * readingMillisecondsPerLetter));
}

/// A notice on which the pointer or the keyboard is may be about to be copied: it stays a while longer.
void MessageBar::fade()
{
    if (underMouse() || m_text->hasSelectedText() || isAncestorOf(QApplication::focusWidget()))
        m_reading->start(leastReadingMilliseconds);
    else
        makeWay();
}

/// For what is true for longer, if that is not what was shown.
void MessageBar::makeWay()
{
    hide();
    if (m_condition.isEmpty() || m_kind == Kind::Condition)
        return;
    const QList<QAction*> remedies = m_conditionRemedies;
    show(Kind::Condition, m_condition);
    offer(remedies);
}

void MessageBar::dismiss()
{
    if (m_kind == Kind::Condition)
        m_condition.clear();
    makeWay();
}

void MessageBar::hideEvent(QHideEvent* event)
{
    m_reading->stop();
    QFrame::hideEvent(event);
}

void MessageBar::clear()
{
    m_condition.clear();
    hide();
}

void MessageBar::offer(const QList<QAction*>& actions)
{
    if (actions.isEmpty())
        return;
    if (m_kind == Kind::Condition)
        m_conditionRemedies = actions;
    m_remedy->setDefaultAction(actions.last());
    m_remedy->setVisible(true);
    if (actions.size() > 1)
        m_otherRemedy->setDefaultAction(actions.first());
    m_otherRemedy->setVisible(actions.size() > 1);
}

void MessageBar::show(Kind kind, const QString& text)
{
    if (text.isEmpty()) {
        if (m_kind == kind)
            makeWay();
        return;
    }
    m_reading->stop();
    m_kind = kind;
    const bool wrong = kind == Kind::Error || kind == Kind::Refusal;
    QPalette ink = palette();
    ink.setColor(QPalette::WindowText,
        Theme::instance().finding(wrong ? core::FindingState::Violation : core::FindingState::Transient));
    m_glyph->setPalette(ink);
    m_glyph->setText(wrong ? QStringLiteral("\u2715") : QStringLiteral("i"));
    m_text->setText(text);
    m_remedy->hide();
    m_otherRemedy->hide();
    setProperty("takesRoom", kind == Kind::Condition);
    setVisible(true);
}

} // namespace pgtscope::views
