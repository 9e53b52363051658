// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "core/walk/translation.h"

namespace pgtscope::core {

/// Every entry that maps a page and that the root reaches, by linear address.
std::vector<WalkedEntry> mappedPages(const Snapshot& snapshot);

/// "PDE 17 at 0x5088".
std::string entryName(const Paging& paging, const EntryAt& at);
std::string entryName(const Paging& paging, const TranslationStep& step);
/// "PML4 273, PDPT 0, PD 1, PT 511": the indices of an address.
std::string indicesText(const Paging& paging, LinearAddress linear);
/// "PML4" of level 4.
std::string tableName(const Paging& paging, unsigned level);
/// Why an address leads nowhere, a sentence: the address is not canonical, or an entry has P clear. Empty if
/// it is mapped.
std::string faultText(const Snapshot& snapshot, const Translation& translation);

} // namespace pgtscope::core
