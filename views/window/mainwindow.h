// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <optional>

#include <QMainWindow>

#include "views/model/document.h"
#include "views/model/guestcontroller.h"
#include "views/model/place.h"
#include "views/timeline/player.h"
#include "views/window/actions.h"
#include "views/window/placemenu.h"

class QLabel;
class QMenu;
class QStackedWidget;
class QToolBar;

namespace pgtscope::views {

class DockArea;
class ExportActions;
class FilterBar;
class GotoBox;
class HelpMenu;
class MessageBar;
class MomentLinks;
class StartPage;
class StatusLine;

/// The window: start page or views, with the actions, the box and the status line around them. The program
/// gives it a timeline and, for a live guest, what controls it.
class MainWindow : public QMainWindow {
    Q_OBJECT
public:
    explicit MainWindow(QWidget* parent = nullptr);
    ~MainWindow() override;

    Document& document() { return m_document; }
    Selection& selection() { return m_selection; }
    Player& player() { return m_player; }
    StartPage& startPage() { return *m_start; }
    DockArea& docks() { return *m_docks; }
    GotoBox& gotoBox() { return *m_goto; }
    FilterBar& filterBar() { return *m_filterBar; }
    MessageBar& messages() { return *m_messages; }
    StatusLine& status() { return *m_status; }
    ExportActions& exports() { return *m_exports; }
    HelpMenu& help() { return *m_help; }
    MomentLinks& links() { return *m_links; }
    QAction& action(ActionId id) const { return *m_actions[static_cast<unsigned>(id)]; }

    /// Shows a recording, and says so if something is wrong with it. False, and nothing changes, if it could
    /// not be opened.
    bool openRecording(const QString& path);
    /// The guest that the live buttons control; null: none. It is not owned.
    void setGuest(GuestController* guest);
    GuestController* guest() const { return m_live.guest(); }
    /// Closing asks nothing from now on: a signal that ends the program cannot answer.
    void closeUnasked() { m_asksToKeep = false; }

public slots:
    void showStartPage();
    void showViews();
    void showError(const QString& text);

signals:
    /// The window cannot do these itself.
    void launchRequested(const QString& guest, const QString& append, bool everyStore);
    void exerciseRequested(const QString& name);
    void attachRequested(const QString& endpoint, const QString& kernelFile);
    /// The user wants to connect again to the guest that is gone or was detached.
    void reconnectRequested();
    /// The recording that is shown is to be copied to that file.
    void copyRequested(const QString& path);
    /// The session's recording is to be deleted once the window shows it no longer.
    void discardRequested(const QString& path);
    /// The recording is to be written to that file as a page for a browser.
    void pageRequested(const QString& page);
    /// Something else is about to be shown: a live guest should be detached.
    void leaving();

protected:
    void closeEvent(QCloseEvent* event) override;
    void dragEnterEvent(QDragEnterEvent* event) override;
    void dropEvent(QDropEvent* event) override;

private:
    using Handler = void (MainWindow::*)();
    void makeActions();
    void connectActions();
    void on(ActionId id, Handler handler);
    void makeMenus();
    void makeToolBar();
    QMenu* addMenu(const QString& title, std::initializer_list<ActionId> ids);
    void wire();
    void connectGuestActions();
    void followGuest(GuestController& guest);
    void guestBecame(GuestController::State state);
    void makeStepButton(QToolBar& bar);
    void enableGuestActions();

    bool mayClose();
    void saveAndClose();
    QString suggestedName(const QString& suffix) const;
    void browse();
    void record() { (void)save(); }
    /// Asks for a name; false if the user gives none.
    bool save();
    void exportPage();
    void nextEvent();
    void pin();
    void goToLastWrite();
    void goToNextWrite();
    Place commandPlace() const;
    void whoMaps();
    void showView(const QString& id);
    void joinFilter(const QString& term, FilterJoin join);
    void colourLike(const QString& term);
    void showMenu(QWidget& view, const QPoint& global);
    void showWordMenu(const QString& word, const QPoint& global);
    void fillMenu(QMenu& menu, const Place& place);
    void toggleDark();
    void listShortcuts();
    void fillRunTo();
    void askRunTo();
    void editEntry();
    void takeBackEdit();
    void askForEdit(const core::EntryEdit& edit);
    void restyle();
    QString usualToolTip(ActionId id) const;
    void suggestPlace();
    void showStepFacts();
    void showState();
    void enableActions();
    QString name() const;
    QString stateText() const;

    Document m_document;
    Selection m_selection;
    Player m_player;
    GuestLink m_live;
    std::array<QAction*, actionCount> m_actions{};
    QStackedWidget* m_stack;
    StartPage* m_start;
    DockArea* m_docks;
    GotoBox* m_goto;
    FilterBar* m_filterBar;
    MessageBar* m_messages;
    StatusLine* m_status;
    ExportActions* m_exports = nullptr;
    HelpMenu* m_help = nullptr;
    MomentLinks* m_links = nullptr;
    QLabel* m_state;
    QMenu* m_runTo;
    bool m_asksToKeep = true; ///< Closing asks what becomes of a session that was not saved.
    QAction* m_runToButton = nullptr;
    QAction* m_stepButton = nullptr;
    QAction* m_guestSeparator = nullptr;
};

} // namespace pgtscope::views
