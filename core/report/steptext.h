// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <ostream>
#include <span>
#include <string>
#include <string_view>

#include "core/model/snapshot.h"
#include "core/steps/step.h"

namespace pgtscope::core {

/// "step 12 of 0–65", "step 65, the last": steps are numbered from 0, in window, terminal and page alike.
/// `size` is how many there are.
std::string stepPlaceText(StepNumber step, StepNumber size);

/// What the early page-table buffer is at this moment, in one line; empty if there is nothing to report.
std::string pgtBufText(const Snapshot& snapshot);

/// "mask-rw-end (Gleixner: up to pgt_buf_end)" of the rule of that name; the name alone if there is none.
std::string ruleLabelText(std::string_view name);

/// What the rules count at a step, in one line, what is broken first; empty if nothing was found.
std::string findingCountsText(std::span<const FindingCount> findings);

/// One step of a boot for a reader at a terminal: what happened, what it means, the state of the tables.
/// `changes` may be null for the first step.
void writeStepText(std::ostream& out, const Step& step, const Snapshot& snapshot, const StepChanges* changes);

} // namespace pgtscope::core
