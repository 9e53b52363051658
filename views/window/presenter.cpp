// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/window/presenter.h"

#include <QDockWidget>
#include <QMainWindow>
#include <QMenuBar>
#include <QShortcut>
#include <QStatusBar>
#include <QToolBar>

#include "views/walkthrough/walkthroughview.h"
#include "views/window/dockarea.h"

namespace pgtscope::views {

namespace {

constexpr int narrationShare = 40; // percent of the width

QDockWidget* dockOf(QWidget* view) { return qobject_cast<QDockWidget*>(view->parentWidget()); }

} // namespace

Presenter::Presenter(QMainWindow& window, DockArea& docks)
    : QObject(&window)
    , m_window(window)
    , m_docks(docks)
    , m_walkthrough(qobject_cast<WalkthroughView*>(docks.view(QStringLiteral("walkthrough"))))
{
    addKey(Qt::Key_Escape, &Presenter::leave);
    addKey(Qt::Key_PageDown, &Presenter::nextChapter);
    addKey(Qt::Key_PageUp, &Presenter::previousChapter);
    connect(m_walkthrough, &WalkthroughView::presentingChanged, this, &Presenter::setPresenting);
}

void Presenter::addKey(int key, void (Presenter::*go)())
{
    auto* shortcut = new QShortcut(QKeySequence(key), &m_window);
    shortcut->setEnabled(false);
    connect(shortcut, &QShortcut::activated, this, go);
    m_keys += shortcut;
}

void Presenter::nextChapter() { m_walkthrough->nextChapter(); }

void Presenter::previousChapter() { m_walkthrough->previousChapter(); }

void Presenter::setPresenting(bool presenting)
{
    if (presenting == m_presenting)
        return;
    m_presenting = presenting;
    m_walkthrough->setPresenting(presenting);
    for (QShortcut* key : m_keys)
        key->setEnabled(presenting);
    if (presenting)
        begin();
    else
        end();
    emit presentingChanged(presenting);
}

void Presenter::begin()
{
    m_layout = m_docks.saveState();
    m_states = m_window.windowState();
    QWidget* shown = m_docks.focusedView();
    m_put = {m_window.menuBar(), m_window.statusBar()};
    for (QToolBar* bar : m_window.findChildren<QToolBar*>(QString(), Qt::FindDirectChildrenOnly))
        m_put += bar;
    m_put.removeIf([](const QWidget* bar) { return bar->isHidden(); });
    for (QWidget* bar : m_put)
        bar->hide();
    QDockWidget* narration = dockOf(m_walkthrough);
    QDockWidget* first = nullptr;
    for (QWidget* view : m_docks.views()) {
        QDockWidget* dock = dockOf(view);
        dock->setFloating(false);
        if (dock == narration)
            continue;
        if (first) {
            m_docks.tabifyDockWidget(first, dock);
            dock->show();
            continue;
        }
        // Beside a group of tabs nothing can be split off: the narration comes before there is one.
        first = dock;
        for (QWidget* other : m_docks.views())
            m_docks.removeDockWidget(dockOf(other));
        m_docks.addDockWidget(Qt::LeftDockWidgetArea, first);
        first->show();
        m_docks.splitDockWidget(first, narration, Qt::Horizontal);
        narration->show();
    }
    if (shown && dockOf(shown) != narration)
        dockOf(shown)->raise();
    m_window.setWindowState(m_states | Qt::WindowFullScreen);
    const int width = m_docks.width() * narrationShare / 100;
    m_docks.resizeDocks({narration}, {width}, Qt::Horizontal);
}

void Presenter::end()
{
    for (QWidget* bar : m_put)
        bar->show();
    m_window.setWindowState(m_states);
    m_docks.restoreState(m_layout);
}

} // namespace pgtscope::views
