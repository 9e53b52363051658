// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/widgets/followingview.h"

#include <QAbstractScrollArea>
#include <QContextMenuEvent>
#include <QCoreApplication>
#include <QMouseEvent>

#include "views/model/hypotheticals.h"
#include "views/model/levelnames.h"
#include "views/widgets/theme.h"

namespace pgtscope::views {

FollowingView::FollowingView(Document& document, Selection& selection, QWidget* parent)
    : QWidget(parent)
    , m_document(document)
    , m_selection(selection)
    , m_place(selection.place())
{
    connect(&document, &Document::stepChanged, this, &FollowingView::stepMoved);
    connect(&document, &Document::timelineChanged, this, &FollowingView::stepMoved);
    // Rich text and pictures hold the colours that they were made with.
    connect(&Theme::instance(), &Theme::changedTheme, this, &FollowingView::stepMoved);
    connect(&LevelNames::instance(), &LevelNames::changedNames, this, &FollowingView::stepMoved);
    connect(&Hypotheticals::instance(), &Hypotheticals::changedShown, this, &FollowingView::stepMoved);
    connect(&selection, &Selection::changed, this, &FollowingView::placeMoved);
}

void FollowingView::refresh()
{
    const bool step = m_stepDirty;
    const bool place = m_placeDirty || step;
    m_stepDirty = false;
    m_placeDirty = false;
    m_shown = state();
    if (step)
        showStep();
    if (place)
        showPlace();
}

bool FollowingView::isSeen() const
{
    // Not visibleRegion(): of a view that its children cover, nothing is left there.
    const QWidget* top = window();
    return isVisible() && top->rect().intersects({mapTo(top, QPoint()), size()});
}

void FollowingView::setFollowing(bool following)
{
    if (following == m_following)
        return;
    m_following = following;
    emit followingChanged(following);
    if (following)
        placeMoved(m_selection.place());
}

void FollowingView::showEvent(QShowEvent* event)
{
    QWidget::showEvent(event);
    refresh();
}

/// A view that had no room yet when something changed.
void FollowingView::resizeEvent(QResizeEvent* event)
{
    QWidget::resizeEvent(event);
    if (isSeen())
        refresh();
}

/// Lists choose what is pressed with any button; what is painted chooses at a left click only.
void FollowingView::contextMenuEvent(QContextMenuEvent* event)
{
    QWidget* child = childAt(event->pos());
    auto* area = child ? qobject_cast<QAbstractScrollArea*>(child->parentWidget()) : nullptr;
    const bool painted = area && child == area->viewport() && !area->inherits("QAbstractItemView")
        && !area->inherits("QTextEdit");
    if (painted && event->reason() == QContextMenuEvent::Mouse) {
        const QPointF at = child->mapFrom(this, event->pos());
        for (const auto type : {QEvent::MouseButtonPress, QEvent::MouseButtonRelease}) {
            QMouseEvent click(type, at, QPointF(event->globalPos()), Qt::LeftButton,
                type == QEvent::MouseButtonPress ? Qt::LeftButton : Qt::NoButton, Qt::NoModifier);
            QCoreApplication::sendEvent(child, &click);
        }
    }
    emit menuRequested(event->globalPos());
}

void FollowingView::choose(const Place& place)
{
    m_selection.select(place);
    if (!m_following && m_place != place) {
        m_place = place;
        m_placeDirty = true;
        refresh();
    }
}

void FollowingView::stepMoved()
{
    m_stepDirty = true;
    if (isSeen())
        refresh();
}

void FollowingView::placeMoved(const Place& place)
{
    if (!m_following)
        return;
    m_place = place;
    m_placeDirty = true;
    // A place that comes with a step is shown with it.
    if (isSeen() && showsStep())
        refresh();
}

} // namespace pgtscope::views
