// SPDX-License-Identifier: GPL-2.0-or-later
// What the window does with a live guest.
#include <QAction>
#include <QFileDialog>
#include <QFileInfo>
#include <QInputDialog>
#include <QLineEdit>
#include <QMenu>
#include <QMessageBox>
#include <QPushButton>
#include <QSettings>
#include <QToolBar>
#include <QToolButton>

#include "views/entry/entryeditor.h"
#include "views/entry/entryview.h"
#include "views/widgets/savedirectory.h"
#include "views/widgets/viewtext.h"
#include "views/window/dockarea.h"
#include "views/window/mainwindow.h"
#include "views/window/messagebar.h"
#include "views/window/runplaces.h"
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
        return QStringLiteral("pgtscope has detached from the guest: attach again");
    case State::Lost:
        return QStringLiteral("The guest is lost: attach again, or start a new one");
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
    live(ActionId::AttachAgain, [](GuestController& g) { g.attachAgain(); });
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
    if (gone && m_messages->isVisible()) {
        QList<QAction*> remedies{&action(ActionId::Reconnect)};
        if (action(ActionId::AttachAgain).isEnabled())
            remedies.prepend(&action(ActionId::AttachAgain));
        m_messages->offer(remedies);
    }
}

bool MainWindow::save()
{
    if (m_document.size() == 0)
        return false;
    const QString path = QFileDialog::getSaveFileName(this, tr("Save the recording"),
        suggestedName(QStringLiteral(".pgtrec")), tr("Recordings (*.pgtrec)"));
    if (path.isEmpty())
        return false;
    saveBeside(path);
    if (m_live.guest())
        m_live.guest()->recordTo(path);
    else
        emit copyRequested(path);
    return true;
}

/// Beside the recording; a live session's own file is where no one looks for files.
QString MainWindow::suggestedName(const QString& suffix) const
{
    const QFileInfo shown(
        m_document.timeline() ? QString::fromStdString(m_document.timeline()->path()) : QString());
    QString base = m_live.guest() ? m_live.guest()->guestName() : shown.completeBaseName();
    base.replace(QLatin1Char('/'), QLatin1Char('-'));
    return inSaveDirectory(base + suffix);
}

/// The session is a file of its own all the time: the question is only what becomes of that file.
bool MainWindow::mayClose()
{
    const GuestController* guest = m_live.guest();
    if (!guest || !m_document.live() || m_document.size() < 2 || !guest->savedAs().isEmpty())
        return true;
    QMessageBox ask(QMessageBox::Question, tr("Keep the session?"),
        tr("The session with %1 has %2 that were not saved under a name.")
            .arg(guest->guestName(), countOf(m_document.size(), "step")),
        QMessageBox::Cancel, this);
    ask.setObjectName(QStringLiteral("askKeep"));
    ask.setInformativeText(tr("Sessions that are kept are listed on the start page."));
    const auto* save = ask.addButton(tr("&Save as\u2026"), QMessageBox::AcceptRole);
    auto* keep = ask.addButton(tr("&Keep unsaved"), QMessageBox::AcceptRole);
    const auto* discard = ask.addButton(tr("&Discard the steps"), QMessageBox::DestructiveRole);
    ask.setDefaultButton(keep);
    ask.exec();
    if (ask.clickedButton() == save)
        saveAndClose();
    if (ask.clickedButton() == discard)
        emit discardRequested(QString::fromStdString(m_document.timeline()->path()));
    return ask.clickedButton() == keep || ask.clickedButton() == discard;
}

/// The guest's thread writes the copy; until it is there the window stays.
void MainWindow::saveAndClose()
{
    if (save() && m_live.guest())
        connect(m_live.guest(), &GuestController::saved, this, &QWidget::close,
            static_cast<Qt::ConnectionType>(Qt::QueuedConnection | Qt::SingleShotConnection));
}

void MainWindow::fillRunTo()
{
    m_runTo->clear();
    if (!m_live.guest())
        return;
    for (const EventChoice& choice : eventChoices(m_live.guest()->events(), m_document)) {
        QAction* run = m_runTo->addAction(choice.text, this, [this, event = choice.event] {
            if (m_live.guest())
                m_live.guest()->runTo(event);
        });
        run->setObjectName(choice.event);
        run->setToolTip(choice.meaning);
        run->setEnabled(!choice.passed);
    }
    if (m_runTo->isEmpty())
        m_runTo->addAction(tr("No boot event is known for this kernel"))->setEnabled(false);
    m_runTo->addSeparator();
    m_runTo->addAction(&action(ActionId::RunTo));
}

void MainWindow::askRunTo()
{
    auto* ask = new QInputDialog(this);
    ask->setAttribute(Qt::WA_DeleteOnClose);
    ask->setObjectName(QStringLiteral("askRunTo"));
    ask->setWindowTitle(tr("Run to a place"));
    ask->setLabelText(tr("A boot event, a symbol or an address:"));
    ask->setTextValue({});
    if (auto* line = ask->findChild<QLineEdit*>())
        line->setCompleter(placeCompleter(
            m_live.guest() ? m_live.guest()->events() : QStringList(), m_document.symbols(), line));
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
    action(ActionId::Record).setEnabled(m_document.size() != 0);
    action(ActionId::Record).setText(guest ? tr("\u25cf &Record\u2026") : tr("&Save a copy\u2026"));
    const QString noStores = guest ? guest->whyNoStores() : QString();
    action(ActionId::Record)
        .setToolTip(noStores.isEmpty() ? usualToolTip(ActionId::Record)
                                       : QStringLiteral("%1. Stops only, not every store: %2")
                                             .arg(usualToolTip(ActionId::Record), noStores));
    action(ActionId::Detach).setEnabled(running || notNow.isEmpty());
    action(ActionId::Cancel)
        .setEnabled(guest && (running || guest->state() == State::Connecting || m_status->busy()));
    const bool gone = guest && (guest->state() == State::Lost || guest->state() == State::Detached);
    const QString noAttach = !gone ? tr("The guest is connected") : guest->whyNotAttachAgain();
    allow(ActionId::AttachAgain, m_document.size() == 0 ? tr("There is no session yet") : noAttach);
    action(ActionId::AttachAgain)
        .setText(tr("Attach &again, keep %1").arg(countOf(m_document.size(), "step")));
    action(ActionId::Reconnect).setEnabled(gone);
    action(ActionId::Reconnect)
        .setText(guest && !guest->isLaunched() ? tr("Attach as a ne&w session") : tr("Start a ne&w guest"));
    // What only a live guest can do takes no room from a recording.
    for (QAction* bar : {m_guestSeparator, m_runToButton, m_stepButton, &action(ActionId::Run),
             &action(ActionId::Interrupt), &action(ActionId::EditEntry)})
        bar->setVisible(guest != nullptr);
}

} // namespace pgtscope::views
