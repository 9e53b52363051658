// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>

#include <QObject>

#include "views/model/guestcontroller.h"
#include "views/window/actions.h"

class QWidget;

namespace pgtscope::views {

class ActionSet;
class Document;
class MessageBar;
class StatusLine;

/// The action of each step granularity, in the order of the menu.
struct GranularityAction {
    ActionId id;
    GuestController::Granularity granularity;
};
inline constexpr GranularityAction granularityActions[]
    = {{ActionId::StepPgtBuf, GuestController::Granularity::PgtBuf},
        {ActionId::StepEvent, GuestController::Granularity::Event},
        {ActionId::StepWrite, GuestController::Granularity::Write},
        {ActionId::StepInstruction, GuestController::Granularity::Instruction}};

/// Carries the user's commands to the live guest, shows what comes of them, and says of each command why it
/// is not available now.
class GuestActions : public QObject {
    Q_OBJECT
public:
    struct Parts {
        ActionSet& actions;
        Document& document;
        GuestLink& live;
        MessageBar& messages;
        StatusLine& status;
        QWidget& window;
    };
    /// All parts outlive this.
    explicit GuestActions(const Parts& parts);

    /// Follows the guest that is linked now, and no other.
    void follow(GuestController* before);
    /// Enables what can be asked of the guest now.
    void enable();

signals:
    /// The guest's state is another one, or there is no guest any more.
    void stateChanged();

private:
    void connectActions();
    void became(GuestController::State state);
    void enableStops(const QString& notNow);
    void enableSession();

    Parts m_parts;
};

} // namespace pgtscope::views
