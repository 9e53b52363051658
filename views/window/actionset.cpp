// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/window/actionset.h"

#include <QWidget>

#include "views/model/text.h"

namespace pgtscope::views {

ActionSet::ActionSet(QWidget& window)
    : QObject(&window)
{
    for (const ActionRow& row : actionTable()) {
        auto* action = new QAction(Text::tr(row.text), &window);
        action->setShortcut(QKeySequence(QString::fromLatin1(row.shortcut)));
        action->setStatusTip(Text::tr(row.description));
        window.addAction(action);
        m_actions[static_cast<unsigned>(row.id)] = action;
        action->setToolTip(usualToolTip(row.id));
    }
    for (const ActionId id : {ActionId::Play, ActionId::OtherHalf, ActionId::DarkTheme, ActionId::Present,
             ActionId::FollowWindows})
        (*this)[id].setCheckable(true);
    (*this)[ActionId::FollowWindows].setChecked(true);
}

QString ActionSet::usualToolTip(ActionId id) const
{
    const QString description = Text::tr(actionTable()[static_cast<unsigned>(id)].description);
    const QKeySequence key = (*this)[id].shortcut();
    return key.isEmpty() ? description
                         : QStringLiteral("%1 (%2)").arg(description, key.toString(QKeySequence::NativeText));
}

void ActionSet::allow(ActionId id, const QString& whyNot)
{
    (*this)[id].setEnabled(whyNot.isEmpty());
    (*this)[id].setToolTip(whyNot.isEmpty() ? usualToolTip(id) : whyNot);
}

} // namespace pgtscope::views
