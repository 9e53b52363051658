// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "core/walk/walk.h"

namespace pgtscope::core {

enum class TranslationEnd : std::uint8_t {
    Mapped, ///< physical is valid.
    PagingOff, ///< The linear address is the physical address.
    NotCanonical, ///< #GP instead of a page fault.
    NotPresent,
    ReservedBits,
    Gap, ///< A table on the path could not be read: the outcome is unknown.
};

struct TranslationStep {
    TableId table = noTable;
    unsigned index = 0;
    PhysicalAddress entryAddress;
    Entry entry;
    Rights rights; ///< Of the path so far, this entry included.
};

/// The path of one linear address through the tables, and what becomes of an access to it.
struct Translation {
    LinearAddress linear;
    TranslationEnd end = TranslationEnd::NotPresent;
    std::vector<TranslationStep> steps; ///< From the root down; at most five.
    PhysicalAddress physical; ///< Mapped and PagingOff only.
    std::uint64_t pageBytes = 0; ///< Mapped only.
    Rights rights; ///< Mapped only.
    TableState gap = TableState::Read; ///< Gap only: why.

    /// Page-fault error code of an access, nullopt if it succeeds (or if it ends in #GP or a gap).
    std::optional<std::uint32_t> pageFault(const Paging& paging, AccessKind access, bool userMode) const;
};

Translation translate(const Snapshot& snapshot, LinearAddress linear);

/// The entry that holds the byte at `place`, of a table that was read, reachable or detached; nullopt if no
/// table of the snapshot has it. Its rights are its own: what leads to the table does not count. Where one
/// table serves at several levels (a self-map), the highest.
std::optional<TranslationStep> entryHeldAt(const Snapshot& snapshot, PhysicalAddress place);

/// Reads guest memory by linear address through a snapshot's tables; false unless every byte is mapped and
/// read.
bool readLinear(
    const Snapshot& snapshot, PhysicalMemory& memory, LinearAddress linear, std::span<std::byte> bytes);

} // namespace pgtscope::core
