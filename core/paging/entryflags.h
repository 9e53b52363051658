// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <string_view>

#include "core/paging/entry.h"

namespace pgtscope::core {

/// A single bit of an entry that has a name of its own.
struct EntryFlag {
    std::string_view name; ///< The SDM's: "R/W".
    std::string_view option; ///< As a user types it: "rw". Empty for bits that are not set on their own.
    char tlbLetter; ///< Its letter in QEMU's "info tlb"; 0 if it has none.
    std::uint64_t mask;

    /// False for PS in a PTE, whose bit 7 is PAT.
    bool isSetIn(const Entry& entry) const
    {
        return (entry.raw & mask) != 0 && (mask != bit::ps || entry.level > 1);
    }
    constexpr bool settable() const { return !option.empty(); }
    /// Whether an entry of so many bytes (4 or 8) has the bit.
    constexpr bool fits(unsigned entryBytes) const { return entryBytes == 8 || mask >> 32 == 0; }
};

/// In the order of the SDM's figures, highest bit first.
inline constexpr std::array<EntryFlag, 10> entryFlags{{
    {"XD", "nx", 'X', bit::xd},
    {"G", "g", 'G', bit::g},
    {"PS", "", 'P', bit::ps},
    {"D", "d", 'D', bit::d},
    {"A", "a", 'A', bit::a},
    {"PCD", "pcd", 'C', bit::pcd},
    {"PWT", "pwt", 'T', bit::pwt},
    {"U/S", "user", 'U', bit::us},
    {"R/W", "rw", 'W', bit::rw},
    {"P", "p", 0, bit::p},
}};

inline constexpr const EntryFlag& pageSizeFlag = entryFlags[2];
static_assert(pageSizeFlag.mask == bit::ps);

} // namespace pgtscope::core
