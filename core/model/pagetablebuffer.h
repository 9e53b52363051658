// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/base/address.h"

namespace pgtscope::core {

using FrameRange = AddressRange<FrameNumber>;

/// What the values of pgt_buf_start, pgt_buf_end and pgt_buf_top are worth at a stop.
enum class PgtBufTrust : std::uint8_t {
    Absent, ///< The kernel has no such variables, or no symbols tell where they are.
    NotYet, ///< They are still zero, or not mapped.
    Live, ///< The allocator is using them.
    HandedBack, ///< pagetable_reserve has run: [end, top) of the last epoch is free again.
    Stale, ///< free_initmem() has run: what stands there now is garbage, the values kept are the last true
           ///< ones.
};

/// One life of the buffer: v3.6 sets it up once for memory below 4 GiB and once for memory above.
struct PgtBufEpoch {
    FrameNumber start; ///< pgt_buf_start: the first frame.
    FrameNumber end; ///< pgt_buf_end: the next free frame.
    FrameNumber top; ///< pgt_buf_top: the limit.
    bool startRecovered = false; ///< The compiler dropped the variable: start was seen elsewhere.

    FrameRange used() const { return {start, end}; }
    FrameRange reserved() const { return {end, top}; }
    bool operator==(const PgtBufEpoch&) const = default;
};

/// The early page-table allocator of Linux (arch/x86/mm/init.c, v2.6.39 to v6.12) as seen up to a stop.
struct PageTableBuffer {
    PgtBufTrust trust = PgtBufTrust::Absent;
    std::vector<PgtBufEpoch> epochs; ///< In the order of time; the last one is current.
    /// Frames that alloc_low_pages() took from memblock once the buffer was full (v3.9 and later).
    std::vector<FrameRange> beyond;
    /// The page of early_ioremap's ptes, bm_pte[].
    std::optional<PhysicalAddress> bmPte;
    /// A hypervisor enforces the read-only rule (Xen PV, or the lab guest with its checker on).
    bool enforced = false;

    bool operator==(const PageTableBuffer&) const = default;
};

} // namespace pgtscope::core
