// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/walk/walk.h"

namespace pgtscope::core {

/// How the entries of one table are reached with one set of inherited rights. Many linear addresses can lead
/// to a shared table: they are counted, never listed.
struct Reach {
    TableId table = noTable;
    Rights rights; ///< Of the path down to the table.
    /// Number of linear addresses of entry 0. At most 512^4 from a root, or from each of up to 2^21 detached
    /// tables: it cannot overflow.
    std::uint64_t paths = 0;
    LinearAddress first; ///< The lowest of them; meaningless when detached.
    bool detached = false; ///< No root reaches it: it has no linear address yet.
    /// Of KPTI, those whose root reaches it so; None without isolation, and of detached tables.
    IsolationHalf half = IsolationHalf::None;
    bool otherHalf = false; ///< Only Snapshot::otherHalf() reaches it so: its addresses are of that half.
};

/// Every (table, inherited rights) of the snapshot that was read. At most eight a table; time and memory
/// follow the number of tables, however often they alias.
std::vector<Reach> reachedTables(const Snapshot& snapshot);

/// One entry that maps a frame, with one set of rights.
struct Alias {
    Reach reach; ///< Of the table that holds the entry.
    unsigned index = 0;
    Entry entry;
    PhysicalAddress entryAddress;
    Rights rights; ///< Of the whole path.
    LinearAddress linear; ///< Lowest linear address that translates to the frame; meaningless when detached.
};

/// The entry `at` of the table that `reach` is of; `linear` is the first address that the entry translates.
Alias aliasAt(const Paging& paging, const Reach& reach, const EntryAt& at);

} // namespace pgtscope::core
