// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "core/model/snapshot.h"
#include "core/paging/entryedit.h"
#include "core/symbols/symboltable.h"

namespace pgtscope::pgt {

/// What an entry is to become, in the user's words.
struct EntryWish {
    std::string address; ///< Linear, whose entry is meant; or pa: and the entry's own place.
    unsigned level = 0; ///< 1 (PTE) to 5; 0: the entry that maps it.
    std::string value; ///< A number; if empty, `set` and `clear` apply.
    std::vector<std::string> set; ///< p, rw, user, pwt, pcd, a, d, g, nx
    std::vector<std::string> clear;
};

/// An Error says what the path of the address has instead, or which word means nothing.
core::Result<core::EntryEdit> findEdit(
    const EntryWish& wish, const core::Snapshot& snapshot, const core::SymbolTable& symbols);

} // namespace pgtscope::pgt
