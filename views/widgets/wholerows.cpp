// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/widgets/wholerows.h"

#include <QEvent>
#include <QScrollBar>
#include <QTreeView>

namespace pgtscope::views {

WholeRows::WholeRows(QTreeView& view, QWidget* parent)
    : QWidget(parent)
    , m_view(view)
{
    // What is below the last whole row belongs to the list too.
    setBackgroundRole(QPalette::Base);
    setAutoFillBackground(true);
    setSizePolicy(view.sizePolicy());
    setFocusProxy(&view);
    view.setParent(this);
    view.installEventFilter(this);
    view.horizontalScrollBar()->installEventFilter(this);
    connect(
        view.verticalScrollBar(), &QScrollBar::rangeChanged, this, &WholeRows::place, Qt::QueuedConnection);
}

QSize WholeRows::sizeHint() const { return m_view.sizeHint(); }

QSize WholeRows::minimumSizeHint() const { return m_view.minimumSizeHint().expandedTo(m_view.minimumSize()); }

void WholeRows::resizeEvent(QResizeEvent* event)
{
    QWidget::resizeEvent(event);
    place();
}

/// Heading and scroll bar come and go with what is shown.
bool WholeRows::eventFilter(QObject* watched, QEvent* event)
{
    const bool placed = event->type() == QEvent::Show || event->type() == QEvent::Hide
        || event->type() == QEvent::FontChange || event->type() == QEvent::LayoutRequest;
    if (placed)
        QMetaObject::invokeMethod(this, &WholeRows::place, Qt::QueuedConnection);
    return QWidget::eventFilter(watched, event);
}

void WholeRows::place()
{
    const int row = m_view.visualRect(m_view.indexAt({1, 1})).height();
    const int around = m_view.height() - m_view.viewport()->height();
    const int room = height() - around;
    const int spare = row > 0 && room > row ? room % row : 0;
    m_view.setGeometry(0, 0, width(), height() - spare);
}

} // namespace pgtscope::views
