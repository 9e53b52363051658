// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/window/overlay.h"

#include <algorithm>

#include <QEvent>
#include <QLayout>
#include <QWidget>

namespace pgtscope::views {

namespace {

constexpr int edge = 8;

} // namespace

Overlay::Overlay(QWidget& bar, QWidget& below)
    : QObject(&below)
    , m_bar(bar)
    , m_below(below)
{
    const bool shown = !bar.isHidden();
    bar.setParent(&below);
    bar.setVisible(shown);
    bar.installEventFilter(this);
    below.installEventFilter(this);
    place();
}

/// As high as its words ask for at the width that there is.
void Overlay::place()
{
    const int width = std::max(0, m_below.width() - 2 * edge);
    const int wanted = m_bar.layout() && m_bar.layout()->hasHeightForWidth()
        ? m_bar.layout()->totalHeightForWidth(width)
        : m_bar.sizeHint().height();
    const int height = std::min(std::max(wanted, m_bar.minimumSizeHint().height()), m_below.height());
    const bool room = !m_bar.isHidden() && m_bar.property("takesRoom").toBool();
    const QMargins margins(0, 0, 0, room ? height + 2 * edge : 0);
    if (QLayout* layout = m_below.layout(); layout && layout->contentsMargins() != margins)
        layout->setContentsMargins(margins);
    m_bar.setGeometry(edge, m_below.height() - height - edge, width, height);
    m_bar.raise();
}

bool Overlay::eventFilter(QObject* watched, QEvent* event)
{
    const bool sized = event->type() == QEvent::Resize && watched == &m_below;
    const bool bar = watched == &m_bar
        && (event->type() == QEvent::Show || event->type() == QEvent::Hide
            || event->type() == QEvent::LayoutRequest || event->type() == QEvent::DynamicPropertyChange);
    const bool pages = watched == &m_below && event->type() == QEvent::LayoutRequest;
    if (sized || bar || pages)
        place();
    return QObject::eventFilter(watched, event);
}

} // namespace pgtscope::views
