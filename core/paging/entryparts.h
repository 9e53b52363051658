// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <string_view>

#include "core/paging/paging.h"

namespace pgtscope::core {

/// What one bit of an entry is, which depends on the entry's level and kind.
enum class EntryPart : std::uint8_t {
    Present,
    Write,
    User,
    Pwt,
    Pcd,
    Accessed,
    Dirty,
    PageSize,
    Pat,
    Global,
    Pkey,
    NoExecute,
    Address, ///< Of the page or the table.
    Reserved, ///< Has to be 0.
    Ignored, ///< Free for software.
    Software, ///< The entry is not present: free as well.
};

/// What the bit at `position` (0 to 63) is in an entry of this paging mode; SDM vol. 3, tables 4-5 to 4-20.
EntryPart entryPart(const Paging& paging, const Entry& entry, unsigned position);
/// "R/W", "PCD", "NX", "address": as a person reads it everywhere.
std::string_view partName(EntryPart part);
/// The same as it fits under a single bit: "RW", "CD".
std::string_view shortPartName(EntryPart part);

} // namespace pgtscope::core
