// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <ostream>
#include <string>
#include <string_view>

#include "core/model/snapshot.h"
#include "core/paging/entrytext.h"
#include "core/walk/translation.h"

namespace pgtscope::core {

/// Whose names the levels carry: PML4E, PGD or L4.
enum class Dialect : std::uint8_t { Intel, Kernel, Xen };

/// "intel", "kernel" or "xen"; nullopt if it is none of them.
std::optional<Dialect> dialectByName(std::string_view name);
std::string_view levelName(const Paging& paging, unsigned level, Dialect dialect);
/// "PML4", "pgd", "L4": what a table of the level is called, where levelName() names an entry of it.
std::string_view tableName(const Paging& paging, unsigned level, Dialect dialect);

/// Each level's entry, then the outcome of a read, write and fetch at CPL 0 and CPL 3.
void writeTranslationText(
    std::ostream& out, const Snapshot& snapshot, const Translation& translation, Dialect dialect);

/// One JSON object. "outcome" is mapped, paging-off, not-canonical, not-present, reserved-bits or gap;
/// "faults" holds the page-fault error code, or null, for each access.
void writeTranslationJson(
    std::ostream& out, const Snapshot& snapshot, const Translation& translation, Dialect dialect);

} // namespace pgtscope::core
