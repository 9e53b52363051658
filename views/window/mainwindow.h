// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QMainWindow>

#include "views/model/document.h"
#include "views/model/guestcontroller.h"
#include "views/model/place.h"
#include "views/start/launchwish.h"
#include "views/timeline/player.h"
#include "views/window/actionset.h"

class QStackedWidget;

namespace pgtscope::views {

class DockArea;
class ExportActions;
class FilterBar;
class GotoBox;
class GuestActions;
class HelpMenu;
class LiveHere;
class MessageBar;
class MomentLinks;
class SessionFiles;
class StartPage;
class StatusLine;
class StepActions;
class WindowToolBar;

/// The window: start page or views, with the actions, the box and the status line around them. The program
/// gives it a timeline and, for a live guest, what controls it. Each kind of command is an object of its own
/// (steps, places, files, guest); the window puts them together and shows what is open.
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
    QAction& action(ActionId id) const { return m_actions[id]; }

    /// Shows a recording, and says so if something is wrong with it. False, and nothing changes, if it could
    /// not be opened.
    bool openRecording(const QString& path);
    /// The same for the user, who is asked first if a live session would end by it.
    bool openAsked(const QString& path);
    /// The guest that the live buttons control; null: none. It is not owned.
    void setGuest(GuestController* guest);
    GuestController* guest() const { return m_live.guest(); }
    /// Closing asks nothing from now on: a signal that ends the program cannot answer.
    void closeUnasked();

public slots:
    void showStartPage();
    /// Back from the start page, if there is something behind it.
    void toggleStartPage();
    void showViews();
    void showError(const QString& text);

signals:
    /// The window cannot do these itself.
    void launchRequested(const pgtscope::views::LaunchWish& wish);
    void exerciseRequested(const QString& name);
    void attachRequested(const QString& endpoint, const QString& kernelFile);
    /// A guest is to be brought to that step of a recording.
    void liveRequested(const QString& recording, quint64 step);
    /// The user wants to connect again to the guest that is gone or was detached.
    void reconnectRequested();
    /// The recording that is shown is to be copied to that file.
    void copyRequested(const QString& path);
    /// The session's recording is to be deleted once the window shows it no longer.
    void discardRequested(const QString& path);
    /// The recording is to be written to that file as a page for a browser.
    void pageRequested(const QString& page);
    /// Another window of this program is to be opened.
    void windowRequested();
    /// Something else is about to be shown: a live guest should be detached.
    void leaving();

protected:
    void closeEvent(QCloseEvent* event) override;
    void dragEnterEvent(QDragEnterEvent* event) override;
    void dropEvent(QDropEvent* event) override;

private:
    void makeCentre();
    void makeCommands();
    void connectActions();
    void connectSteps();
    void connectViews();
    void connectRequests();
    void toggleDark();
    void listShortcuts();
    void editColourRules();
    void restyle();
    void suggestPlace();
    void showStepFacts();
    void showState();
    void enableActions();
    void enableClearing();
    QString name() const;

    Document m_document;
    Selection m_selection;
    Player m_player;
    GuestLink m_live;
    ActionSet m_actions;
    QStackedWidget* m_stack;
    StartPage* m_start;
    DockArea* m_docks;
    GotoBox* m_goto;
    FilterBar* m_filterBar;
    MessageBar* m_messages;
    StatusLine* m_status;
    StepActions* m_steps = nullptr;
    SessionFiles* m_files = nullptr;
    GuestActions* m_guestActions = nullptr;
    ExportActions* m_exports = nullptr;
    WindowToolBar* m_bar = nullptr;
    HelpMenu* m_help = nullptr;
    MomentLinks* m_links = nullptr;
    LiveHere* m_liveHere = nullptr;
};

} // namespace pgtscope::views
