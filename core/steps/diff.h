// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "core/base/cancel.h"
#include "core/model/snapshot.h"
#include "core/steps/step.h"

namespace pgtscope::core {

/// What one linear address leads to; nullopt in its place means not mapped.
struct MappedAs {
    PhysicalAddress physical;
    Rights rights; ///< Effective: of the whole path.
    std::uint8_t patIndex = 0;
    std::uint8_t pkey = 0;
    bool operator==(const MappedAs&) const = default;
};

/// A linear range whose mapping or effective rights changed, all of it in the same way. Splitting a large
/// page into small ones that say the same is no change; nor are accessed and dirty bits. What lies below a
/// table that could not be read counts as not mapped.
struct MappingChange {
    LinearAddress begin;
    std::uint64_t bytes = 0; ///< 0 means 2^64.
    std::optional<MappedAs> before; ///< Of the first page; physical grows with the address.
    std::optional<MappedAs> after;
    /// Set where shared tables lead to the same changes as at this address: they are not listed again, and
    /// before and after are empty.
    std::optional<LinearAddress> sameAs;

    LinearAddress end() const { return begin + bytes; }
    bool operator==(const MappingChange&) const = default;
};

/// What else differs between two snapshots.
struct OtherChanges {
    bool pagingMode = false; ///< Mappings of two paging modes are not compared.
    bool controlRegisters = false; ///< CR0, CR3, CR4 or EFER; CR2 is no part of paging.
    bool root = false;
    bool ramMap = false;
    bool xen = false; ///< What is known of Xen: owners, numbers and types of frames.
    bool linearRegions = false;
    bool physicalRegions = false;
    bool pgtBuf = false;
    bool operator==(const OtherChanges&) const = default;
};

/// One of them: how it is called, and when it differs.
struct OtherChange {
    bool OtherChanges::*flag;
    std::string_view key; ///< In JSON.
    std::string_view words; ///< For people.
    bool (*differs)(const Snapshot& before, const Snapshot& after);
};
/// All of them, in the order in which they are listed. A new one is a member of OtherChanges and a row.
std::span<const OtherChange> otherChanges();

struct SnapshotDiff {
    StepChanges tables;
    std::vector<MappingChange> mappings; ///< By linear address.
    OtherChanges other;
    bool entriesTruncated = false; ///< DiffOptions::maxEntries was reached.
    bool mappingsTruncated = false; ///< DiffOptions::maxMappings or maxVisits was reached, or cancelled.
};

struct DiffOptions {
    std::size_t maxEntries = 1'000'000;
    std::size_t maxMappings = 65'536;
    /// Bound on entries looked at for the mappings: hostile tables that share each other could go on forever.
    std::uint64_t maxVisits = 64'000'000;
    bool mappings = true; ///< Look for changed linear ranges at all.
    const CancelFlag* cancel = nullptr;
};

/// What changed from `before` to `after`. Unchanged pages that the two share cost a pointer comparison.
SnapshotDiff diffSnapshots(const Snapshot& before, const Snapshot& after, const DiffOptions& options = {});

} // namespace pgtscope::core
