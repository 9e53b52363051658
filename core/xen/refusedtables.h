// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <vector>

#include "core/base/physicalmemory.h"
#include "core/model/capture.h"

namespace pgtscope::core {

/// Pages of a domain that are filled like a page of PTEs, but are no page table to Xen: what a refusal
/// leaves. An allocator hands out pages beside each other, so that only the neighbours of known tables, in
/// the domain's own count, are looked at. A page counts if it has at least 16 entries, all of which map
/// frames of the domain, nearly all of them one after the other, as those of a direct map do. To be asked of
/// a kernel that is dying; else a page like that is one that is being made.
Result<std::vector<DetachedRoot>> refusedTables(const Snapshot& snapshot, PhysicalMemory& memory);

} // namespace pgtscope::core
