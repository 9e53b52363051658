// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>

#include <QObject>

#include "core/recording/guestdescription.h"
#include "core/steps/step.h"

namespace pgtscope::views {

class ActionSet;
class Document;

/// Asks for a live guest at the step that is shown, or at the one before the place where the guest is,
/// and says where none is available.
class LiveHere : public QObject {
    Q_OBJECT
public:
    /// Both outlive this.
    LiveHere(ActionSet& actions, Document& document, QObject* parent);

    void enable();

signals:
    /// The step belongs to that recording, which may be the one that the shown recording is a branch of.
    void requested(const QString& recording, quint64 step);

private:
    void takeTimeline();
    void request();
    void requestBack();
    QString whyNotBack() const;
    std::optional<core::StepNumber> stepBefore() const;
    void ask(core::StepNumber step);

    ActionSet& m_actions;
    Document& m_document;
    core::GuestDescription m_guest; ///< Of the timeline that is shown.
};

} // namespace pgtscope::views
