// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "core/base/error.h"
#include "core/model/snapshot.h"

namespace pgtscope::core {

/// Everything that a snapshot is made of, but for what follows from it.
struct SnapshotParts : SnapshotFacts {
    CpuState cpu;
    std::vector<Table> tables;
    std::string ripSymbol;
    bool dying = false;
    XenStatePtr xen;

    SnapshotFacts& facts() { return *this; }
};

/// A snapshot from parts that came from a file. Fails if a walk over them could leave a page or a paging
/// mode's levels: the parts are not trusted.
Result<SnapshotPtr> assembleSnapshot(SnapshotParts parts);

/// The parts of `snapshot`, its pages shared.
SnapshotParts partsOf(const Snapshot& snapshot);

/// The same stop with KPTI's other half as the one that is walked. Null if its tables are not in `snapshot`.
SnapshotPtr fromOtherHalf(const Snapshot& snapshot);

} // namespace pgtscope::core
