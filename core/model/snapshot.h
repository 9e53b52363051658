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
#include "core/model/facts.h"
#include "core/model/isolationhalf.h"
#include "core/model/table.h"
#include "core/paging/paging.h"

namespace pgtscope::core {

using TableId = std::uint32_t;
inline constexpr TableId noTable = ~TableId{0};

/// Everything that a stop of the guest shows about its page tables. Immutable once built.
class Snapshot {
public:
    const CpuState& cpu() const { return m_cpu; }
    const Paging& paging() const { return m_paging; }
    /// The root that was walked: CR3's, or one that the user chose.
    PhysicalAddress root() const { return m_facts.root; }
    /// Where page-table isolation (KPTI) keeps two roots for a process, the other one: the kernel's is in
    /// the even frame. nullopt without isolation, or where it was not confirmed.
    std::optional<PhysicalAddress> otherHalf() const
    {
        return m_facts.otherHalf.value == 0 ? std::nullopt : std::optional(m_facts.otherHalf);
    }
    /// The table of otherHalf() among tables(); noTable if there is none, as in recordings that have the
    /// tables of one half only.
    TableId otherRoot() const
    {
        const auto other = otherHalf();
        return other ? find(*other, m_paging.levels()) : noTable;
    }
    const RamMap& ramMap() const { return m_facts.ramMap; }
    /// All that is one value each; most have a function of their own here.
    const SnapshotFacts& facts() const { return m_facts; }
    /// Name of the memory channel that delivered the tables.
    const std::string& channel() const { return m_facts.channel; }

    /// All tables, the root first, then level by level; those of KPTI's other half alone after them, detached
    /// ones last. Empty when paging is off.
    std::span<const Table> tables() const { return m_tables; }
    const Table& table(TableId id) const { return m_tables[id]; }
    /// The table at `address` in its part as `level`, or noTable.
    TableId find(PhysicalAddress address, unsigned level) const;
    /// The table that `entry` leads to; noTable if it leads to none, or to one that is not in the snapshot.
    TableId child(const Entry& entry) const
    {
        return entry.leadsToTable() ? find(entry.target, entry.level - 1U) : noTable;
    }
    /// As child(), and noTable if that table could not be read.
    TableId readChild(const Entry& entry) const
    {
        const TableId id = child(entry);
        return id == noTable || !m_tables[id].page ? noTable : id;
    }
    /// Number of distinct frames among the tables.
    std::size_t tableFrames() const { return m_tableFrames; }
    /// True if the capture's limit of tables left some unread.
    bool truncated() const { return m_facts.truncated; }

    /// What could not be decided about the snapshot as a whole, a sentence each: what holds for its tables
    /// cannot be relied on then. Tables that were not read say so themselves.
    const std::vector<std::string>& gaps() const { return m_facts.gaps; }

    /// Sorted by begin; they may not overlap.
    std::span<const LinearRegion> linearRegions() const { return m_facts.linearRegions; }
    std::span<const PhysicalRegion> physicalRegions() const { return m_facts.physicalRegions; }
    /// What a person calls a part of physical memory: the physical regions, and as "pgt_buf" what the buffer
    /// of each epoch spans, until free_initmem() has run.
    std::span<const PhysicalRegion> namedRegions() const { return m_namedRegions; }
    /// The region that holds `address`; null if none.
    const LinearRegion* regionAt(LinearAddress address) const;
    /// "symbol+0x10" of RIP; empty if unknown.
    const std::string& ripSymbol() const { return m_ripSymbol; }
    /// Captured because the kernel or its machine has come to its end, wherever RIP is by now.
    bool dying() const { return m_dying; }
    /// The kernel was started with rodata=off: it never makes its text read-only.
    bool rodataOff() const { return m_facts.rodataOff; }
    const PageTableBuffer& pgtBuf() const { return m_facts.pgtBuf; }
    /// What is known of Xen; null where no Xen runs. With it, physical addresses are machine addresses.
    const XenState* xen() const { return m_xen.get(); }
    const XenStatePtr& xenState() const { return m_xen; }

    /// The nested tables that lead from this guest's physical addresses to the machine's, as a snapshot whose
    /// linear addresses are the guest's physical ones. Null where physical addresses are the machine's.
    const Snapshot* nested() const { return m_nested.get(); }
    /// What the lab guest's checker takes as page tables, where it was read.
    const CheckerTypes& checkerTypes() const { return m_facts.checker; }
    /// Whether the hypervisor's own books are known: then what typedTable() does not find is no page table to
    /// it.
    bool typesKnown() const { return m_xen ? m_xen->complete : m_facts.checker.known; }
    /// The frame as the hypervisor takes it, Xen or the lab guest's checker; null if as no page table.
    const XenTable* typedTable(FrameNumber frame) const;

    /// The kernel's own number of a frame: the same without Xen. Under Xen nullopt for frames that are not
    /// the domain's, and where Xen's machine-to-physical table was not read.
    std::optional<GuestFrame> guestFrame(FrameNumber frame) const;
    /// The frame that the kernel counts as `guest`; under Xen nullopt if the domain has none of that number.
    std::optional<FrameNumber> frame(GuestFrame guest) const;
    /// Where a range of the kernel's own frames lies, in the kernel's order: one piece without Xen. Frames
    /// that the domain does not have are left out.
    std::vector<FramePiece> pieces(GuestFrameRange guest) const;
    /// Where the frame lies with respect to pgt_buf.
    BufferPlace bufferPlace(FrameNumber frame) const;

private:
    friend class SnapshotBuilder;
    friend class SnapshotAssembler;
    /// Once the snapshot is complete otherwise.
    void nameRegions();
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
    SnapshotFacts m_facts;
    std::vector<Table> m_tables;
    std::unordered_map<Key, TableId, KeyHash> m_index;
    std::size_t m_tableFrames = 0;
    std::vector<PhysicalRegion> m_namedRegions; ///< Follows from the physical regions and pgt_buf.
    std::string m_ripSymbol;
    bool m_dying = false;
    XenStatePtr m_xen;
    std::shared_ptr<const Snapshot> m_nested;
};

using SnapshotPtr = std::shared_ptr<const Snapshot>;

} // namespace pgtscope::core
