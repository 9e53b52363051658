// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <map>
#include <vector>

#include <QMainWindow>

#include "views/window/viewregistry.h"

class QDockWidget;
class QMenu;

namespace pgtscope::views {

/// All views as docks that a user can arrange. Layouts carry a version: one of another version is not used.
class DockArea : public QMainWindow {
    Q_OBJECT
public:
    DockArea(const ViewContext& context, QWidget* parent = nullptr);

    /// By the id of its registry row; null if there is none.
    QWidget* view(const QString& id) const;
    const std::vector<QWidget*>& views() const { return m_views; }
    /// The same with what each can be asked for, in the order of the registry.
    const std::vector<MadeView>& made() const { return m_made; }
    /// By the id of its registry row; nulls if there is none.
    MadeView made(const QString& id) const;
    const PublishedViews& published() const { return m_published; }
    /// The view that holds the keyboard focus, else the first that can be seen; null if all are closed.
    QWidget* focusedView() const;
    MadeView focused() const;
    /// Puts the focus into the view that comes `step` docks after the one that has it, closed ones left out.
    void focusNext(int step);
    int shownDocks() const;
    /// Brings the view of that id to the front of its tabs and, in the default layout, gives it more room
    /// than the others; an empty id ends that.
    void lead(const QString& id);
    /// Opens the view of that id and brings it to the front of its tabs.
    void bring(const QString& id);
    /// Puts a view that something else has shown meanwhile into its dock again.
    void giveBack(const QString& id);
    /// A view that has nothing to show takes no room, whatever the layout; the user can open it.
    void setIdle(const QString& id, bool idle);
    /// The default layout with the views of that arrangement alone open; the room of others is shared out.
    void arrange(Arrangement arrangement);
    /// An action for each view that opens and closes it.
    void addToggles(QMenu& menu);

    void saveLayout() const;
    /// False if there was none to restore.
    bool restoreLayout();

public slots:
    void resetLayout();

protected:
    bool event(QEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

private:
    void addDock(const ViewRow& row, const ViewContext& context);
    void placeDocks();
    void showLiveDocks();
    void hideIdleDocks();
    void focusOn(QDockWidget& dock);
    void shareOut();
    QDockWidget* dock(const QString& id) const;

    const GuestLink& m_live;
    std::map<ViewSlot, std::vector<QDockWidget*>> m_docks;
    std::vector<QDockWidget*> m_liveDocks; ///< Those that only a guest has something for.
    /// Those that have nothing to show, and whether they are shown once they have.
    std::map<QDockWidget*, bool> m_idle;
    std::vector<QWidget*> m_views;
    std::vector<MadeView> m_made;
    PublishedViews m_published;
    bool m_leads = false; ///< A view of the slot Left leads.
    bool m_byDefault = true; ///< The user has moved no dock and no border: the shares hold at every size.
};

} // namespace pgtscope::views
