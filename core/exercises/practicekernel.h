// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <utility>
#include <vector>

#include "core/exercises/practiceguest.h"
#include "core/paging/madeentry.h"

namespace pgtscope::core {

/// A kernel's entries, as the exercises about Xen's rule use them.
namespace practice {
inline constexpr MadeEntry table{.write = true, .accessed = true, .dirty = true};
inline constexpr MadeEntry readOnlyTable{.accessed = true, .dirty = true};
inline constexpr MadeEntry readOnly{.execute = false, .accessed = true, .global = true};
inline constexpr MadeEntry writable{.write = true, .execute = false, .accessed = true, .global = true};
} // namespace practice

/// A small kernel whose page tables satisfy Xen's rule: each of them is mapped, and read-only.
struct PracticeKernel {
    explicit PracticeKernel(Dice& dice);

    /// An index of one of the two tables of PTEs whose path permits writing.
    struct Slot {
        FrameNumber table;
        unsigned index = 0;
    };
    Slot map(FrameNumber frame, const MadeEntry& entry);
    /// Maps a new frame that is no table.
    Slot mapData(const MadeEntry& entry);
    /// One of the tables, at random.
    FrameNumber anyTable() { return dice.of(tables); }

    Dice& dice;
    PracticeGuest guest;
    FrameNumber directory;
    FrameNumber first; ///< Of PTEs; its path permits writing.
    FrameNumber second; ///< The same.
    FrameNumber guarded; ///< Of PTEs, below a PDE whose R/W is clear.
    unsigned guard = 0; ///< That PDE's index.
    std::vector<FrameNumber> tables; ///< All that the root reaches, the root included.
    std::vector<Slot> tableMappings; ///< Of tables, read-only.
    std::vector<Slot> dataMappings;
};

} // namespace pgtscope::core
