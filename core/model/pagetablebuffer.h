// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "core/base/address.h"

namespace pgtscope::core {

/// The kernel's variables.
inline constexpr std::string_view pgtBufStart = "pgt_buf_start";
inline constexpr std::string_view pgtBufEnd = "pgt_buf_end";
inline constexpr std::string_view pgtBufTop = "pgt_buf_top";

/// What the values of pgt_buf_start, pgt_buf_end and pgt_buf_top are worth at a stop.
enum class PgtBufTrust : std::uint8_t {
    Absent, ///< The kernel has no such variables, or no symbols give their addresses.
    NotYet, ///< They are still zero, or not mapped.
    Live, ///< The allocator is using them.
    HandedBack, ///< pagetable_reserve has run: [end, top) of the last epoch is free again.
    Stale, ///< free_initmem() has run: the variables now hold garbage, the values kept are the last true
           ///< ones.
};

/// One life of the buffer: v3.6 sets it up once for memory below 4 GiB and once for memory above. In the
/// kernel's own count: under Xen its pages may lie anywhere in the machine, and `top`, exclusive, need not
/// have a machine frame at all.
struct PgtBufEpoch {
    GuestFrame start; ///< pgt_buf_start: the first frame.
    GuestFrame end; ///< pgt_buf_end: the next free frame.
    GuestFrame top; ///< pgt_buf_top: the limit.
    bool startRecovered = false; ///< The compiler dropped the variable: start was seen elsewhere.

    GuestFrameRange used() const { return {start, end}; }
    GuestFrameRange reserved() const { return {end, top}; }
    GuestFrameRange whole() const { return {start, top}; }
    bool operator==(const PgtBufEpoch&) const = default;
};

/// The early page-table allocator of Linux (arch/x86/mm/init.c, v2.6.39 to v6.12) as seen up to a stop.
struct PageTableBuffer {
    PgtBufTrust trust = PgtBufTrust::Absent;
    std::vector<PgtBufEpoch> epochs; ///< In the order of time; the last one is current.
    /// Frames that alloc_low_pages() took from memblock once the buffer was full (v3.9 and later).
    std::vector<GuestFrameRange> beyond;
    /// The page of early_ioremap's ptes, bm_pte[].
    std::optional<PhysicalAddress> bmPte;
    /// A hypervisor enforces the read-only rule (Xen PV, or the lab guest with its checker on).
    bool enforced = false;

    bool operator==(const PageTableBuffer&) const = default;
};

/// Where a frame lies with respect to pgt_buf, as far as its values are to be trusted.
enum class BufferPlace : std::uint8_t {
    Outside,
    Used, ///< [start, end) of an epoch: handed out as page tables.
    Beyond, ///< Taken from memblock as a page table, outside the buffer.
    Reserved, ///< [end, top) of the live epoch.
    HandedBack, ///< [end, top) of an epoch that pagetable_reserve has ended.
};

/// After free_initmem() everything is Outside: the pages may have been used again since.
BufferPlace bufferPlace(const PageTableBuffer& buffer, GuestFrame frame);

/// The epoch that the allocator is working with; null unless the values are live.
const PgtBufEpoch* liveEpoch(const PageTableBuffer& buffer);

/// True if the entry at this physical address is one of bm_pte[]: a slot of early_ioremap.
bool isEarlyIoremapSlot(const PageTableBuffer& buffer, PhysicalAddress entry);

} // namespace pgtscope::core
