// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <ostream>
#include <string>

#include "core/frames/framesummary.h"

namespace pgtscope::core {

/// A size as a person reads it, in the largest unit of which it has one: "8M"; rounded to two decimals where
/// it is no whole number of them: "1.96G". sizeText() is exact.
std::string roundedSizeText(std::uint64_t bytes);

/// A line a role, rounded sizes, and how the tables themselves are mapped.
void writeFramesText(std::ostream& out, const FrameSummary& summary);
/// One object: "roles" with role, title, level, detached, frames; and the counts of table mappings.
void writeFramesJson(std::ostream& out, const FrameSummary& summary);

} // namespace pgtscope::core
