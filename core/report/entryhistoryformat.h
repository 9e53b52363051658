// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "core/report/translationformat.h"
#include "core/timeline/entryhistory.h"
#include "core/walk/translation.h"

namespace pgtscope::core {

/// The entries on the way to a linear address at one step, or one entry by its own place, each with what had
/// happened to it.
struct AddressHistory {
    StepNumber step = 0;
    /// Set if an entry was asked for: then the translation has that one step, and no linear address. Its
    /// table is noTable if no table holds it at the step.
    std::optional<PhysicalAddress> entry = {};
    Translation translation;
    std::vector<std::vector<EntryEvent>> histories; ///< One for each of the translation's steps.
};

Result<AddressHistory> addressHistory(
    const Timeline& timeline, StepNumber step, LinearAddress address, const CancelFlag* cancel = nullptr);

/// As addressHistory(), of the entry that holds the byte at `place`, in whatever table, reachable or
/// detached; nullopt if no table holds it at the step, and none did before.
Result<std::optional<AddressHistory>> entryHistory(
    const Timeline& timeline, StepNumber step, PhysicalAddress place, const CancelFlag* cancel = nullptr);

/// Every instruction that a history names.
std::set<LinearAddress> writersOf(const AddressHistory& history);

/// How levels and writers are named.
struct HistoryNames {
    Dialect dialect = Dialect::Intel;
    std::map<LinearAddress, std::string> lines; ///< "file:line" of instructions, where known.
};

/// Each level's entry and who wrote it last.
std::string blameText(const Snapshot& snapshot, const AddressHistory& history, const HistoryNames& names);
nlohmann::json blameJson(const Snapshot& snapshot, const AddressHistory& history, const HistoryNames& names);
/// Each level's entry and everything that happened to it.
std::string logText(const Snapshot& snapshot, const AddressHistory& history, const HistoryNames& names);
nlohmann::json logJson(const Snapshot& snapshot, const AddressHistory& history, const HistoryNames& names);

std::string writersText(const std::vector<FunctionWrites>& writers);
nlohmann::json writersJson(StepNumber steps, const std::vector<FunctionWrites>& writers);

} // namespace pgtscope::core
