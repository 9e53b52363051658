// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include "core/exercises/exercise.h"
#include "core/recording/annotations.h"

namespace pgtscope::core {

/// Every table with the entries that are not 0: index, physical address, raw value, what it leads to and its
/// own rights. At most 100 columns.
std::string tablesText(const Snapshot& snapshot);
/// "store 1: entry at 0x5000: 0x1063 -> 0x1061"; a line for each store, with what it writes. Empty without
/// stores.
std::string storesText(const Exercise& exercise);

/// The whole exercise for a terminal: title, question, tables, stores and how to answer.
std::string exerciseText(const Exercise& exercise);

/// The exercise as a recording, one step for each of its steps, with the question as its narration. Fails if
/// the file exists or cannot be written. Nothing in it says what is right, but the rules, when asked, do.
Result<void> writeExerciseRecording(
    const Exercise& exercise, const std::string& path, const std::string& maker);

} // namespace pgtscope::core
