// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/window/dockarea.h"

#include <algorithm>
#include <functional>

#include <QApplication>
#include <QChildEvent>
#include <QDockWidget>
#include <QMenu>
#include <QMouseEvent>
#include <QSettings>
#include <QTabBar>

#include "views/model/guestcontroller.h"
#include "views/model/text.h"
#include "views/widgets/followingview.h"
#include "views/widgets/theme.h"
#include "views/window/docktitle.h"

namespace pgtscope::views {

namespace {

/// Raise it whenever docks get other names or a saved layout would show nonsense.
constexpr int layoutVersion = 6;
const QLatin1String layoutKey("window/layout");
const QLatin1String sharedOutKey("window/layoutShared");
const QString closedKey = QStringLiteral("window/closed/");

/// Percent of the window's width and height; 0 leaves that to its neighbours.
struct Share {
    int width;
    int height;
};
/// How the default layout comes about: each slot splits one that is there already, and gets its share of the
/// window, another one while a view leads.
struct Split {
    ViewSlot slot;
    ViewSlot from;
    Qt::Orientation direction;
    Share usual;
    Share leading;
};
constexpr Split splits[] = {
    {ViewSlot::Left, ViewSlot::Left, Qt::Horizontal, {38, 62}, {50, 62}},
    {ViewSlot::RightTop, ViewSlot::Left, Qt::Horizontal, {25, 54}, {25, 34}},
    {ViewSlot::Bottom, ViewSlot::Left, Qt::Vertical, {0, 38}, {0, 38}},
    {ViewSlot::BottomRight, ViewSlot::Bottom, Qt::Horizontal, {34, 38}, {34, 38}},
    {ViewSlot::Middle, ViewSlot::Left, Qt::Horizontal, {37, 31}, {25, 31}},
    {ViewSlot::MiddleBottom, ViewSlot::Middle, Qt::Vertical, {0, 31}, {0, 31}},
    {ViewSlot::RightBottom, ViewSlot::RightTop, Qt::Vertical, {0, 46}, {0, 66}},
};
/// A slot gets the height of the one below it where all of that is closed.
Share shareOf(const Split& split, bool leads, const std::function<bool(ViewSlot)>& isClosed)
{
    Share share = leads ? split.leading : split.usual;
    for (const Split& below : splits)
        if (below.from == split.slot && below.direction == Qt::Vertical && below.slot != ViewSlot::Bottom
            && isClosed(below.slot))
            share.height += (leads ? below.leading : below.usual).height;
    return share;
}

/// Of a name without room Qt leaves two letters, "Fr…": six and the dots stay, and the tool tip has the rest.
void fitTabs(QTabBar& tabs)
{
    const int least = tabs.fontMetrics().horizontalAdvance(QStringLiteral("mmmmm\u2026"));
    tabs.setStyleSheet(QStringLiteral("QTabBar::tab { min-width: %1px; }").arg(least));
}

/// What a view can be made as small as, whatever it holds: it scrolls.
constexpr QSize leastView(120, 48);

} // namespace

DockArea::DockArea(const ViewContext& context, QWidget* parent)
    : QMainWindow(parent)
    , m_live(context.live)
{
    setObjectName(QStringLiteral("docks"));
    setWindowFlags(Qt::Widget);
    setDockNestingEnabled(true);
    // What follows a resize is where it belongs at once.
    setAnimated(false);
    setTabPosition(Qt::AllDockWidgetAreas, QTabWidget::South);
    setDocumentMode(true);
    for (const ViewRow& row : viewRegistry())
        addDock(row, context);
    connect(&context.live, &GuestLink::guestChanged, this, &DockArea::showLiveDocks);
    resetLayout();
}

/// One that the user has closed stays closed while there is a guest.
void DockArea::showLiveDocks()
{
    const bool live = m_live.guest() != nullptr;
    for (QDockWidget* dock : m_liveDocks) {
        const bool closed = QSettings().value(closedKey + dock->objectName()).toBool();
        dock->setVisible(live && !closed);
        dock->toggleViewAction()->setEnabled(live);
    }
    if (m_byDefault && !m_liveDocks.empty())
        shareOut();
}

void DockArea::setIdle(const QString& id, bool idle)
{
    QDockWidget* found = dock(id);
    const auto known = m_idle.find(found);
    if (idle == (known != m_idle.end()))
        return;
    if (idle) {
        m_idle[found] = !found->isHidden();
        found->hide();
    } else {
        const bool shown = known->second;
        m_idle.erase(known);
        if (shown)
            found->show();
    }
    if (m_byDefault)
        shareOut();
}

/// After a layout was made anew.
void DockArea::hideIdleDocks()
{
    for (auto& [dock, shown] : m_idle) {
        shown = !dock->isHidden();
        dock->hide();
    }
}

/// What takes keys is mostly inside the view.
void DockArea::focusOn(QDockWidget& dock)
{
    QWidget* view = dock.widget();
    QWidget* taker = view->focusProxy() ? view->focusProxy() : view;
    for (QWidget* child : view->findChildren<QWidget*>())
        if (taker == view && child->isVisibleTo(view) && (child->focusPolicy() & Qt::TabFocus) != 0)
            taker = child;
    dock.raise();
    taker->setFocus(Qt::TabFocusReason);
}

void DockArea::addDock(const ViewRow& row, const ViewContext& context)
{
    auto* dock = new QDockWidget(Text::tr(row.title), this);
    dock->setObjectName(QString::fromLatin1(row.id));
    const MadeView made = row.make(context, m_published);
    QWidget* view = made.widget;
    view->setMinimumSize(leastView);
    dock->setWidget(view);
    dock->setTitleBarWidget(new DockTitle(*dock, made));
    dock->toggleViewAction()->setStatusTip(Text::tr(row.description));
    connect(dock, &QDockWidget::topLevelChanged, this,
        [this](bool taken) { m_byDefault = m_byDefault && !taken; });
    connect(dock->toggleViewAction(), &QAction::triggered, this, [this, dock](bool shown) {
        QSettings().setValue(closedKey + dock->objectName(), !shown);
        if (shown)
            focusOn(*dock);
    });
    if (row.live)
        m_liveDocks.push_back(dock);
    if (auto* following = made.following)
        connect(dock, &QDockWidget::visibilityChanged, following, [following](bool seen) {
            if (seen)
                following->refresh();
        });
    m_docks[row.slot].push_back(dock);
    m_views.push_back(view);
    m_made.push_back(made);
}

void DockArea::resetLayout()
{
    placeDocks();
    hideIdleDocks();
    m_byDefault = true;
    m_leads = false;
    shareOut();
}

void DockArea::arrange(Arrangement arrangement)
{
    resetLayout();
    for (const ViewRow& row : viewRegistry())
        dock(QString::fromLatin1(row.id))
            ->setVisible((row.arrangements & static_cast<unsigned>(arrangement)) != 0
                && (!row.live || m_live.guest() != nullptr));
    hideIdleDocks();
    shareOut();
}

void DockArea::lead(const QString& id)
{
    const bool led = m_leads;
    QDockWidget* leader = id.isEmpty() ? nullptr : dock(id);
    m_leads = leader != nullptr;
    // What led until now has nothing to show: its place goes to the view that is there usually.
    if (led && !leader)
        leader = m_docks.at(ViewSlot::Left).front();
    // One that the user closed stays so.
    if (leader && !leader->isHidden())
        leader->raise();
    if (m_byDefault && led != m_leads)
        shareOut();
}

void DockArea::placeDocks()
{
    QDockWidget* anchor = nullptr;
    std::map<ViewSlot, QDockWidget*> placed;
    for (const Split& split : splits) {
        const auto found = m_docks.find(split.slot);
        if (found == m_docks.end())
            continue;
        QDockWidget* first = found->second.front();
        const auto from = placed.find(split.from);
        first->setFloating(false);
        if (!anchor)
            addDockWidget(Qt::LeftDockWidgetArea, first);
        else
            splitDockWidget(from == placed.end() ? anchor : from->second, first, split.direction);
        anchor = anchor ? anchor : first;
        placed[split.slot] = first;
    }
    // Only now: Qt does not split a place that has tabs.
    for (const auto& [slot, docks] : m_docks) {
        for (QDockWidget* dock : docks) {
            dock->setFloating(false);
            if (dock != docks.front())
                tabifyDockWidget(docks.front(), dock);
            dock->show();
        }
        docks.front()->raise();
    }
    showLiveDocks();
}

void DockArea::shareOut()
{
    QList<QDockWidget*> across;
    QList<QDockWidget*> down;
    QList<int> widths;
    QList<int> heights;
    const auto isClosed = [this](ViewSlot slot) {
        const auto found = m_docks.find(slot);
        return found == m_docks.end()
            || std::all_of(found->second.begin(), found->second.end(),
                [](const QDockWidget* dock) { return dock->isHidden(); });
    };
    for (const Split& split : splits) {
        const auto found = m_docks.find(split.slot);
        if (found == m_docks.end() || found->second.front()->isHidden())
            continue;
        const Share share = shareOf(split, m_leads, isClosed);
        if (share.width != 0) {
            across += found->second.front();
            widths += width() * share.width / 100;
        }
        if (share.height != 0) {
            down += found->second.front();
            heights += height() * share.height / 100;
        }
    }
    resizeDocks(across, widths, Qt::Horizontal);
    resizeDocks(down, heights, Qt::Vertical);
    // The columns above it ask for more than there is in some arrangements: the steps come first.
    if (const auto bottom = m_docks.find(ViewSlot::Bottom);
        bottom != m_docks.end() && !bottom->second.front()->isHidden())
        resizeDocks({bottom->second.front()}, {heights[down.indexOf(bottom->second.front())]}, Qt::Vertical);
}

void DockArea::resizeEvent(QResizeEvent* event)
{
    QMainWindow::resizeEvent(event);
    if (m_byDefault)
        shareOut();
}

/// Once the user moves a border between docks, the user sets the sizes. A press that a view has no use for
/// arrives here as well.
bool DockArea::event(QEvent* event)
{
    if (event->type() == QEvent::MouseButtonPress
        && isSeparator(static_cast<QMouseEvent*>(event)->position().toPoint()))
        m_byDefault = false;
    // Qt makes the tabs of docks by itself.
    if (event->type() == QEvent::ChildPolished)
        if (auto* tabs = qobject_cast<QTabBar*>(static_cast<QChildEvent*>(event)->child())) {
            tabs->setElideMode(Qt::ElideRight);
            tabs->setUsesScrollButtons(true);
            fitTabs(*tabs);
            connect(&Theme::instance(), &Theme::changedTheme, tabs, [tabs] { fitTabs(*tabs); });
            connect(tabs, &QTabBar::tabBarClicked, this, [this, tabs](int tab) {
                for (auto* dock : findChildren<QDockWidget*>(QString(), Qt::FindDirectChildrenOnly))
                    if (dock->windowTitle() == tabs->tabText(tab))
                        focusOn(*dock);
            });
        }
    return QMainWindow::event(event);
}

QWidget* DockArea::view(const QString& id) const
{
    const auto rows = viewRegistry();
    const auto row = std::find_if(
        rows.begin(), rows.end(), [&](const ViewRow& one) { return id == QLatin1String(one.id); });
    return row == rows.end() ? nullptr : m_views[static_cast<std::size_t>(row - rows.begin())];
}

QDockWidget* DockArea::dock(const QString& id) const
{
    return findChild<QDockWidget*>(id, Qt::FindDirectChildrenOnly);
}

void DockArea::bring(const QString& id)
{
    QDockWidget* found = dock(id);
    if (!found)
        return;
    found->show();
    found->raise();
    if (auto* following = made(id).following)
        following->refresh();
}

MadeView DockArea::made(const QString& id) const
{
    const auto rows = viewRegistry();
    const auto row
        = std::ranges::find_if(rows, [&](const ViewRow& each) { return id == QLatin1String(each.id); });
    return row == rows.end() ? MadeView() : m_made[static_cast<std::size_t>(row - rows.begin())];
}

MadeView DockArea::focused() const
{
    const QWidget* view = focusedView();
    const auto found
        = std::ranges::find_if(m_made, [view](const MadeView& each) { return each.widget == view; });
    return found == m_made.end() ? MadeView() : *found;
}

void DockArea::giveBack(const QString& id)
{
    dock(id)->setWidget(view(id));
    view(id)->show();
}

QWidget* DockArea::focusedView() const
{
    QWidget* focus = QApplication::focusWidget();
    for (QWidget* view : m_views)
        if (focus && (view == focus || view->isAncestorOf(focus)))
            return view;
    // Also a view that is covered, as a tab is, counts as visible to Qt.
    const auto seen = std::find_if(
        m_views.begin(), m_views.end(), [](const QWidget* v) { return !v->visibleRegion().isEmpty(); });
    return seen == m_views.end() ? nullptr : *seen;
}

void DockArea::focusNext(int step)
{
    std::vector<QWidget*> open;
    std::copy_if(m_views.begin(), m_views.end(), std::back_inserter(open),
        [](const QWidget* view) { return !view->parentWidget()->isHidden(); });
    if (open.empty())
        return;
    const auto count = static_cast<std::ptrdiff_t>(open.size());
    const std::ptrdiff_t at = std::find(open.begin(), open.end(), focusedView()) - open.begin();
    QWidget* next = open[static_cast<std::size_t>((at % count + count + step) % count)];
    focusOn(static_cast<QDockWidget&>(*next->parentWidget()));
}

int DockArea::shownDocks() const
{
    return static_cast<int>(std::count_if(
        m_views.begin(), m_views.end(), [](const QWidget* v) { return !v->parentWidget()->isHidden(); }));
}

void DockArea::addToggles(QMenu& menu)
{
    for (const ViewRow& row : viewRegistry())
        menu.addAction(dock(QString::fromLatin1(row.id))->toggleViewAction());
}

/// With the docks that are only idle: the next window may have something to show in them.
void DockArea::saveLayout() const
{
    for (const auto& [dock, shown] : m_idle)
        dock->setVisible(shown);
    QSettings().setValue(layoutKey, saveState(layoutVersion));
    for (const auto& [dock, shown] : m_idle)
        dock->hide();
    QSettings().setValue(sharedOutKey, m_byDefault);
}

bool DockArea::restoreLayout()
{
    const QByteArray saved = QSettings().value(layoutKey).toByteArray();
    if (saved.isEmpty() || !restoreState(saved, layoutVersion))
        return false;
    // Sizes that the user did not choose are made anew: the window may never have shown its views.
    m_byDefault = QSettings().value(sharedOutKey, false).toBool();
    showLiveDocks();
    return true;
}

} // namespace pgtscope::views
