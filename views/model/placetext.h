// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>

#include <QString>

#include "core/symbols/symboltable.h"
#include "views/model/place.h"

namespace pgtscope::views {

/// Everything that a linear address leads to: its frame, and the entry that ends the walk with its level.
Place placeOf(const core::Snapshot& snapshot, core::LinearAddress linear);
/// The place of the entry at a physical address; with its lowest linear address if a root reaches its table.
Place placeOfEntry(const core::Snapshot& snapshot, core::PhysicalAddress entry, unsigned level);

/// What a user types to go somewhere: see core::parseAddressWord(). A bare number is a linear address, mapped
/// or not. nullopt if it is no address; an empty place if it is a frame that this machine or domain has not.
std::optional<Place> placeFromText(
    const QString& text, const core::Snapshot& snapshot, const core::SymbolTable& symbols);

} // namespace pgtscope::views
