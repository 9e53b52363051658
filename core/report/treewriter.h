// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <ostream>

#include "core/model/snapshot.h"
#include "core/report/translationformat.h"

namespace pgtscope::core {

/// The tables themselves, level by level: each table once, its entries in runs, and under each entry the
/// table that it references; where a table was printed before, a line says where. Detached tables come last.
void writeTreeText(std::ostream& out, const Snapshot& snapshot, Dialect dialect);
/// One object with an array "tables"; each has address, level, origin, state and its entries in runs.
void writeTreeJson(std::ostream& out, const Snapshot& snapshot, Dialect dialect);

} // namespace pgtscope::core
