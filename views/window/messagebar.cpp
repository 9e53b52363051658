// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/window/messagebar.h"

#include <QAction>
#include <QHBoxLayout>
#include <QLabel>
#include <QToolButton>

#include "views/widgets/theme.h"

namespace pgtscope::views {

MessageBar::MessageBar(QWidget* parent)
    : QFrame(parent)
    , m_glyph(new QLabel(this))
    , m_text(new QLabel(this))
    , m_remedy(new QToolButton(this))
{
    setObjectName(QStringLiteral("message"));
    setFrameShape(QFrame::StyledPanel);
    setAutoFillBackground(true);
    m_text->setWordWrap(true);
    m_text->setTextFormat(Qt::PlainText);
    m_text->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    m_text->setAccessibleName(QStringLiteral("Message"));
    m_remedy->setObjectName(QStringLiteral("remedy"));
    m_remedy->setFocusPolicy(Qt::StrongFocus);
    auto* close = new QToolButton(this);
    close->setText(QStringLiteral("\u00d7"));
    close->setToolTip(QStringLiteral("Dismiss"));
    close->setAccessibleName(close->toolTip());
    close->setAutoRaise(true);
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(8, 4, 4, 4);
    layout->addWidget(m_glyph);
    layout->addWidget(m_text, 1);
    layout->addWidget(m_remedy);
    layout->addWidget(close);
    connect(close, &QToolButton::clicked, this, &QWidget::hide);
    connect(m_remedy, &QToolButton::clicked, this, &QWidget::hide);
    m_remedy->hide();
    hide();
}

QString MessageBar::text() const { return isHidden() ? QString() : m_text->text(); }

void MessageBar::showError(const QString& text)
{
    show(QStringLiteral("\u2715"), text, Theme::instance().finding(core::FindingState::Violation));
}

void MessageBar::showNotice(const QString& text)
{
    show(QStringLiteral("i"), text, Theme::instance().finding(core::FindingState::Transient));
}

void MessageBar::offer(QAction* action)
{
    m_remedy->setDefaultAction(action);
    m_remedy->setVisible(true);
}

void MessageBar::show(const QString& glyph, const QString& text, const QColor& colour)
{
    QPalette ink = palette();
    ink.setColor(QPalette::WindowText, colour);
    m_glyph->setPalette(ink);
    m_glyph->setText(glyph);
    m_text->setText(text);
    m_remedy->hide();
    setVisible(true);
}

} // namespace pgtscope::views
