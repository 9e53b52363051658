// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/window/dockarea.h"

#include <algorithm>

#include <QApplication>
#include <QDockWidget>
#include <QMenu>
#include <QSettings>

#include "views/window/docktitle.h"

namespace pgtscope::views {

namespace {

/// Raise it whenever docks get other names or a saved layout would show nonsense.
constexpr int layoutVersion = 1;
const QLatin1String layoutKey("window/layout");

/// How the default layout comes about: each slot splits one that is there already.
struct Split {
    ViewSlot slot;
    ViewSlot from;
    Qt::Orientation direction;
    int share; ///< Percent of the window's width, or height for vertical splits.
};
constexpr Split splits[] = {
    {ViewSlot::LeftTop, ViewSlot::LeftTop, Qt::Horizontal, 40},
    {ViewSlot::RightTop, ViewSlot::LeftTop, Qt::Horizontal, 24},
    {ViewSlot::Bottom, ViewSlot::LeftTop, Qt::Vertical, 34},
    {ViewSlot::Middle, ViewSlot::LeftTop, Qt::Horizontal, 38},
    {ViewSlot::LeftBottom, ViewSlot::LeftTop, Qt::Vertical, 24},
    {ViewSlot::RightMiddle, ViewSlot::RightTop, Qt::Vertical, 34},
    {ViewSlot::RightBottom, ViewSlot::RightMiddle, Qt::Vertical, 30},
};

} // namespace

DockArea::DockArea(const ViewContext& context, QWidget* parent)
    : QMainWindow(parent)
{
    setObjectName(QStringLiteral("docks"));
    setWindowFlags(Qt::Widget);
    setDockNestingEnabled(true);
    setTabPosition(Qt::AllDockWidgetAreas, QTabWidget::North);
    setDocumentMode(true);
    for (const ViewRow& row : viewRegistry())
        addDock(row, context);
    resetLayout();
}

void DockArea::addDock(const ViewRow& row, const ViewContext& context)
{
    auto* dock = new QDockWidget(QString::fromUtf8(row.title), this);
    dock->setObjectName(QString::fromLatin1(row.id));
    QWidget* view = row.make(context);
    dock->setWidget(view);
    dock->setTitleBarWidget(new DockTitle(*dock, *view));
    dock->toggleViewAction()->setStatusTip(QString::fromUtf8(row.description));
    m_docks[row.slot].push_back(dock);
    m_views.push_back(view);
}

void DockArea::resetLayout()
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
        for (QDockWidget* dock : found->second) {
            dock->setFloating(false);
            if (dock != first)
                tabifyDockWidget(first, dock);
            dock->show();
        }
        first->raise();
    }
    for (const Split& split : splits)
        if (const auto found = placed.find(split.slot); found != placed.end()) {
            const int whole
                = split.direction == Qt::Horizontal ? std::max(width(), 1000) : std::max(height(), 700);
            resizeDocks({found->second}, {whole * split.share / 100}, split.direction);
        }
}

QWidget* DockArea::view(const QString& id) const
{
    const auto* dock = findChild<QDockWidget*>(id, Qt::FindDirectChildrenOnly);
    return dock ? dock->widget() : nullptr;
}

QWidget* DockArea::focusedView() const
{
    QWidget* focus = QApplication::focusWidget();
    for (QWidget* view : m_views)
        if (focus && (view == focus || view->isAncestorOf(focus)))
            return view;
    const auto seen
        = std::find_if(m_views.begin(), m_views.end(), [](const QWidget* v) { return v->isVisible(); });
    return seen == m_views.end() ? nullptr : *seen;
}

int DockArea::shownDocks() const
{
    return static_cast<int>(std::count_if(
        m_views.begin(), m_views.end(), [](const QWidget* v) { return !v->parentWidget()->isHidden(); }));
}

void DockArea::addToggles(QMenu& menu)
{
    for (const ViewRow& row : viewRegistry())
        menu.addAction(
            static_cast<QDockWidget*>(view(QString::fromLatin1(row.id))->parentWidget())->toggleViewAction());
}

void DockArea::saveLayout() const { QSettings().setValue(layoutKey, saveState(layoutVersion)); }

bool DockArea::restoreLayout()
{
    const QByteArray saved = QSettings().value(layoutKey).toByteArray();
    return !saved.isEmpty() && restoreState(saved, layoutVersion);
}

} // namespace pgtscope::views
