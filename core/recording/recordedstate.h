// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <unordered_map>
#include <vector>

#include "core/model/assembly.h"
#include "core/recording/stepcodec.h"

namespace pgtscope::core {

/// The tables of a guest at one step, being carried forward from step to step. Nothing that is applied to it
/// is trusted.
class RecordedState {
public:
    using PageLoader = std::function<Result<TablePagePtr>(PageId)>;

    /// Carries the state forward. After a failure the state is unusable.
    Result<void> apply(const StepRecord& record, const PageLoader& load);
    /// Takes another state over as it is.
    void adopt(SnapshotParts parts);

    const SnapshotParts& parts() const { return m_parts; }
    Result<SnapshotPtr> snapshot() const { return assembleSnapshot(m_parts); }

    /// The tables that share `frame`, as indices of parts().tables.
    std::vector<std::size_t> tablesIn(FrameNumber frame) const;
    /// The entry of `bytes` (4 or 8) bytes at `address`; nullopt if it lies in no table that was read.
    std::optional<std::uint64_t> entryAt(PhysicalAddress address, unsigned bytes) const;
    /// Sets an entry that lies in a table; false if none is there, or if it does not hold `change.before`.
    bool write(const EntryChange& change);
    void setPlace(const Step& step);

private:
    Result<void> applyTableList(const std::vector<TableListPiece>& pieces, const PageLoader& load);
    Result<void> applySwap(const PageSwap& swap, const PageLoader& load);
    const Table* firstIn(FrameNumber frame) const;
    void setPage(FrameNumber frame, const TablePagePtr& page);
    void reindex();

    SnapshotParts m_parts;
    std::unordered_map<FrameNumber, std::uint32_t> m_first; // first table with a page in that frame
    std::vector<std::uint32_t> m_next; // the next one in the same frame
};

/// What `after` has that `before` has not. `store` keeps a page's content and returns its number.
StateDelta deltaBetween(const SnapshotParts& before, const SnapshotParts& after,
    const std::function<PageId(const TablePage&)>& store);

} // namespace pgtscope::core
