// SPDX-License-Identifier: GPL-2.0-or-later
// What the window does with a live guest.
#include <QAction>
#include <QFileDialog>
#include <QInputDialog>
#include <QMenu>
#include <QSettings>
#include <QToolBar>
#include <QToolButton>

#include "views/entry/entryeditor.h"
#include "views/entry/entryview.h"
#include "views/window/dockarea.h"
#include "views/window/mainwindow.h"
#include "views/window/messagebar.h"
#include "views/window/statusline.h"

namespace pgtscope::views {

namespace {

using Grain = GuestController::Grain;
using State = GuestController::State;

const QLatin1String grainKey("window/grain");

struct GrainAction {
    ActionId id;
    Grain grain;
};
constexpr GrainAction grains[] = {{ActionId::StepPgtBuf, Grain::PgtBuf}, {ActionId::StepEvent, Grain::Event},
    {ActionId::StepWrite, Grain::Write}, {ActionId::StepInstruction, Grain::Instruction}};

/// Why nothing can be asked of the guest now; empty if something can.
QString whyNotNow(const GuestController* guest)
{
    if (!guest)
        return QStringLiteral("This is a recording: there is no guest to run");
    switch (guest->state()) {
    case State::Stopped:
        break;
    case State::Running:
        return QStringLiteral("The guest is running: stop it first");
    case State::Connecting:
        return QStringLiteral("The guest is not ready yet");
    case State::Detached:
        return QStringLiteral("pgtscope has detached from the guest: connect again");
    case State::Lost:
        return QStringLiteral("The guest is lost: connect again");
    }
    return {};
}

} // namespace

void MainWindow::connectGuestActions()
{
    const auto live = [this](ActionId id, auto request) {
        connect(&action(id), &QAction::triggered, this, [this, request] {
            if (m_live.guest())
                request(*m_live.guest());
        });
    };
    live(ActionId::Run, [](GuestController& g) { g.run(); });
    live(ActionId::Interrupt, [](GuestController& g) { g.interrupt(); });
    live(ActionId::Lend, [](GuestController& g) { g.lend(); });
    live(ActionId::Symbols, [this](GuestController& g) {
        const QString file
            = QFileDialog::getOpenFileName(this, QStringLiteral("The guest's kernel, for symbols"));
        if (!file.isEmpty())
            g.useSymbols(file);
    });
    live(ActionId::Detach, [](GuestController& g) { g.detach(); });
    live(ActionId::Cancel, [](GuestController& g) { g.cancel(); });
    for (const GrainAction& row : grains)
        live(row.id, [grain = row.grain](GuestController& g) { g.step(grain); });
    on(ActionId::RunTo, &MainWindow::askRunTo);
    on(ActionId::EditEntry, &MainWindow::editEntry);
    on(ActionId::TakeBackEdit, &MainWindow::takeBackEdit);
    connect(&action(ActionId::Reconnect), &QAction::triggered, this, &MainWindow::reconnectRequested);
}

void MainWindow::setGuest(GuestController* guest)
{
    if (m_live.guest())
        m_live.guest()->disconnect(this);
    m_live.setGuest(guest);
    if (guest)
        followGuest(*guest);
    m_status->endProgress();
    showState();
}

void MainWindow::followGuest(GuestController& guest)
{
    connect(&guest, &GuestController::stateChanged, this, &MainWindow::guestBecame);
    connect(&guest, &GuestController::progress, m_status, &StatusLine::showProgress);
    connect(&guest, &GuestController::failed, this, [this](const QString& message) {
        m_status->endProgress();
        showError(message);
    });
    connect(&guest, &QObject::destroyed, this, [this] {
        m_live.setGuest(nullptr);
        showState();
    });
}

void MainWindow::guestBecame(State state)
{
    if (state != State::Connecting && state != State::Running) {
        m_status->endProgress();
        // When the window shows that the guest is stopped, it shows where.
        m_document.catchUp();
    }
    showState();
    const bool gone = state == State::Lost || state == State::Detached;
    if (gone && m_messages->isVisible())
        m_messages->offer(&action(ActionId::Reconnect));
}

void MainWindow::record()
{
    if (!m_live.guest())
        return;
    const QString path = QFileDialog::getSaveFileName(this, QStringLiteral("Save the recording"),
        m_live.guest()->guestName() + QStringLiteral(".pgtrec"), QStringLiteral("Recordings (*.pgtrec)"));
    if (!path.isEmpty() && m_live.guest())
        m_live.guest()->recordTo(path);
}

void MainWindow::fillRunTo()
{
    m_runTo->clear();
    if (!m_live.guest())
        return;
    for (const QString& event : m_live.guest()->events())
        m_runTo->addAction(event, this, [this, event] {
            if (m_live.guest())
                m_live.guest()->runTo(event);
        });
    if (m_runTo->isEmpty())
        m_runTo->addAction(QStringLiteral("No boot event is known for this kernel"))->setEnabled(false);
    m_runTo->addSeparator();
    m_runTo->addAction(&action(ActionId::RunTo));
}

void MainWindow::askRunTo()
{
    auto* ask = new QInputDialog(this);
    ask->setAttribute(Qt::WA_DeleteOnClose);
    ask->setObjectName(QStringLiteral("askRunTo"));
    ask->setWindowTitle(QStringLiteral("Run to a place"));
    ask->setLabelText(QStringLiteral("A boot event, a symbol or an address:"));
    connect(ask, &QInputDialog::textValueSelected, this, [this](const QString& place) {
        if (m_live.guest() && !place.trimmed().isEmpty())
            m_live.guest()->runTo(place.trimmed());
    });
    ask->open();
}

void MainWindow::editEntry()
{
    auto& view = dynamic_cast<EntryView&>(*m_docks->view(QStringLiteral("entry")));
    view.refresh();
    const auto& choice = view.entry();
    if (!choice)
        return m_messages->showNotice(QStringLiteral("Select an entry first, or an address that has one"));
    askForEdit({choice->address, m_document.state()->snapshot()->paging().entryBytes(), choice->entry.level,
        choice->entry.raw, choice->entry.raw});
}

void MainWindow::takeBackEdit()
{
    if (m_live.guest() && m_live.guest()->lastEdit())
        askForEdit(m_live.guest()->lastEdit()->reversed());
}

void MainWindow::askForEdit(const core::EntryEdit& edit)
{
    if (m_document.step() + 1 != m_document.size())
        return m_messages->showNotice(QStringLiteral(
            "This step is in the past: go to the last one (Alt+End) to edit the guest's current entry"));
    auto* editor = new EntryEditor(m_document.state(), edit, this);
    editor->setAttribute(Qt::WA_DeleteOnClose);
    connect(editor, &QDialog::accepted, this, [this, editor] {
        if (m_live.guest())
            m_live.guest()->edit(editor->edit());
    });
    editor->open();
}

/// One button for all step granularities: it steps at the one that was chosen last.
void MainWindow::makeStepButton(QToolBar& bar)
{
    auto* menu = new QMenu(this);
    menu->setToolTipsVisible(true);
    auto* button = new QToolButton(&bar);
    button->setObjectName(QStringLiteral("step"));
    button->setPopupMode(QToolButton::MenuButtonPopup);
    button->setMenu(menu);
    const int chosen = QSettings().value(grainKey, static_cast<int>(Grain::PgtBuf)).toInt();
    for (const GrainAction& row : grains) {
        QAction* step = &action(row.id);
        menu->addAction(step);
        if (button->defaultAction() == nullptr || static_cast<int>(row.grain) == chosen)
            button->setDefaultAction(step);
        connect(step, &QAction::triggered, button, [button, step, row] {
            button->setDefaultAction(step);
            QSettings().setValue(grainKey, static_cast<int>(row.grain));
        });
    }
    m_stepButton = bar.addWidget(button);
}

void MainWindow::enableGuestActions()
{
    const GuestController* guest = m_live.guest();
    const QString notNow = whyNotNow(guest);
    const bool running = guest && guest->state() == State::Running;
    const auto allow = [this](ActionId id, const QString& whyNot) {
        action(id).setEnabled(whyNot.isEmpty());
        // A button that cannot be pressed says why.
        action(id).setToolTip(whyNot.isEmpty() ? usualToolTip(id) : whyNot);
    };
    allow(ActionId::Run, notNow);
    allow(ActionId::RunTo, notNow);
    allow(ActionId::Symbols, notNow);
    const QString noEdit = notNow.isEmpty() ? guest->whyNotEdit() : notNow;
    const bool edited = guest && guest->lastEdit();
    allow(ActionId::EditEntry, noEdit);
    allow(ActionId::TakeBackEdit,
        noEdit.isEmpty() && !edited ? QStringLiteral("No entry has been edited yet") : noEdit);
    allow(ActionId::Lend, notNow.isEmpty() ? guest->whyNotLend() : notNow);
    for (const GrainAction& row : grains)
        allow(row.id, notNow.isEmpty() ? guest->whyNot(row.grain) : notNow);
    allow(ActionId::Interrupt, running ? guest->whyNotStop() : QStringLiteral("The guest is not running"));
    m_runTo->setEnabled(notNow.isEmpty());
    m_runToButton->setEnabled(notNow.isEmpty());
    action(ActionId::Record).setEnabled(guest && m_document.size() != 0);
    const QString noStores = guest ? guest->whyNoStores() : QString();
    action(ActionId::Record)
        .setToolTip(noStores.isEmpty() ? usualToolTip(ActionId::Record)
                                       : QStringLiteral("%1. Stops only, not every store: %2")
                                             .arg(usualToolTip(ActionId::Record), noStores));
    action(ActionId::Detach).setEnabled(running || notNow.isEmpty());
    action(ActionId::Cancel)
        .setEnabled(guest && (running || guest->state() == State::Connecting || m_status->busy()));
    const bool gone = guest && (guest->state() == State::Lost || guest->state() == State::Detached);
    action(ActionId::Reconnect).setEnabled(gone);
    // What only a live guest can do takes no room from a recording.
    for (QAction* bar : {m_guestSeparator, m_runToButton, m_stepButton, &action(ActionId::Run),
             &action(ActionId::Interrupt), &action(ActionId::Record), &action(ActionId::EditEntry)})
        bar->setVisible(guest != nullptr);
}

} // namespace pgtscope::views
