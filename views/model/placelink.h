// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>

#include <QString>
#include <QUrl>

#include "core/model/xenstate.h"
#include "core/steps/step.h"
#include "views/model/place.h"

namespace pgtscope::views {

/// Where a link of the form pgtscope:KIND/NUMBER leads. KIND is va, pa, pfn, mfn or entry with a number in
/// hexadecimal after 0x, or in decimal; or step, or live, with the number of a step in decimal.
struct PlaceLink {
    Place place;
    std::optional<core::StepNumber> step;
    bool live = false; ///< With a live guest there.
};

/// nullopt if it is no such link, or names nothing that can exist. With `xen` a pfn is the guest's own
/// number.
std::optional<PlaceLink> parsePlaceLink(const QUrl& url, const core::XenState* xen = nullptr);

/// "pgtscope:va/0x…": what a text puts into an href.
QString linkTo(core::LinearAddress address);
QString linkTo(core::FrameNumber frame);
QString linkToEntry(core::PhysicalAddress entry);
QString linkToStep(core::StepNumber step);
/// The link that shows what Xen would say, see Hypotheticals. A chapter or note with it in its text shows
/// that while it is read.
QString linkToHypotheticals();

} // namespace pgtscope::views
