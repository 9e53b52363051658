// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/window/docktitle.h"

#include <QDockWidget>
#include <QDynamicPropertyChangeEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QPainter>
#include <QToolButton>

#include "views/widgets/followingview.h"
#include "views/widgets/theme.h"

namespace pgtscope::views {

DockTitle::DockTitle(QDockWidget& dock, const MadeView& view)
    : QWidget(&dock)
    , m_view(*view.widget)
    , m_summary(new QWidget(this))
{
    auto* title = new QLabel(dock.windowTitle(), this);
    QFont bold = title->font();
    bold.setBold(true);
    title->setFont(bold);
    m_summary->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(8, 1, 2, 1);
    layout->setSpacing(1);
    layout->addWidget(title);
    layout->addSpacing(10);
    layout->addWidget(m_summary, 1);
    layout->addSpacing(6);
    if (auto* following = view.following) {
        auto* pin = addButton(QStringLiteral("\u25c9"), tr("Pin: do not follow the selection"));
        pin->setCheckable(true);
        connect(pin, &QToolButton::toggled, following,
            [following](bool pinned) { following->setFollowing(!pinned); });
        connect(following, &FollowingView::followingChanged, pin,
            [pin](bool follows) { pin->setChecked(!follows); });
    }
    auto* floating = addButton(QStringLiteral("\u25f1"), tr("Undock or dock"));
    connect(floating, &QToolButton::clicked, &dock, [&dock] { dock.setFloating(!dock.isFloating()); });
    auto* close = addButton(QStringLiteral("\u00d7"), tr("Close; the View menu opens it again"));
    connect(close, &QToolButton::clicked, &dock, &QDockWidget::close);
    m_view.installEventFilter(this);
    showSummary();
}

QToolButton* DockTitle::addButton(const QString& text, const QString& tip)
{
    auto* button = new QToolButton(this);
    button->setText(text);
    button->setToolTip(tip);
    button->setAccessibleName(tip);
    button->setAutoRaise(true);
    button->setFocusPolicy(Qt::TabFocus);
    button->setFixedSize(fontMetrics().height() + 4, fontMetrics().height() + 4);
    layout()->addWidget(button);
    return button;
}

QSize DockTitle::sizeHint() const { return {120, fontMetrics().height() + 8}; }

bool DockTitle::eventFilter(QObject* watched, QEvent* event)
{
    if (watched == &m_view && event->type() == QEvent::DynamicPropertyChange)
        showSummary();
    return QWidget::eventFilter(watched, event);
}

void DockTitle::showSummary()
{
    const QString text = m_view.property("summary").toString();
    if (text == m_summary->toolTip())
        return;
    m_summary->setToolTip(text);
    m_summary->setAccessibleName(text);
    update();
}

void DockTitle::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.fillRect(rect(), Theme::instance().panel());
    painter.setPen(Theme::instance().line());
    painter.drawLine(rect().bottomLeft(), rect().bottomRight());
    painter.setPen(Theme::instance().mutedText());
    const QRect place = m_summary->geometry();
    painter.drawText(place, Qt::AlignRight | Qt::AlignVCenter,
        fontMetrics().elidedText(m_summary->toolTip(), Qt::ElideRight, place.width()));
}

} // namespace pgtscope::views
