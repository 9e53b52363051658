// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/window/runtomenu.h"

#include <QInputDialog>
#include <QLineEdit>

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
    for (const EventChoice& choice : eventChoices(m_live.guest()->events(), m_document)) {
        QAction* run = addAction(choice.text, this, [this, event = choice.event] {
            if (m_live.guest())
                m_live.guest()->runTo(event);
        });
        run->setObjectName(choice.event);
        run->setToolTip(choice.meaning);
        run->setEnabled(!choice.passed);
    }
    if (isEmpty())
        addAction(tr("No boot event is known for this kernel"))->setEnabled(false);
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
    connect(ask, &QInputDialog::textValueSelected, this, [this](const QString& place) {
        if (m_live.guest() && !place.trimmed().isEmpty())
            m_live.guest()->runTo(place.trimmed());
    });
    ask->open();
}

} // namespace pgtscope::views
