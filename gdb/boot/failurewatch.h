// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/model/snapshot.h"
#include "core/walk/tabledigest.h"

namespace pgtscope::gdb {

/// Looks at the stops of a boot for what a hypervisor is going to refuse.
class FailureWatch {
public:
    /// True if a page table is mapped writable where that is forbidden, so that the leading rule has a broken
    /// finding, or if pgt_buf was set up anew. False after a number of such stops: a kernel that has survived
    /// them is not going to fail.
    bool mayFollow(const core::SnapshotPtr& snapshot);

private:
    core::TableDigests m_digests;
    unsigned m_warnings = 0;
};

} // namespace pgtscope::gdb
