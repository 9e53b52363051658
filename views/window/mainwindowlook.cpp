// SPDX-License-Identifier: GPL-2.0-or-later
// Menus, tool bar, title and colours of the window.
#include <QAction>
#include <QFileInfo>
#include <QLabel>
#include <QMenu>
#include <QMenuBar>
#include <QToolBar>
#include <QToolButton>

#include "core/report/steptext.h"
#include "views/widgets/theme.h"
#include "views/widgets/viewtext.h"
#include "views/window/dockarea.h"
#include "views/window/gotobox.h"
#include "views/window/helpmenu.h"
#include "views/window/mainwindow.h"
#include "views/window/statusline.h"

namespace pgtscope::views {

QMenu* MainWindow::addMenu(const QString& title, std::initializer_list<ActionId> ids)
{
    QMenu* menu = menuBar()->addMenu(title);
    for (const ActionId id : ids)
        menu->addAction(&action(id));
    return menu;
}

void MainWindow::makeMenus()
{
    using Id = ActionId;
    addMenu(QStringLiteral("&File"),
        {Id::Open, Id::Start, Id::Record, Id::ExportView, Id::ExportTable, Id::ExportPage, Id::Quit});
    addMenu(QStringLiteral("&Step"), {Id::First, Id::Back, Id::Forward, Id::Last, Id::NextEvent, Id::Play});
    QMenu* guest = addMenu(QStringLiteral("&Guest"),
        {Id::Run, Id::Interrupt, Id::StepEvent, Id::StepPgtBuf, Id::StepWrite, Id::StepInstruction,
            Id::Cancel, Id::EditEntry, Id::TakeBackEdit, Id::Symbols, Id::Lend, Id::Detach, Id::AttachAgain,
            Id::Reconnect});
    guest->setToolTipsVisible(true);
    guest->insertMenu(&action(Id::StepEvent), m_runTo);
    QMenu* view = addMenu(QStringLiteral("&View"),
        {Id::GoTo, Id::PlaceBack, Id::PlaceForward, Id::CopyLink, Id::GoToWrite, Id::NextWrite, Id::WhoMaps,
            Id::Pin, Id::NextView, Id::PreviousView});
    view->addSeparator();
    m_docks->addToggles(*view);
    view->addSeparator();
    for (const Id id : {Id::LayoutLearn, Id::LayoutInspect, Id::LayoutDebug, Id::ResetLayout})
        view->addAction(&action(id));
    view->addAction(&action(Id::DarkTheme));
    view->addAction(&action(Id::ColourRules));
    view->addAction(&action(Id::Present));
    m_help = new HelpMenu(*addMenu(QStringLiteral("&Help"), {Id::Shortcuts}), *this);
}

void MainWindow::makeToolBar()
{
    QToolBar* bar = addToolBar(QStringLiteral("Steps and guest"));
    bar->setObjectName(QStringLiteral("toolbar"));
    bar->setMovable(false);
    bar->setToolButtonStyle(Qt::ToolButtonTextOnly);
    for (const ActionId id :
        {ActionId::First, ActionId::Back, ActionId::Forward, ActionId::Last, ActionId::Play})
        bar->addAction(&action(id));
    m_guestSeparator = bar->addSeparator();
    for (const ActionId id : {ActionId::Run, ActionId::Interrupt})
        bar->addAction(&action(id));
    makeStepButton(*bar);
    auto* runTo = new QToolButton(bar);
    runTo->setObjectName(QStringLiteral("runTo"));
    runTo->setText(QStringLiteral("Run to event"));
    runTo->setToolTip(QStringLiteral("Run the guest to a boot event"));
    runTo->setMenu(m_runTo);
    runTo->setPopupMode(QToolButton::InstantPopup);
    m_runToButton = bar->addWidget(runTo);
    auto* spacer = new QWidget(bar);
    spacer->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Preferred);
    bar->addWidget(spacer);
    m_goto->setMinimumWidth(200);
    m_goto->setMaximumWidth(420);
    bar->addWidget(m_goto);
    bar->addAction(&action(ActionId::Record));
    m_state->setContentsMargins(6, 0, 8, 0);
    m_state->setObjectName(QStringLiteral("state"));
    bar->addWidget(m_state);
    setContextMenuPolicy(Qt::NoContextMenu);
}

QString MainWindow::name() const
{
    if (m_live.guest())
        return m_live.guest()->guestName();
    return m_document.timeline() ? QFileInfo(QString::fromStdString(m_document.timeline()->path())).fileName()
                                 : QString();
}

QString MainWindow::stateText() const
{
    if (!m_live.guest())
        return m_document.timeline() ? QStringLiteral("\u25a4 recording") : QString();
    switch (m_live.guest()->state()) {
    case GuestController::State::Detached:
        return QStringLiteral("\u25cb detached");
    case GuestController::State::Connecting:
        return QStringLiteral("\u25cc connecting");
    case GuestController::State::Stopped:
        return QStringLiteral("\u25a0 stopped");
    case GuestController::State::Running:
        return QStringLiteral("\u25b6 running");
    case GuestController::State::Lost:
        break;
    }
    return QStringLiteral("\u2715 guest lost");
}

void MainWindow::showState()
{
    QString title = name();
    if (m_document.size() != 0)
        title += QStringLiteral(" \u2014 ")
            + QString::fromStdString(core::stepPlaceText(m_document.step(), m_document.size()));
    setWindowTitle(title.isEmpty() ? QStringLiteral("pgtscope") : title + QStringLiteral(" \u2014 pgtscope"));
    m_state->setText(stateText());
    const bool calm = !m_live.guest() || m_live.guest()->state() != GuestController::State::Lost;
    QPalette palette = m_state->palette();
    const Theme& theme = Theme::instance();
    palette.setColor(
        QPalette::WindowText, calm ? theme.changed() : theme.finding(core::FindingState::Violation));
    m_state->setPalette(palette);
    m_status->setConnection(m_live.guest() ? m_live.guest()->connectionText() : QString());
    enableActions();
}

void MainWindow::enableActions()
{
    const bool steps = m_document.size() != 0;
    const bool later = steps && m_document.step() + 1 < m_document.size();
    for (const ActionId id : {ActionId::First, ActionId::Back})
        action(id).setEnabled(steps && m_document.step() != 0);
    for (const ActionId id : {ActionId::Forward, ActionId::Last, ActionId::NextEvent})
        action(id).setEnabled(later);
    for (const ActionId id : {ActionId::Play, ActionId::GoTo, ActionId::ExportView, ActionId::ExportTable,
             ActionId::ExportPage, ActionId::CopyLink, ActionId::Pin})
        action(id).setEnabled(steps);
    action(ActionId::PlaceBack).setEnabled(m_selection.canGoBack());
    action(ActionId::PlaceForward).setEnabled(m_selection.canGoForward());
    for (const ActionId id : {ActionId::NextView, ActionId::PreviousView})
        action(id).setEnabled(steps);
    enableGuestActions();
}

void MainWindow::restyle()
{
    action(ActionId::DarkTheme).setChecked(Theme::instance().dark());
    const QString line = Theme::instance().line().name();
    const QString window = Theme::instance().window().name();
    const QString panel = Theme::instance().panel().name();
    const QString muted = Theme::instance().mutedText().name();
    setStyleSheet(
        QStringLiteral("QToolBar { background: %1; border: 0; border-bottom: 1px solid %2; spacing: 3px;"
                       " padding: 3px 6px; }"
                       "QMainWindow::separator { background: %1; width: 5px; height: 5px; }"
                       "QStatusBar { background: %1; border-top: 1px solid %2; }"
                       "QStatusBar::item { border: 0; }"
                       "QHeaderView::section { background: %3; color: %4; border: 0;"
                       " border-bottom: 1px solid %2; padding: 2px 4px; }"
                       "QToolBar QToolButton { padding: 3px 8px; }")
            .arg(window, line, panel, muted));
    showState();
}

} // namespace pgtscope::views
