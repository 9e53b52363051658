// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/base/address.h"
#include "core/base/physicalmemory.h"
#include "core/model/pagetablebuffer.h"
#include "core/model/table.h"
#include "core/model/xenstate.h"
#include "core/paging/paging.h"

namespace pgtscope::core {

using TableId = std::uint32_t;
inline constexpr TableId noTable = ~TableId{0};

/// A named stretch of the linear address space, e.g. "vmalloc", or of physical memory, e.g. "pgt_buf".
template <class Range>
struct Region {
    std::string name; ///< As the filter language spells it.
    std::string title; ///< As the kernel's ptdump or a user would print it.
    Range range;
    bool operator==(const Region&) const = default;
};
using LinearRegion = Region<LinearRange>;
using PhysicalRegion = Region<PhysicalRange>;

/// Everything that a stop of the guest tells about its page tables. Immutable once built.
class Snapshot {
public:
    const CpuState& cpu() const { return m_cpu; }
    const Paging& paging() const { return m_paging; }
    /// The root that was walked: CR3's, or one that the user chose.
    PhysicalAddress root() const { return m_root; }
    const RamMap& ramMap() const { return m_ramMap; }
    /// Name of the memory channel that delivered the tables.
    const std::string& channel() const { return m_channel; }

    /// All tables, the root first, then level by level; detached ones last. Empty when paging is off.
    std::span<const Table> tables() const { return m_tables; }
    const Table& table(TableId id) const { return m_tables[id]; }
    /// The table at `address` in its part as `level`, or noTable.
    TableId find(PhysicalAddress address, unsigned level) const;
    /// Number of distinct frames among the tables.
    std::size_t tableFrames() const { return m_tableFrames; }
    /// True if the capture's limit of tables left some unread.
    bool truncated() const { return m_truncated; }

    /// Sorted by begin; they may not overlap.
    std::span<const LinearRegion> linearRegions() const { return m_linearRegions; }
    std::span<const PhysicalRegion> physicalRegions() const { return m_physicalRegions; }
    /// The region that holds `address`; null if none.
    const LinearRegion* regionAt(LinearAddress address) const;
    /// "symbol+0x10" of RIP; empty if unknown.
    const std::string& ripSymbol() const { return m_ripSymbol; }
    const PageTableBuffer& pgtBuf() const { return m_pgtBuf; }
    /// What Xen tells of the machine; null where no Xen runs. Then physical addresses are machine addresses.
    const XenState* xen() const { return m_xen.get(); }
    const XenStatePtr& xenState() const { return m_xen; }

private:
    friend class SnapshotBuilder;
    friend class SnapshotAssembler;
    struct Key {
        PhysicalAddress address;
        unsigned level;
        bool operator==(const Key&) const = default;
    };
    struct KeyHash {
        std::size_t operator()(const Key& k) const noexcept
        {
            return std::hash<PhysicalAddress>{}(k.address + k.level);
        }
    };

    CpuState m_cpu;
    Paging m_paging;
    PhysicalAddress m_root;
    RamMap m_ramMap;
    std::string m_channel;
    std::vector<Table> m_tables;
    std::unordered_map<Key, TableId, KeyHash> m_index;
    std::size_t m_tableFrames = 0;
    bool m_truncated = false;
    std::vector<LinearRegion> m_linearRegions;
    std::vector<PhysicalRegion> m_physicalRegions;
    std::string m_ripSymbol;
    PageTableBuffer m_pgtBuf;
    XenStatePtr m_xen;
};

using SnapshotPtr = std::shared_ptr<const Snapshot>;

} // namespace pgtscope::core
