// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <string_view>

#include "core/base/error.h"
#include "gdb/mi/mivalue.h"

namespace pgtscope::gdb {

/// Deepest nesting of tuples and lists that is accepted; gdb 13 itself stays below 10.
inline constexpr unsigned miMaxDepth = 32;
/// Most values in one line that are accepted: bounds memory where a few input bytes make one value.
inline constexpr std::size_t miMaxValues = 1U << 20U;

/// Parses one line of MI output, without its line end. Any bytes may be passed: what is not a record gives an
/// Error that says where reading stopped (byte offset from 0). Time and memory are linear in the line.
core::Result<MiRecord> parseMiLine(std::string_view line);

} // namespace pgtscope::gdb
