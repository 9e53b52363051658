// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "core/base/cancel.h"
#include "core/model/snapshot.h"

namespace pgtscope::core {

/// A table known from elsewhere than the root: Xen's frame types or an allocator's record.
struct DetachedRoot {
    PhysicalAddress address;
    unsigned level = 1;
};

struct CaptureOptions {
    /// Walk from here instead of CR3: a value of CR3, masked as the processor does it in this paging mode.
    std::optional<PhysicalAddress> root;
    /// Decode these as well, after everything that the root reaches; those it reaches are skipped.
    std::vector<DetachedRoot> detached;
    /// Tables that `info tlb` finds below entries with reserved bits, which no processor follows, are
    /// captured too; they count as detached.
    bool asInfoTlb = false;
    /// Pages that did not change are shared with this one.
    const Snapshot* previous = nullptr;
    /// Bound on table frames, so that a hostile guest cannot eat our memory: 1 GiB of table pages.
    std::size_t maxTables = 262'144;
    const CancelFlag* cancel = nullptr;
};

/// Builds a snapshot from a stopped guest, one batch of reads per level. Tables that cannot be read are kept
/// with their reason. Fails only when the memory channel itself does, or when cancelled.
class SnapshotBuilder {
public:
    SnapshotBuilder(PhysicalMemory& memory, const CpuState& cpu, const CpuFeatures& features);

    Result<void> captureTables(const CaptureOptions& options);
    /// Adds tables that captureTables() did not reach, and what they reference. May be called after it.
    Result<void> captureDetached(std::span<const DetachedRoot> roots, const CaptureOptions& options);
    /// After captureTables(): what the root of KPTI's other half leads to and the walked root does not.
    Result<void> captureOtherHalf(PhysicalAddress root, const CaptureOptions& options);
    /// To be called before anything is captured: Xen's own slots of a root are then left to it.
    void setXen(XenStatePtr xen);
    void setRipSymbol(std::string symbol);
    void setDying(bool dying);
    /// What is one value each; what capturing tables yields is overwritten by it.
    SnapshotFacts& facts();
    /// Those of another snapshot of this guest, but for what capturing tables yields.
    void takeFacts(const Snapshot& from);
    void setLinearRegions(std::vector<LinearRegion> regions) { facts().linearRegions = std::move(regions); }
    void setPhysicalRegions(std::vector<PhysicalRegion> regions)
    {
        facts().physicalRegions = std::move(regions);
    }
    void setRodataOff(bool off) { facts().rodataOff = off; }
    void setPgtBuf(PageTableBuffer buffer) { facts().pgtBuf = std::move(buffer); }
    void addGap(std::string gap) { facts().gaps.push_back(std::move(gap)); }
    /// Without its tables.
    void setOtherHalf(PhysicalAddress root) { facts().otherHalf = root; }
    void setCheckerTypes(CheckerTypes types) { facts().checker = std::move(types); }
    /// The memory that tables are read from is a nested guest's, behind these tables of its host.
    void setNested(std::shared_ptr<const Snapshot> tables);

    /// What is captured so far; valid until finish().
    const Snapshot& peek() const { return *m_snapshot; }
    SnapshotPtr finish();

private:
    TableId add(PhysicalAddress address, unsigned level, TableOrigin origin);
    Result<void> captureFrom(TableId first, const CaptureOptions& options);
    Result<void> load(std::span<Table> tables, const CaptureOptions& options);
    Result<void> readPages(std::vector<Table*>& wanted, const CaptureOptions& options);
    void addChildren(TableId parent, const CaptureOptions& options);
    TablePagePtr share(const Table& table, const std::byte* content, const Snapshot* previous);

    PhysicalMemory& m_memory;
    std::shared_ptr<Snapshot> m_snapshot;
    std::unordered_map<FrameNumber, TablePagePtr> m_pages;
};

/// Tables only, no names: the common case and what the benchmarks time.
Result<SnapshotPtr> captureSnapshot(PhysicalMemory& memory, const CpuState& cpu, const CpuFeatures& features,
    const CaptureOptions& options = {});

} // namespace pgtscope::core
