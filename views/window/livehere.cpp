// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/window/livehere.h"

#include "core/timeline/branchparent.h"
#include "views/model/document.h"
#include "views/window/actionset.h"

namespace pgtscope::views {

LiveHere::LiveHere(ActionSet& actions, Document& document, QObject* parent)
    : QObject(parent)
    , m_actions(actions)
    , m_document(document)
{
    actions.on(ActionId::MakeLive, this, &LiveHere::request);
    actions.on(ActionId::StepBack, this, &LiveHere::requestBack);
    connect(&document, &Document::timelineChanged, this, &LiveHere::takeTimeline);
}

void LiveHere::takeTimeline()
{
    m_guest = m_document.timeline() ? m_document.timeline()->guest() : core::GuestDescription();
    enable();
}

void LiveHere::enable()
{
    const auto& timeline = m_document.timeline();
    QString why;
    if (!timeline || m_document.size() == 0)
        why = tr("There is no step yet");
    else if (const auto parent = core::branchParent(m_guest)) {
        if (m_document.step() > parent->step)
            why = tr(
                "This step is not of the recording that the branch left: the guest was led here by hand");
    } else if (m_guest.recipe.empty()) {
        why = tr("The recording does not say how its guest was booted: make one with pgt record");
    }
    for (const ActionId id : {ActionId::MakeLive, ActionId::LiveAtWrite})
        m_actions.allow(id, why);
    m_actions.allow(ActionId::StepBack, whyNotBack());
}

QString LiveHere::whyNotBack() const
{
    if (!m_document.live())
        return tr("No guest is connected");
    if (m_guest.recipe.empty())
        return tr("Only a guest that was launched here can be brought back");
    return stepBefore() ? QString() : tr("The recording has no event before this place");
}

/// Where a guest can be brought to again; a branch that the guest was led along begins where it left its
/// parent.
std::optional<core::StepNumber> LiveHere::stepBefore() const
{
    const auto& timeline = m_document.timeline();
    if (!timeline || m_document.size() == 0)
        return std::nullopt;
    core::StepNumber from = m_document.size() - 1;
    if (const auto parent = core::branchParent(m_guest)) {
        const core::StepNumber liveAgain = parent->step + 1;
        if (from > liveAgain)
            return parent->step;
        from = parent->step;
    }
    while (from-- > 0) {
        const auto step = timeline->step(from);
        if (step
            && (step->cause == core::StepCause::BootEvent || step->cause == core::StepCause::PgtBufChange
                || step->cause == core::StepCause::Start))
            return from;
    }
    return std::nullopt;
}

void LiveHere::requestBack()
{
    if (const auto step = stepBefore())
        ask(*step);
}

void LiveHere::request()
{
    if (m_document.timeline())
        ask(m_document.step());
}

void LiveHere::ask(core::StepNumber step)
{
    const auto parent = core::branchParent(m_guest);
    emit requested(QString::fromStdString(parent ? parent->file : m_document.timeline()->path()), step);
}

} // namespace pgtscope::views
