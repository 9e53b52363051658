// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/base/physicalmemory.h"
#include "core/model/snapshot.h"

namespace pgtscope::core {

/// The machine's address of a nested guest's physical address; the address itself where no nested tables are
/// between them; nullopt if they do not map it.
std::optional<PhysicalAddress> machineAddress(const Snapshot& snapshot, PhysicalAddress address);

/// The physical memory that a nested guest sees: the machine's, behind the nested tables of its host
/// (AMD64 APM vol. 2, 15.25).
class NestedMemory final : public PhysicalMemory {
public:
    /// `tables`: the nested tables, a snapshot whose linear addresses are the guest's physical ones.
    /// `machine` must outlive the memory.
    NestedMemory(PhysicalMemory& machine, SnapshotPtr tables);

    const SnapshotPtr& tables() const { return m_tables; }

    Result<void> read(std::span<PhysicalRead> batch) override;
    const std::byte* mappedFrame(FrameNumber frame) const override;
    bool fast() const override { return m_machine.fast(); }
    /// What the nested tables map to the machine's RAM, of the first 65,536 runs of mappings.
    const RamMap& ramMap() const override { return m_ramMap; }
    bool readable(PhysicalAddress address, std::uint64_t bytes) const override;
    std::string name() const override;

private:
    PhysicalMemory& m_machine;
    SnapshotPtr m_tables;
    RamMap m_ramMap;
};

} // namespace pgtscope::core
