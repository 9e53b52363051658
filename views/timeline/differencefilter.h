// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/filter/filter.h"
#include "core/model/snapshot.h"
#include "core/steps/diff.h"

namespace pgtscope::views {

// Kinds are those of the filter language: "page" for what is mapped and for entries that map, "table" for
// table pages and for entries that reference one.

/// Whether the filter matches what an address led to in one of two steps.
bool matches(const core::Filter& filter, const core::Snapshot& snapshot, const core::MappingChange& change,
    const std::optional<core::MappedAs>& side);
/// Whether the filter matches the entry with the value that it had in that step.
bool matches(const core::Filter& filter, const core::Snapshot& snapshot, const core::EntryChange& change,
    std::uint64_t raw);
/// Whether the filter matches the table page.
bool matches(const core::Filter& filter, const core::Snapshot& snapshot, const core::TableChange& change);

} // namespace pgtscope::views
