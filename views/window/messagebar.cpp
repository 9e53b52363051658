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
    connect(close, &QToolButton::clicked, this, &QWidget::hide);
    for (QToolButton* remedy : {m_otherRemedy, m_remedy}) {
        remedy->setFocusPolicy(Qt::StrongFocus);
        connect(remedy, &QToolButton::clicked, this, &QWidget::hide);
        remedy->hide();
    }
    hide();
}

QString MessageBar::text() const { return isHidden() ? QString() : m_text->text(); }

void MessageBar::showError(const QString& text)
{
    m_notice = false;
    show(QStringLiteral("\u2715"), text, Theme::instance().finding(core::FindingState::Violation));
}

void MessageBar::showNotice(const QString& text)
{
    if (text.isEmpty())
        return m_notice ? hide() : void();
    m_notice = true;
    show(QStringLiteral("i"), text, Theme::instance().finding(core::FindingState::Transient));
}

void MessageBar::offer(const QList<QAction*>& actions)
{
    if (actions.isEmpty())
        return;
    m_remedy->setDefaultAction(actions.last());
    m_remedy->setVisible(true);
    if (actions.size() > 1)
        m_otherRemedy->setDefaultAction(actions.first());
    m_otherRemedy->setVisible(actions.size() > 1);
}

void MessageBar::show(const QString& glyph, const QString& text, const QColor& colour)
{
    QPalette ink = palette();
    ink.setColor(QPalette::WindowText, colour);
    m_glyph->setPalette(ink);
    m_glyph->setText(glyph);
    m_text->setText(text);
    m_remedy->hide();
    m_otherRemedy->hide();
    setVisible(true);
}

} // namespace pgtscope::views
