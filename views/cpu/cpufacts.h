// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <vector>

#include "views/model/stepstate.h"
#include "views/widgets/gridmodel.h"

namespace pgtscope::views {

/// Registers of the step's CPU and every control bit that steers paging, each with what it means for this
/// guest now; SDM vol. 3, 2.5 and 4.1. `before` marks what changed; may be null.
std::vector<GridRow> cpuRows(const StepState& state, const core::CpuState* before);

} // namespace pgtscope::views
