// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "core/model/snapshot.h"
#include "core/rules/findinghistory.h"

namespace pgtscope::core {

/// A root of a snapshot, and whether what it leads to was looked at.
struct RootLook {
    PhysicalAddress address;
    std::string_view of; ///< See rootText().
    bool other = false; ///< KPTI's half beside the one that is walked.
    bool checked = true; ///< False of another half that was not captured.
};

/// None while paging is off.
std::vector<RootLook> rootLooks(const Snapshot& snapshot);
/// Tables of the snapshot that were read; one that serves as two counts as two.
std::uint64_t tablesRead(const Snapshot& snapshot);

/// What of the steps of a timeline was looked at, all of them together.
class CoverageHistory {
public:
    void note(std::uint64_t step, const Snapshot& snapshot);
    /// Keys: tables and tableFrames (those that were read at any step, each counted once), roots (each:
    /// address, of, checked, first, last, steps), moreRoots (how many looks at roots are left out of a list
    /// that is too long), gaps (those of the findings).
    nlohmann::json json(const FindingHistory& findings) const;

private:
    struct Stay {
        std::uint64_t first = 0; ///< Step.
        std::uint64_t last = 0;
        std::uint64_t steps = 0; ///< How many from first to last had it.
    };
    struct Root {
        PhysicalAddress address;
        std::string of;
        bool checked = true;
        auto operator<=>(const Root&) const = default;
    };

    std::unordered_set<std::uint64_t> m_tables; ///< Address, with the level in its low bits.
    std::unordered_set<std::uint64_t> m_frames;
    std::map<Root, Stay> m_roots;
    std::uint64_t m_moreRoots = 0;
};

} // namespace pgtscope::core
