// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/window/windowbars.h"

#include <QLabel>
#include <QMainWindow>
#include <QMenu>
#include <QMenuBar>
#include <QSettings>
#include <QToolButton>

#include "views/model/text.h"
#include "views/widgets/theme.h"
#include "views/window/actionset.h"
#include "views/window/dockarea.h"
#include "views/window/gotobox.h"
#include "views/window/guestactions.h"
#include "views/window/helpmenu.h"

namespace pgtscope::views {

namespace {

const QLatin1String granularityKey("window/grain");

QString stateText(const GuestController* guest, bool shown)
{
    if (!guest)
        return shown ? Text::tr("\u25a4 recording") : QString();
    switch (guest->state()) {
    case GuestController::State::Detached:
        return Text::tr("\u25cb detached");
    case GuestController::State::Connecting:
        return Text::tr("\u25cc connecting");
    case GuestController::State::Stopped:
        return Text::tr("\u25a0 stopped");
    case GuestController::State::Running:
        return Text::tr("\u25b6 running");
    case GuestController::State::Lost:
        break;
    }
    return Text::tr("\u2715 guest lost");
}

} // namespace

HelpMenu* makeMenus(QMainWindow& window, ActionSet& actions, DockArea& docks, QMenu& runTo)
{
    using Id = ActionId;
    const auto add = [&](const QString& title, std::initializer_list<Id> ids) {
        QMenu* menu = window.menuBar()->addMenu(title);
        for (const Id id : ids)
            menu->addAction(&actions[id]);
        return menu;
    };
    add(Text::tr("&File"),
        {Id::Open, Id::Start, Id::NewWindow, Id::Record, Id::ExportView, Id::ExportTable, Id::ExportPage,
            Id::Quit});
    add(Text::tr("&Step"),
        {Id::First, Id::Back, Id::Forward, Id::Last, Id::NextEvent, Id::NextStation, Id::PreviousStation,
            Id::Play});
    QMenu* guest = add(Text::tr("&Guest"),
        {Id::Run, Id::Interrupt, Id::StepEvent, Id::StepPgtBuf, Id::StepWrite, Id::StepInstruction,
            Id::StepBack, Id::Cancel, Id::EditEntry, Id::UndoEdit, Id::Symbols, Id::Share, Id::MakeLive,
            Id::LiveAtWrite, Id::Detach, Id::AttachAgain, Id::Reconnect});
    guest->setToolTipsVisible(true);
    guest->insertMenu(&actions[Id::StepEvent], &runTo);
    QMenu* view = add(Text::tr("&View"),
        {Id::GoTo, Id::ClearFilter, Id::PlaceBack, Id::PlaceForward, Id::CopyLink, Id::GoToWrite,
            Id::NextWrite, Id::WhoMaps, Id::OtherHalf, Id::Pin, Id::NextView, Id::PreviousView});
    view->addSeparator();
    docks.addToggles(*view);
    view->addSeparator();
    for (const Id id : {Id::LayoutLearn, Id::LayoutInspect, Id::LayoutDebug, Id::ResetLayout, Id::DarkTheme,
             Id::ColourRules, Id::Present, Id::FollowWindows})
        view->addAction(&actions[id]);
    return new HelpMenu(*add(Text::tr("&Help"), {Id::Shortcuts}), window);
}

WindowToolBar::WindowToolBar(ActionSet& actions, QMenu& runTo, GotoBox& box, QWidget* parent)
    : QToolBar(tr("Steps and guest"), parent)
    , m_actions(actions)
    , m_runTo(runTo)
    , m_state(new QLabel(this))
{
    setObjectName(QStringLiteral("toolbar"));
    setMovable(false);
    setToolButtonStyle(Qt::ToolButtonTextOnly);
    for (const ActionId id :
        {ActionId::First, ActionId::Back, ActionId::Forward, ActionId::Last, ActionId::Play})
        addAction(&actions[id]);
    m_forGuests += addSeparator();
    for (const ActionId id : {ActionId::Run, ActionId::Interrupt}) {
        addAction(&actions[id]);
        m_forGuests += &actions[id];
    }
    addStepButton();
    addRunTo();
    auto* spacer = new QWidget(this);
    spacer->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Preferred);
    addWidget(spacer);
    box.setMinimumWidth(200);
    box.setMaximumWidth(420);
    addWidget(&box);
    addAction(&actions[ActionId::Record]);
    m_state->setContentsMargins(6, 0, 8, 0);
    m_state->setObjectName(QStringLiteral("state"));
    addWidget(m_state);
    m_forGuests += &actions[ActionId::EditEntry];
}

/// One button for all step granularities: it steps at the one that was chosen last.
void WindowToolBar::addStepButton()
{
    auto* button = new QToolButton(this);
    auto* menu = new QMenu(button);
    menu->setToolTipsVisible(true);
    button->setObjectName(QStringLiteral("step"));
    button->setPopupMode(QToolButton::MenuButtonPopup);
    button->setMenu(menu);
    const int chosen
        = QSettings().value(granularityKey, static_cast<int>(GuestController::Granularity::PgtBuf)).toInt();
    for (const GranularityAction& row : granularityActions) {
        QAction* step = &m_actions[row.id];
        menu->addAction(step);
        if (button->defaultAction() == nullptr || static_cast<int>(row.granularity) == chosen)
            button->setDefaultAction(step);
        connect(step, &QAction::triggered, button, [button, step, row] {
            button->setDefaultAction(step);
            QSettings().setValue(granularityKey, static_cast<int>(row.granularity));
        });
    }
    m_forGuests += addWidget(button);
}

void WindowToolBar::addRunTo()
{
    auto* button = new QToolButton(this);
    button->setObjectName(QStringLiteral("runTo"));
    button->setText(tr("Run to event"));
    button->setToolTip(tr("Run the guest to a boot event"));
    button->setMenu(&m_runTo);
    button->setPopupMode(QToolButton::InstantPopup);
    m_runToButton = addWidget(button);
    m_forGuests += m_runToButton;
}

void WindowToolBar::showState(const GuestController* guest, bool shown)
{
    m_state->setText(stateText(guest, shown));
    const bool calm = !guest || guest->state() != GuestController::State::Lost;
    QPalette palette = m_state->palette();
    const Theme& theme = Theme::instance();
    palette.setColor(
        QPalette::WindowText, calm ? theme.changed() : theme.finding(core::FindingState::Violation));
    m_state->setPalette(palette);
    const bool runs = m_actions[ActionId::RunTo].isEnabled();
    m_runTo.setEnabled(runs);
    m_runToButton->setEnabled(runs);
    for (QAction* action : m_forGuests)
        action->setVisible(guest != nullptr);
}

} // namespace pgtscope::views
