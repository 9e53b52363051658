// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <unordered_map>
#include <vector>

#include "core/steps/diff.h"

namespace pgtscope::core {

/// Walks two snapshots of one paging mode in step; reports where a linear address leads elsewhere. Subtrees
/// that hold no changed table are not entered, and a pair of tables met again with the same rights is not
/// walked again.
class MappingDiff {
public:
    MappingDiff(const Snapshot& before, const Snapshot& after, const DiffOptions& options);

    /// True if everything was reported.
    bool run();
    std::vector<MappingChange> take() { return std::move(m_changes); }

private:
    /// What one snapshot has at a place: nothing, a page (or a part of one), or a table.
    struct Side {
        TableId table = noTable;
        bool mapped = false;
        MappedAs page; ///< Its rights are those inherited where this is a table.
    };
    struct PairKey {
        TableId before;
        TableId after;
        unsigned rights;
        bool operator==(const PairKey&) const = default;
    };
    struct PairHash {
        std::size_t operator()(const PairKey& k) const noexcept
        {
            return std::hash<FrameNumber>{}(
                FrameNumber((std::uint64_t{k.before} << 32 | k.after) * 64 + k.rights));
        }
    };
    struct Reported {
        LinearAddress at;
        bool changed = false;
    };

    static Side rootOf(const Snapshot& snapshot);
    Side child(const Snapshot& snapshot, const Side& parent, unsigned level, unsigned index) const;
    bool unchanged(TableId before);
    bool computeUnchanged(TableId before);
    bool compareTables(unsigned level, LinearAddress base, const Side& before, const Side& after);
    bool compareEntry(unsigned level, LinearAddress linear, const Side& before, const Side& after);
    bool descend(unsigned level, LinearAddress linear, const Side& before, const Side& after);
    bool report(MappingChange change);

    const Snapshot& m_before;
    const Snapshot& m_after;
    const DiffOptions& m_options;
    bool m_sameDecoding = false;
    std::vector<std::int8_t> m_unchanged; // by table of m_before: -1 unknown
    std::unordered_map<PairKey, Reported, PairHash> m_reported;
    std::vector<MappingChange> m_changes;
    std::uint64_t m_visits = 0;
    std::uint64_t m_reports = 0;
};

} // namespace pgtscope::core
