// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <string>

#include "core/base/address.h"
#include "core/base/numbers.h"

namespace pgtscope::core {

/// One paging-structure entry, what it holds and what the user wants it to hold.
struct EntryEdit {
    PhysicalAddress entry;
    unsigned bytes = 8; ///< 4 or 8.
    unsigned level = 1; ///< Of its table, 1 to 5.
    std::uint64_t before = 0; ///< Raw values.
    std::uint64_t after = 0;

    /// The edit that undoes it.
    EntryEdit reversed() const { return {entry, bytes, level, after, before}; }
    bool operator==(const EntryEdit&) const = default;
};

/// "entry at 0x5000: 0x1063 -> 0x1061": the text of the step that records it.
inline std::string editText(const EntryEdit& edit)
{
    return "entry at " + hexText(edit.entry.value) + ": " + hexText(edit.before) + " -> "
        + hexText(edit.after);
}

} // namespace pgtscope::core
