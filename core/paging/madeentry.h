// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>

#include "core/paging/entry.h"

namespace pgtscope::core {

/// What a new entry of a table in long mode is to permit and to be, by name: for code that makes tables, as
/// the exercises do.
struct MadeEntry {
    bool present = true;
    bool write = false;
    bool user = false;
    bool execute = true;
    bool accessed = false;
    bool dirty = false;
    bool global = false;
    bool largePage = false; ///< PS: it maps a page although it is above level 1.

    constexpr bool operator==(const MadeEntry&) const = default;

    /// The entry that references the table, or maps the page, at `target`, which is a multiple of 4096.
    constexpr std::uint64_t raw(PhysicalAddress target) const
    {
        const auto when = [](bool set, std::uint64_t mask) { return set ? mask : 0; };
        return target.value | when(present, bit::p) | when(write, bit::rw) | when(user, bit::us)
            | when(accessed, bit::a) | when(dirty, bit::d) | when(largePage, bit::ps) | when(global, bit::g)
            | when(!execute, bit::xd);
    }
};

/// Whether the entry is present, in every paging mode.
constexpr bool isPresent(std::uint64_t raw) { return (raw & bit::p) != 0; }
/// Whether the entry's own R/W is set.
constexpr bool permitsWrite(std::uint64_t raw) { return (raw & bit::rw) != 0; }
/// The entry with R/W set or clear.
constexpr std::uint64_t withWrite(std::uint64_t raw, bool write)
{
    return write ? raw | bit::rw : raw & ~bit::rw;
}

} // namespace pgtscope::core
