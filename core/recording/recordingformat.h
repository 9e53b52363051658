// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>

namespace pgtscope::core {

/// SQLite's user_version: grows whenever an older program could misread a recording. A new fact of a step is
/// no reason: older programs pass over it (stepformat.h).
inline constexpr std::uint32_t recordingFormat = 4;
/// Format 1 has no table for code. Up to format 2 pgt_buf is kept in machine frames, and epochs that are not
/// contiguous there are missing. Up to format 3 steps have no fields. There is no other difference.
inline constexpr std::uint32_t oldestRecordingFormat = 1;

} // namespace pgtscope::core
