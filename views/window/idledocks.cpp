// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/window/idledocks.h"

#include "views/model/document.h"
#include "views/model/guestcontroller.h"
#include "views/window/dockarea.h"

namespace pgtscope::views {

IdleDocks::IdleDocks(Document& document, GuestLink& live, DockArea& docks, QObject* parent)
    : QObject(parent)
    , m_document(document)
    , m_live(live)
    , m_docks(docks)
{
    connect(&document, &Document::timelineChanged, this, &IdleDocks::restart);
    connect(&document, &Document::annotated, this, &IdleDocks::learnNotes);
    connect(&document, &Document::stepChanged, this, &IdleDocks::look);
    connect(&live, &GuestLink::guestChanged, this, &IdleDocks::look);
}

void IdleDocks::restart()
{
    m_hasBuffer = false;
    learnNotes();
}

void IdleDocks::learnNotes()
{
    const auto annotations = m_document.timeline() ? m_document.timeline()->annotations()
                                                   : core::Result<core::Annotations>(core::Annotations());
    m_hasNotes = annotations && !annotations->empty();
    look();
}

/// Once a view has had something to show it stays, so that docks do not come and go with the steps.
void IdleDocks::look()
{
    const StepStatePtr& state = m_document.state();
    m_hasBuffer = m_hasBuffer || (state && !state->snapshot()->pgtBuf().epochs.empty());
    const bool live = state && m_live.guest();
    const bool attached = live && !m_live.guest()->isLaunched();
    for (const char* id : {"pgtbuf", "argument"})
        m_docks.setIdle(QString::fromLatin1(id), attached && !m_hasBuffer);
    m_docks.setIdle(QStringLiteral("walkthrough"), live && !m_hasNotes);
}

} // namespace pgtscope::views
