// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>

#include "core/base/address.h"
#include "core/paging/entryrange.h"
#include "core/paging/paging.h"

namespace pgtscope::core {

/// The contents of one frame that serves as a table page; shared between snapshots while it does not change.
struct alignas(64) TablePage {
    std::array<std::uint64_t, frameBytes / 8> words;
    bool operator==(const TablePage&) const = default;
};
using TablePagePtr = std::shared_ptr<const TablePage>;

enum class TableState : std::uint8_t {
    Read,
    OutsideRam, ///< Neither RAM nor ROM is at the address: nothing was read there.
    Unreadable, ///< RAM by the map, but the memory channel could not deliver it.
    OverLimit, ///< Not read: the capture's limit of tables was reached.
    Hypervisor, ///< Not read: Xen's own, which it keeps in every root.
};

/// How a table came into a snapshot.
enum class TableOrigin : std::uint8_t {
    Reachable, ///< From the snapshot's root.
    OtherHalf, ///< Only from the root of KPTI's other half: see Snapshot::otherHalf().
    Detached, ///< Allocated and filled, but hooked nowhere yet.
};

/// One frame in its part as a table of one level. The same frame in two parts (a self-map) is two tables that
/// share a page.
struct Table {
    PhysicalAddress address; ///< Of entry 0; a PAE PDPT need not begin at a frame's start.
    std::uint8_t level = 0; ///< 1 to 5.
    TableState state = TableState::Read;
    TableOrigin origin = TableOrigin::Reachable;
    TablePagePtr page; ///< Null unless state is Read.

    FrameNumber frame() const { return frameOf(address); }
    PhysicalAddress entryAddress(const Paging& paging, unsigned index) const
    {
        return address + std::uint64_t{index} * paging.entryBytes();
    }
    /// From entry 0 to the end of the last.
    PhysicalRange range(const Paging& paging) const { return {address, address + paging.tableBytes(level)}; }
    /// `index` is below paging.at(level).entries; the table has been read.
    EntryAt entryAt(const Paging& paging, unsigned index) const
    {
        return EntryRange<WhichEntries::All>(paging, level, address, bytes(), 0, 0).at(index);
    }
    Entry entry(const Paging& paging, unsigned index) const { return entryAt(paging, index).entry; }
    /// The present entries, with `paging` as that of the snapshot; none if the table has not been read.
    EntryRange<WhichEntries::Present> entries(const Paging& paging) const
    {
        return entries(paging, 0, paging.at(level).entries);
    }
    /// The present ones among the entries from `first` up to `last`.
    EntryRange<WhichEntries::Present> entries(const Paging& paging, unsigned first, unsigned last) const
    {
        return page ? EntryRange<WhichEntries::Present>{paging, level, address, bytes(), first, last}
                    : EntryRange<WhichEntries::Present>{};
    }
    /// As entries(), with those that are not present.
    EntryRange<WhichEntries::All> allEntries(const Paging& paging) const
    {
        return page
            ? EntryRange<WhichEntries::All>{paging, level, address, bytes(), 0, paging.at(level).entries}
            : EntryRange<WhichEntries::All>{};
    }

private:
    const std::byte* bytes() const
    {
        return reinterpret_cast<const std::byte*>(page->words.data()) + address.value % frameBytes;
    }
};

/// "" for Read, else a phrase for the user.
std::string_view stateText(TableState state);

} // namespace pgtscope::core
