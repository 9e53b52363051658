// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>

#include "core/walk/translation.h"
#include "views/model/place.h"
#include "views/model/stepstate.h"

namespace pgtscope::views {

/// The entry that a place means.
struct EntryChoice {
    core::TableId table = core::noTable;
    unsigned index = 0;
    core::PhysicalAddress address;
    core::Entry entry;
    /// A linear address that is translated through it; nullopt in a detached table.
    std::optional<core::LinearAddress> linear;
};

/// The entry at place.entry (in its part at place.level, if the frame has several); else the last one on the
/// path of place.linear; else the first that maps place.frame. nullopt if there is none.
std::optional<EntryChoice> chooseEntry(const StepState& state, const Place& place);

/// The place of one entry, for a link to it.
Place placeOfEntry(const EntryChoice& choice);

} // namespace pgtscope::views
