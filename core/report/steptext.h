// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <ostream>
#include <span>
#include <string>

#include "core/model/snapshot.h"
#include "core/steps/step.h"

namespace pgtscope::core {

/// "step 12 of 65", "step 65, the last": steps are numbered from 0, and 65 is the last one's number. `size`
/// is how many there are.
std::string stepPlaceText(StepNumber step, StepNumber size);

/// What the early page-table buffer is at this moment, in one line; empty if there is nothing to report.
std::string pgtBufText(const Snapshot& snapshot);

/// What the rules count at a step, in one line, what is broken first; empty if nothing was found.
std::string findingCountsText(std::span<const FindingCount> findings);

/// One step of a boot for a reader at a terminal: what happened, what it means, the state of the tables.
/// `changes` may be null for the first step.
void writeStepText(std::ostream& out, const Step& step, const Snapshot& snapshot, const StepChanges* changes);

} // namespace pgtscope::core
