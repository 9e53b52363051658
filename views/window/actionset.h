// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>

#include <QAction>
#include <QObject>

#include "views/window/actions.h"

class QWidget;

namespace pgtscope::views {

/// The actions of actionTable(), each made once: menus, tool bar, keys and right clicks share them.
class ActionSet : public QObject {
    Q_OBJECT
public:
    /// The keys work in the whole of `window`.
    explicit ActionSet(QWidget& window);

    QAction& operator[](ActionId id) const { return *m_actions[static_cast<unsigned>(id)]; }
    /// What the action does, and its key.
    QString usualToolTip(ActionId id) const;
    /// Enables the action; one that is not available says why in its tool tip. Empty: it is.
    void allow(ActionId id, const QString& whyNot);

    /// Calls `slot` of `receiver`, without arguments, when the action is chosen.
    template <class Receiver, class Slot>
    void on(ActionId id, Receiver* receiver, Slot slot) const
    {
        connect(&(*this)[id], &QAction::triggered, receiver, [receiver, slot] { (receiver->*slot)(); });
    }

private:
    std::array<QAction*, actionCount> m_actions{};
};

} // namespace pgtscope::views
