// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/window/narrator.h"

#include <QUrl>

#include "views/model/document.h"
#include "views/model/placelink.h"
#include "views/model/zoomtarget.h"
#include "views/walkthrough/walkthroughview.h"
#include "views/widgets/followingview.h"
#include "views/window/dockarea.h"

namespace pgtscope::views {

Narrator::Narrator(Document& document, Selection& selection, DockArea& docks, QObject* parent)
    : QObject(parent)
    , m_document(document)
    , m_selection(selection)
    , m_docks(docks)
{
    connect(docks.published().walkthrough, &WalkthroughView::showingRequested, this, &Narrator::show);
}

void Narrator::show(const core::Showing& showing)
{
    const QString id = QString::fromStdString(showing.view);
    if (m_docks.view(id))
        emit viewRequested(id);
    const StepStatePtr state = m_document.state();
    const QUrl link(QStringLiteral("pgtscope:") + QString::fromStdString(showing.select));
    const auto target = parsePlaceLink(link, state ? state->snapshot()->xen() : nullptr);
    if (target && !target->place.empty())
        m_selection.select(target->place);
    if (showing.zoom.empty())
        return;
    // What a view shows of the step and the place comes before how large it shows it.
    const MadeView view = m_docks.made(id);
    if (view.following)
        view.following->refresh();
    if (view.zoom)
        view.zoom->zoomTo(showing.zoom);
}

} // namespace pgtscope::views
