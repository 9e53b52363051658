// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "core/model/table.h"
#include "core/paging/paging.h"
#include "core/steps/step.h"

namespace pgtscope::core {

/// A frame that both lists of tables hold, with other contents.
struct ChangedFrame {
    FrameNumber frame;
    TablePagePtr before;
    TablePagePtr after;
};

struct TableListDiff {
    std::vector<TableChange> tables;
    std::vector<ChangedFrame> frames; ///< By frame, each once.
    bool sameList = true; ///< Both lists name the same tables, in the same order and states.
};

/// Compares two lists of tables. Where they run in step, a shared page costs a pointer comparison.
TableListDiff compareTables(std::span<const Table> before, std::span<const Table> after);

/// Appends the words of `bytes` (4 or 8) bytes that differ, all of them with the same `levels`.
void appendChangedWords(
    const ChangedFrame& changed, unsigned bytes, std::uint8_t levels, std::vector<EntryChange>& changes);

/// Whether an entry of one of the levels that `change` names leads to another table than before, or no longer
/// to one, or to one for the first time.
bool changesStructure(const Paging& paging, const EntryChange& change);

/// The words of the changed frames as entry changes, by address, with the levels that `after` gives them.
/// Words that are no entry of any table (the rest of a PAE PDPT's frame) have levels 0. Stops at `limit`.
std::vector<EntryChange> changedEntries(std::span<const ChangedFrame> frames, std::span<const Table> after,
    const Paging& paging, std::size_t limit);

} // namespace pgtscope::core
