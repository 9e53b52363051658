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
}

void LiveHere::request()
{
    const auto& timeline = m_document.timeline();
    if (!timeline)
        return;
    const auto parent = core::branchParent(m_guest);
    emit requested(QString::fromStdString(parent ? parent->file : timeline->path()), m_document.step());
}

} // namespace pgtscope::views
