// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/cancel.h"
#include "core/timeline/timeline.h"

namespace pgtscope::core {

enum class EntryEventKind : std::uint8_t {
    Changed, ///< Its value is another one than before.
    Found, ///< Its table appeared with it: who had written it last, before the page was known as a table.
    Appeared, ///< Its table appeared with it, and it is unknown who had written it.
    Repeated, ///< A store, or a run of stores that began here, left it as it was.
    Removed, ///< Its table was removed.
};

/// "changed", "found", "appeared", "repeated" or "went".
std::string_view entryEventText(EntryEventKind kind);

/// What happened to one entry at one step.
struct EntryEvent {
    StepNumber step = 0;
    EntryEventKind kind = EntryEventKind::Changed;
    EntryChange change; ///< Its writer is known where single writes are recorded.
};

/// The history of each of `entries`, oldest event first, up to and with step `last`; learnt in one pass over
/// the changes of the recording. Entries of a recording without single writes have changes too, without
/// writers.
Result<std::vector<std::vector<EntryEvent>>> entryHistories(const Timeline& timeline,
    std::span<const PhysicalAddress> entries, StepNumber last, const CancelFlag* cancel = nullptr);

/// Which happened to an entry at one step: of a table that appeared with known writers, only what they wrote.
void dropRepeatedBirths(std::vector<EntryEvent>& history);

/// The event that made an entry what it is at the end of its history, or with which its table appeared; null
/// if nothing did since the recording began.
const EntryEvent* lastWrite(std::span<const EntryEvent> history);

/// What one function wrote.
struct FunctionWrites {
    std::string function; ///< Empty: code that no symbol names.
    std::array<std::uint64_t, maxLevels + 1> changed{}; ///< Entries that it changed, by the lowest level.
    std::uint64_t found = 0; ///< Entries that it had written before their page was known as a table.
    std::uint64_t repeated = 0; ///< Runs of stores that changed nothing.
    StepNumber first = 0;
    StepNumber last = 0;

    std::uint64_t total() const;
};

/// Who wrote entries of page tables, from the busiest on.
Result<std::vector<FunctionWrites>> tableWriters(
    const Timeline& timeline, const CancelFlag* cancel = nullptr);

/// Whether the step is nothing but stores that left an entry as it was. Other steps' stores record who had
/// written what a table held before it was known as one.
bool isRun(const StepChanges& changes);

/// "set_pte" of "set_pte+0x12".
std::string_view functionOf(std::string_view symbol);

} // namespace pgtscope::core
