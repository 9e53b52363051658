// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <ostream>

#include "core/frames/framesummary.h"

namespace pgtscope::core {

/// A line a role, largest units for the sizes, and how the tables themselves are mapped.
void writeFramesText(std::ostream& out, const FrameSummary& summary);
/// One object: "roles" with role, title, level, detached, frames; and the counts of table mappings.
void writeFramesJson(std::ostream& out, const FrameSummary& summary);

} // namespace pgtscope::core
