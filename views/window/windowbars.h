// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QToolBar>

#include "views/model/guestcontroller.h"

class QLabel;
class QMainWindow;
class QMenu;

namespace pgtscope::views {

class ActionSet;
class DockArea;
class GotoBox;
class HelpMenu;

/// Fills the window's menu bar. Returns what offers more in its Help menu.
HelpMenu* makeMenus(QMainWindow& window, ActionSet& actions, DockArea& docks, QMenu& runTo);

/// Steps, the commands for a guest while there is one, the box for places, and the state of what is shown.
class WindowToolBar : public QToolBar {
    Q_OBJECT
public:
    /// All outlive the bar.
    WindowToolBar(ActionSet& actions, QMenu& runTo, GotoBox& box, QWidget* parent);

    /// Null: a recording, if `shown`, else nothing.
    void showState(const GuestController* guest, bool shown);

private:
    void addStepButton();
    void addRunTo();

    ActionSet& m_actions;
    QMenu& m_runTo;
    QLabel* m_state;
    QList<QAction*> m_forGuests; ///< What only a live guest can do takes no room from a recording.
    QAction* m_runToButton = nullptr;
};

} // namespace pgtscope::views
