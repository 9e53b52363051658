// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "views/model/place.h"
#include "views/model/stepstate.h"

namespace pgtscope::views {

/// Where to look at a step before the user chose a place: the first entry that it changed, else what is
/// broken (by xen-ro before other rules), else the code at RIP. Empty if nothing of that is there.
Place placeOfStep(const StepState& state);
Place placeOfFinding(const core::Finding& finding);

} // namespace pgtscope::views
