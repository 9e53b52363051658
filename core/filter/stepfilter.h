// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/filter/filter.h"
#include "core/model/snapshot.h"
#include "core/steps/step.h"

namespace pgtscope::core {

/// Whether a step passes: one of the entries that changed at it does, with its new value (or the old one, if
/// it was cleared), one that a table which appeared brought along, or the step itself does. Here `kind` is
/// the step's cause ("event", "pgt_buf", "write" …) and `finding` is what the step's rules found: a rule, a
/// state, or both as "xen-ro.violation". `region` is known where `snapshot` is given, and so are the entries
/// of tables that appeared and the frame numbers of a guest of Xen. Addresses that an entry translates and
/// rights of its path are not known: that would take a walk of each step.
bool stepMatches(
    const Filter& filter, const Step& step, const StepChanges& changes, const Snapshot* snapshot);

/// Whether the filter asks of steps what only their snapshots hold.
bool asksForSnapshots(const Filter& filter, bool underXen);
/// Whether it does of a step with these changes: with the entries of tables that appeared.
bool asksForSnapshot(const Filter& filter, const StepChanges& changes);

} // namespace pgtscope::core
