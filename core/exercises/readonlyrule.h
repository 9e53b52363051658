// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <vector>

#include "core/model/snapshot.h"
#include "core/rules/finding.h"

namespace pgtscope::core {

/// What breaks Xen's rule in these tables: mappings of page tables that are effectively writable, by the rule
/// that the whole program applies.
std::vector<Finding> writableTables(const SnapshotPtr& tables);

/// What an entry does about that rule, one sentence without a full stop: it maps no page table, it maps one
/// read-only, its path takes the right away, it maps nothing.
std::string mappingText(const SnapshotPtr& tables, PhysicalAddress entry);

} // namespace pgtscope::core
