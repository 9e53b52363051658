// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/window/runtomenu.h"

#include <QInputDialog>
#include <QLineEdit>
#include <QMessageBox>
#include <QPushButton>

#include "views/model/document.h"
#include "views/model/guestcontroller.h"
#include "views/window/actionset.h"
#include "views/window/runplaces.h"

namespace pgtscope::views {

RunToMenu::RunToMenu(ActionSet& actions, Document& document, GuestLink& live, QWidget* parent)
    : QMenu(tr("Run &to"), parent)
    , m_actions(actions)
    , m_document(document)
    , m_live(live)
{
    connect(this, &QMenu::aboutToShow, this, &RunToMenu::fill);
    actions.on(ActionId::RunTo, this, &RunToMenu::ask);
}

void RunToMenu::fill()
{
    clear();
    if (!m_live.guest())
        return;
    for (const EventChoice& choice : comingEvents(m_live.guest()->events(), m_document)) {
        QAction* run = addAction(choice.text, this, [this, event = choice.event] {
            if (m_live.guest())
                m_live.guest()->runTo(event);
        });
        run->setObjectName(choice.event);
        run->setToolTip(choice.meaning);
    }
    if (isEmpty())
        addAction(m_live.guest()->events().isEmpty() ? tr("No boot event is known for this kernel")
                                                     : tr("No boot event of this kernel comes any more"))
            ->setEnabled(false);
    addSeparator();
    addAction(&m_actions[ActionId::RunTo]);
}

void RunToMenu::ask()
{
    auto* ask = new QInputDialog(parentWidget());
    ask->setAttribute(Qt::WA_DeleteOnClose);
    ask->setObjectName(QStringLiteral("askRunTo"));
    ask->setWindowTitle(tr("Run to a place"));
    ask->setLabelText(tr("A boot event, a symbol or an address:"));
    ask->setTextValue({});
    if (auto* line = ask->findChild<QLineEdit*>())
        line->setCompleter(placeCompleter(
            m_live.guest() ? m_live.guest()->events() : QStringList(), m_document.symbols(), line));
    connect(ask, &QInputDialog::textValueSelected, this,
        [this](const QString& place) { runTo(place.trimmed()); });
    ask->open();
}

/// An event that does not come any more would let the guest run for good: that is asked first.
void RunToMenu::runTo(const QString& place)
{
    const auto run = [this, place] {
        if (m_live.guest())
            m_live.guest()->runTo(place);
    };
    const QString over = whyNotComing(place, m_document);
    if (place.isEmpty() || over.isEmpty())
        return place.isEmpty() ? void() : run();
    auto* sure = new QMessageBox(QMessageBox::Question, tr("Run to a place"),
        tr("%1 is not expected any more: %2. The guest may run until you stop it.").arg(place, over),
        QMessageBox::Cancel, parentWidget());
    sure->setAttribute(Qt::WA_DeleteOnClose);
    sure->setObjectName(QStringLiteral("askRunToOver"));
    const QPushButton* go = sure->addButton(tr("Run to it"), QMessageBox::AcceptRole);
    connect(go, &QPushButton::clicked, this, run);
    sure->open();
}

} // namespace pgtscope::views
