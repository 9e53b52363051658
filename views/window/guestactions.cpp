// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/window/guestactions.h"

#include <QFileDialog>

#include "views/model/document.h"
#include "views/model/text.h"
#include "views/widgets/viewtext.h"
#include "views/window/actionset.h"
#include "views/window/messagebar.h"
#include "views/window/statusline.h"

namespace pgtscope::views {

namespace {

using State = GuestController::State;

/// Why nothing can be asked of the guest now; empty if something can.
QString whyNotNow(const GuestController* guest)
{
    if (!guest)
        return Text::tr("This is a recording: there is no guest to run");
    switch (guest->state()) {
    case State::Stopped:
        break;
    case State::Running:
        return Text::tr("The guest is running: stop it first");
    case State::Connecting:
        return Text::tr("The guest is not ready yet");
    case State::Detached:
        return Text::tr("pgtscope has detached from the guest: attach again");
    case State::Lost:
        return Text::tr("The guest is lost: attach again, or start a new one");
    }
    return {};
}

bool isGone(State state) { return state == State::Lost || state == State::Detached; }

} // namespace

GuestActions::GuestActions(const Parts& parts)
    : QObject(&parts.window)
    , m_parts(parts)
{
    connectActions();
}

void GuestActions::connectActions()
{
    const auto live = [this](ActionId id, auto request) {
        connect(&m_parts.actions[id], &QAction::triggered, this, [this, request] {
            if (m_parts.live.guest())
                request(*m_parts.live.guest());
        });
    };
    live(ActionId::Run, [](GuestController& g) { g.run(); });
    live(ActionId::Interrupt, [](GuestController& g) { g.interrupt(); });
    live(ActionId::Share, [](GuestController& g) { g.share(); });
    live(ActionId::Symbols, [this](GuestController& g) {
        const QString file
            = QFileDialog::getOpenFileName(&m_parts.window, tr("The guest's kernel, for symbols"));
        if (!file.isEmpty())
            g.useSymbols(file);
    });
    live(ActionId::AttachAgain, [](GuestController& g) { g.attachAgain(); });
    live(ActionId::Detach, [](GuestController& g) { g.detach(); });
    live(ActionId::Cancel, [](GuestController& g) { g.cancel(); });
    for (const GranularityAction& row : granularityActions)
        live(row.id, [granularity = row.granularity](GuestController& g) { g.step(granularity); });
}

void GuestActions::follow(GuestController* before)
{
    if (before)
        before->disconnect(this);
    m_parts.status.endProgress();
    GuestController* guest = m_parts.live.guest();
    if (!guest)
        return;
    connect(guest, &GuestController::stateChanged, this, &GuestActions::became);
    connect(guest, &GuestController::progress, &m_parts.status, &StatusLine::showProgress);
    connect(guest, &GuestController::failed, this, [this](const QString& message) {
        m_parts.status.endProgress();
        m_parts.messages.showError(message);
    });
    connect(guest, &GuestController::shared, &m_parts.messages, &MessageBar::showCondition);
    connect(guest, &GuestController::symbolsMissing, this, [this](const QString& text) {
        m_parts.messages.showCondition(text);
        if (!text.isEmpty())
            m_parts.messages.offer({&m_parts.actions[ActionId::Symbols]});
    });
    connect(guest, &QObject::destroyed, this, [this] {
        m_parts.live.setGuest(nullptr);
        emit stateChanged();
    });
}

void GuestActions::became(State state)
{
    if (state != State::Connecting && state != State::Running) {
        m_parts.status.endProgress();
        // When the window shows that the guest is stopped, it shows where.
        m_parts.document.catchUp();
    }
    emit stateChanged();
    if (!isGone(state) || !m_parts.messages.isVisible())
        return;
    QList<QAction*> remedies{&m_parts.actions[ActionId::Reconnect]};
    if (m_parts.actions[ActionId::AttachAgain].isEnabled())
        remedies.prepend(&m_parts.actions[ActionId::AttachAgain]);
    m_parts.messages.offer(remedies);
}

void GuestActions::enable()
{
    const GuestController* guest = m_parts.live.guest();
    ActionSet& actions = m_parts.actions;
    const QString notNow = whyNotNow(guest);
    const QString noEdit = notNow.isEmpty() ? guest->whyNotEdit() : notNow;
    const bool edited = guest && guest->lastEdit();
    actions.allow(ActionId::Symbols, notNow);
    actions.allow(ActionId::EditEntry, noEdit);
    actions.allow(
        ActionId::UndoEdit, noEdit.isEmpty() && !edited ? tr("No entry has been edited yet") : noEdit);
    actions.allow(ActionId::Share, notNow.isEmpty() ? guest->whyNotShare() : notNow);
    enableStops(notNow);
    enableSession();
}

void GuestActions::enableStops(const QString& notNow)
{
    const GuestController* guest = m_parts.live.guest();
    ActionSet& actions = m_parts.actions;
    const bool running = guest && guest->state() == State::Running;
    actions.allow(ActionId::Run, notNow);
    actions.allow(ActionId::RunTo, notNow);
    for (const GranularityAction& row : granularityActions)
        actions.allow(row.id, notNow.isEmpty() ? guest->whyNot(row.granularity) : notNow);
    actions.allow(ActionId::Interrupt, running ? guest->whyNotStop() : tr("The guest is not running"));
    actions[ActionId::Detach].setEnabled(running || notNow.isEmpty());
    actions[ActionId::Cancel].setEnabled(
        guest && (running || guest->state() == State::Connecting || m_parts.status.busy()));
}

/// What becomes of the steps: saving them, continuing with them, beginning others.
void GuestActions::enableSession()
{
    const GuestController* guest = m_parts.live.guest();
    ActionSet& actions = m_parts.actions;
    QAction& record = actions[ActionId::Record];
    record.setEnabled(m_parts.document.size() != 0);
    record.setText(guest ? tr("\u25cf &Record\u2026") : tr("&Save a copy\u2026"));
    const QString noStores = guest ? guest->whyNoStores() : QString();
    const QString usual = actions.usualToolTip(ActionId::Record);
    record.setToolTip(
        noStores.isEmpty() ? usual : tr("%1. Stops only, not every store: %2").arg(usual, noStores));
    const bool gone = guest && isGone(guest->state());
    const QString noAttach = !gone ? tr("The guest is connected") : guest->whyNotAttachAgain();
    actions.allow(
        ActionId::AttachAgain, m_parts.document.size() == 0 ? tr("There is no session yet") : noAttach);
    actions[ActionId::AttachAgain].setText(
        tr("Attach &again, keep %1").arg(countOf(m_parts.document.size(), "step")));
    actions[ActionId::Reconnect].setEnabled(gone);
    actions[ActionId::Reconnect].setText(
        guest && !guest->isLaunched() ? tr("Attach as a ne&w session") : tr("Start a ne&w guest"));
}

} // namespace pgtscope::views
