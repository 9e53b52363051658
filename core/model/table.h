// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>

#include "core/base/address.h"
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
    OutsideRam, ///< No RAM backs the address: nothing was read there.
    Unreadable, ///< RAM by the map, but the memory channel could not deliver it.
    OverLimit, ///< Not read: the capture's limit of tables was reached.
    Hypervisor, ///< Not read: Xen's own, which it keeps in every root.
};

/// How a table came into a snapshot.
enum class TableOrigin : std::uint8_t {
    Reachable, ///< From the snapshot's root.
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
    /// `index` is below paging.at(level).entries.
    std::uint64_t raw(const Paging& paging, unsigned index) const
    {
        const std::uint64_t offset
            = (address.value % frameBytes) + std::uint64_t{index} * paging.entryBytes();
        if (paging.entryBytes() == 8)
            return page->words[offset / 8];
        std::uint32_t entry = 0;
        std::memcpy(&entry, reinterpret_cast<const char*>(page->words.data()) + offset, sizeof entry);
        return entry;
    }
    Entry entry(const Paging& paging, unsigned index) const
    {
        return paging.decode(level, raw(paging, index));
    }
};

/// "" for Read, else a phrase for the user.
std::string_view stateText(TableState state);

} // namespace pgtscope::core
