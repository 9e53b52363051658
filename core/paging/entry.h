// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>

#include "core/base/address.h"

namespace pgtscope::core {

/// Bits of a paging-structure entry by position; SDM vol. 3, tables 4-5 to 4-20. What a bit means depends on
/// the level: bit 7 is PS above the PTE and PAT in a PTE, bit 12 is PAT in an entry that maps a large page.
namespace bit {
inline constexpr std::uint64_t p = 1ULL << 0;
inline constexpr std::uint64_t rw = 1ULL << 1;
inline constexpr std::uint64_t us = 1ULL << 2;
inline constexpr std::uint64_t pwt = 1ULL << 3;
inline constexpr std::uint64_t pcd = 1ULL << 4;
inline constexpr std::uint64_t a = 1ULL << 5;
inline constexpr std::uint64_t d = 1ULL << 6;
inline constexpr std::uint64_t ps = 1ULL << 7;
inline constexpr std::uint64_t patSmall = 1ULL << 7;
inline constexpr std::uint64_t g = 1ULL << 8;
inline constexpr std::uint64_t patLarge = 1ULL << 12;
inline constexpr std::uint64_t xd = 1ULL << 63;
inline constexpr unsigned pkeyShift = 59;
/// Address bits 39:32 of a 4 MiB page.
inline constexpr std::uint64_t pse36Address = 0x1fe000;
} // namespace bit

/// Bits that the processor sets by itself: accessed and dirty.
inline constexpr std::uint64_t setByProcessor = bit::a | bit::d;

/// What a whole path permits: R/W and U/S are ANDed, XD is ORed over the levels; SDM vol. 3, 4.6. These are
/// the rights of the *translation*; CR0.WP, SMEP and SMAP are applied on top by Paging.
struct Rights {
    bool write = true;
    bool user = true;
    bool execute = true;

    constexpr Rights operator&(Rights other) const
    {
        return {write && other.write, user && other.user, execute && other.execute};
    }
    /// 0 to 7, dense, for tables indexed by rights.
    constexpr unsigned index() const { return (write ? 1U : 0U) | (user ? 2U : 0U) | (execute ? 4U : 0U); }
    static constexpr Rights fromIndex(unsigned i) { return {(i & 1) != 0, (i & 2) != 0, (i & 4) != 0}; }
    constexpr bool operator==(const Rights&) const = default;
};
inline constexpr unsigned rightsCount = 8;

enum class EntryKind : std::uint8_t {
    NotPresent, ///< P = 0: the other bits belong to software.
    Table, ///< References the table of the next lower level.
    Page, ///< Maps a page of this level's size.
};

/// One paging-structure entry, decoded for its level by Paging::decode.
struct Entry {
    std::uint64_t raw = 0;
    PhysicalAddress target; ///< The table's or the page's physical address; 0 when not present.
    std::uint64_t reserved = 0; ///< Bits that are set although reserved: using this entry is a page fault.
    Rights rights; ///< The entry's own.
    std::uint8_t level = 0; ///< 1 (PTE) to 5 (PML5E).
    EntryKind kind = EntryKind::NotPresent;
    std::uint8_t pkey = 0; ///< Protection key of a page under CR4.PKE; 0 otherwise.

    bool present() const { return kind != EntryKind::NotPresent; }
    bool isPage() const { return kind == EntryKind::Page; }
    bool isTable() const { return kind == EntryKind::Table; }
    /// False where the MMU would raise a page fault instead of following the entry.
    bool usable() const { return present() && reserved == 0; }
    /// Usable, and maps a page or references a table.
    bool mapsPage() const { return isPage() && reserved == 0; }
    bool leadsToTable() const { return isTable() && reserved == 0; }
    bool accessed() const { return (raw & bit::a) != 0; }
    bool dirty() const { return isPage() && (raw & bit::d) != 0; }
    bool global() const { return isPage() && (raw & bit::g) != 0; }
    bool pwt() const { return (raw & bit::pwt) != 0; }
    bool pcd() const { return (raw & bit::pcd) != 0; }
    bool pat() const { return isPage() && (raw & (level == 1 ? bit::patSmall : bit::patLarge)) != 0; }
    /// Index into IA32_PAT, 0 to 7 (SDM vol. 3, 11.12.3).
    unsigned patIndex() const { return (pwt() ? 1U : 0U) | (pcd() ? 2U : 0U) | (pat() ? 4U : 0U); }
};

} // namespace pgtscope::core
