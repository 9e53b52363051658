// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/address/linearspaceview.h"

#include <QLabel>
#include <QVBoxLayout>

#include "views/address/linearbands.h"

namespace pgtscope::views {

LinearSpaceView::LinearSpaceView(Document& document, Selection& selection, QWidget* parent)
    : FollowingView(document, selection, parent)
    , m_bands(new LinearBands)
    , m_about(new QLabel(tr(
          "upper half of a slot: writable · lower half: read-only · line between: writable and executable · "
          "▲ changed at this step · dotted line: between the two canonical halves")))
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
    // The first look at a kernel is at its own half.
    if (!m_bands->address().value && state() && !state()->snapshot()->linearRegions().empty())
        m_bands->setAddress(state()->snapshot()->linearRegions().front().range.begin);
    m_bands->setState(state());
}

void LinearSpaceView::showPlace()
{
    if (place().linear)
        m_bands->setAddress(*place().linear);
}

} // namespace pgtscope::views
