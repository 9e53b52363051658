// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/address/linearspaceview.h"

#include <QLabel>
#include <QVBoxLayout>

#include "views/address/linearbands.h"
#include "views/model/entrychoice.h"

namespace pgtscope::views {

namespace {

QString aboutText(const StepState* state)
{
    const QString text = LinearSpaceView::tr(
        "upper half of a slot: writable · lower half: read-only · line between: writable and executable · "
        "▲ %1 · dotted line: between the two canonical halves")
                             .arg(state ? state->markText() : LinearSpaceView::tr("changed at this step"));
    return state && state->snapshot()->xen()
        ? text + LinearSpaceView::tr(" · grey: Xen's own tables, not followed")
        : text;
}

} // namespace

LinearSpaceView::LinearSpaceView(Document& document, Selection& selection, QWidget* parent)
    : FollowingView(document, selection, parent)
    , m_bands(new LinearBands)
    , m_about(new QLabel(aboutText(nullptr)))
{
    setObjectName(QStringLiteral("linearSpaceView"));
    m_about->setWordWrap(true);
    m_about->setContentsMargins(8, 0, 8, 4);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(m_bands, 1);
    layout->addWidget(m_about);
    connect(m_bands, &LinearBands::chosen, this,
        [this](core::LinearAddress linear, core::PhysicalAddress entry, unsigned level) {
            Place place;
            place.linear = linear;
            place.entry = entry;
            place.level = level;
            choose(place);
        });
}

void LinearSpaceView::showStep()
{
    m_bands->setState(state());
    m_about->setText(aboutText(state().get()));
}

void LinearSpaceView::showPlace()
{
    if (state())
        m_bands->setAddress(addressToShow());
}

/// Of a frame or an entry without one: the lowest address that leads there, else where the kernel's half
/// begins.
core::LinearAddress LinearSpaceView::addressToShow() const
{
    if (place().linear)
        return *place().linear;
    if (const auto choice = chooseEntry(*state(), place()); choice && choice->linear)
        return *choice->linear;
    const auto& regions = state()->snapshot()->linearRegions();
    return regions.empty() ? core::LinearAddress() : regions.front().range.begin;
}

} // namespace pgtscope::views
