// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "core/rules/findingdiff.h"
#include "core/steps/diff.h"

namespace pgtscope::core {

/// At most `most` lines of entries, of tables and of ranges each.
std::string changesText(const StepChanges& changes, std::size_t most);
std::string mappingsText(const SnapshotDiff& diff, std::size_t most);
std::string otherText(const OtherChanges& other);
std::string findingsText(const FindingDiff& findings, std::size_t most);
/// Keys: entries, tables, mappings, other, findings (appeared, went, changed), truncated.
nlohmann::json diffJson(const SnapshotDiff& diff, const FindingDiff& findings);
bool isEmpty(const SnapshotDiff& diff);

} // namespace pgtscope::core
