// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "core/base/cancel.h"
#include "core/walk/walk.h"

namespace pgtscope::core {

enum class RunKind : std::uint8_t {
    Mapping, ///< Pages.
    SharedTable, ///< Entries that reach a table already reported, with the same rights, at `sameAs`.
    Reserved, ///< Entries with reserved bits: every access faults.
    Gap, ///< Entries that reference a table which could not be read.
};

/// The kind as files and filters spell it: "page", "shared", "reserved" or "gap".
std::string_view kindText(RunKind kind);

/// Neighbouring entries that say the same.
struct Run {
    RunKind kind = RunKind::Mapping;
    LinearAddress begin;
    std::uint64_t bytes = 0; ///< 0 means 2^64.
    std::uint64_t entries = 0; ///< Number of entries joined.
    PhysicalAddress physical; ///< What the first entry maps or references.
    Entry first; ///< The first entry.
    PhysicalAddress entryAddress; ///< Where the first entry is.
    Rights rights; ///< The path's.
    LinearAddress sameAs; ///< SharedTable: where the same table was reported first.
    TableState gap = TableState::Read; ///< Gap: why.
    const LinearRegion* region = nullptr; ///< Belongs to the snapshot.
    /// The detached table that the walk of the entry began at; noTable if the root reaches the entry. No
    /// linear address leads to a detached one: `begin` counts from the first that its table would translate.
    TableId detachedRoot = noTable;

    LinearAddress end() const { return begin + bytes; }
    bool detached() const { return detachedRoot != noTable; }
};

struct RunOptions {
    /// Join pages only while their physical addresses are contiguous too.
    bool physicallyContiguous = true;
    /// Join pages at all; false gives every page on its own.
    bool merge = true;
    /// Report a table once for each place that reaches it. Hostile tables can make this endless: set maxRuns.
    bool expandShared = false;
    /// Accessed and dirty bits keep runs apart.
    bool distinguishAccessed = false;
    /// Go on below entries with reserved bits as `info tlb` does, where those tables were captured.
    bool asInfoTlb = false;
    /// After the linear addresses, what is mapped by tables that no root reaches.
    bool detached = false;
    /// Stop after so many runs; 0 is no limit.
    std::uint64_t maxRuns = 0;
    const CancelFlag* cancel = nullptr;
};

enum class RunsEnd : std::uint8_t { Complete, Limit, Cancelled, SinkStopped };

/// Passes `sink` the snapshot's mappings as runs, in the order of linear addresses, those of detached tables
/// last; lazily, so that memory does not grow with their number. `sink` returns false to stop.
RunsEnd forEachRun(
    const Snapshot& snapshot, const RunOptions& options, const std::function<bool(const Run&)>& sink);

} // namespace pgtscope::core
