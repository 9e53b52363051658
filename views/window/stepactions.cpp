// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/window/stepactions.h"

#include <algorithm>

#include "views/model/document.h"
#include "views/model/place.h"
#include "views/timeline/player.h"
#include "views/window/actionset.h"

namespace pgtscope::views {

namespace {

/// Steps that "next boot event" looks through at once; further ones need another press.
constexpr quint64 maxLookedAt = 20'000;

} // namespace

StepActions::StepActions(
    ActionSet& actions, Document& document, Selection& selection, Player& player, QObject* parent)
    : QObject(parent)
    , m_actions(actions)
    , m_document(document)
    , m_selection(selection)
{
    actions.on(ActionId::NextEvent, this, &StepActions::nextEvent);
    actions.on(ActionId::Back, &document, &Document::goBack);
    actions.on(ActionId::Forward, &document, &Document::goForward);
    actions.on(ActionId::PlaceForward, &selection, &Selection::forward);
    connect(&actions[ActionId::First], &QAction::triggered, &document, [&document] { document.goTo(0); });
    connect(&actions[ActionId::Last], &QAction::triggered, &document, [&document] { document.goTo(~0ULL); });
    connect(&actions[ActionId::Play], &QAction::triggered, &player, &Player::setPlaying);
    connect(&player, &Player::playingChanged, &actions[ActionId::Play], &QAction::setChecked);
    connect(&actions[ActionId::OtherHalf], &QAction::triggered, &document, &Document::showOtherHalf);
}

void StepActions::nextEvent()
{
    if (!m_document.timeline())
        return;
    const quint64 end = std::min<quint64>(m_document.size(), m_document.step() + maxLookedAt);
    quint64 step = m_document.step() + 1;
    for (; step < end; ++step) {
        const auto read = m_document.timeline()->step(step);
        if (!read || read->cause == core::StepCause::BootEvent)
            break;
    }
    m_document.goTo(std::min<quint64>(step, m_document.size() - 1));
}

void StepActions::enable()
{
    const bool steps = m_document.size() != 0;
    const bool later = steps && m_document.step() + 1 < m_document.size();
    for (const ActionId id : {ActionId::First, ActionId::Back})
        m_actions[id].setEnabled(steps && m_document.step() != 0);
    for (const ActionId id : {ActionId::Forward, ActionId::Last, ActionId::NextEvent})
        m_actions[id].setEnabled(later);
    for (const ActionId id : {ActionId::Play, ActionId::NextStation, ActionId::PreviousStation})
        m_actions[id].setEnabled(steps);
    m_actions[ActionId::PlaceForward].setEnabled(m_selection.canGoForward());
    const bool halves = m_document.state() && m_document.state()->snapshot()->otherRoot() != core::noTable;
    m_actions.allow(ActionId::OtherHalf,
        halves ? QString()
               : tr("The step has the tables of one root only: its kernel does not use KPTI here"));
    m_actions[ActionId::OtherHalf].setChecked(m_document.showsOtherHalf());
}

} // namespace pgtscope::views
