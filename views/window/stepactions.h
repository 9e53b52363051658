// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QObject>

namespace pgtscope::views {

class ActionSet;
class Document;
class Player;
class Selection;

/// Moves among the steps and among the places that were selected, and enables what leads somewhere; back from
/// a place may be in another recording, see MomentLinks.
class StepActions : public QObject {
    Q_OBJECT
public:
    /// All outlive this.
    StepActions(
        ActionSet& actions, Document& document, Selection& selection, Player& player, QObject* parent);

    void enable();

private:
    void nextEvent();

    ActionSet& m_actions;
    Document& m_document;
    Selection& m_selection;
};

} // namespace pgtscope::views
