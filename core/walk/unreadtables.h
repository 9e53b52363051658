// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "core/model/snapshot.h"

namespace pgtscope::core {

/// What a walk should have read and could not, a phrase each, the first few of many: what was not found may
/// be there. Empty if everything was read.
std::vector<std::string> unreadTables(const Snapshot& snapshot);

} // namespace pgtscope::core
