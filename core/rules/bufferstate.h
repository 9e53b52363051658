// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string_view>

#include "core/rules/rulecontext.h"

namespace pgtscope::core {

/// Where a frame lies with respect to pgt_buf, as far as its values are to be trusted.
enum class BufferPlace : std::uint8_t {
    Outside,
    Used, ///< [start, end) of an epoch: handed out as page tables.
    Beyond, ///< Taken from memblock as a page table, outside the buffer.
    Reserved, ///< [end, top) of the live epoch.
    HandedBack, ///< [end, top) of an epoch that pagetable_reserve has ended.
};

/// After free_initmem() everything is Outside: the pages may have been used again since.
BufferPlace bufferPlace(const PageTableBuffer& buffer, FrameNumber frame);

/// The epoch that the allocator is working with; null unless the values are live.
const PgtBufEpoch* liveEpoch(const PageTableBuffer& buffer);

/// True if the entry at this physical address is one of bm_pte[]: a slot of early_ioremap.
bool isEarlyIoremapSlot(const PageTableBuffer& buffer, PhysicalAddress entry);

/// Xen's read-only rule, per mapping of a frame.
enum class MappingVerdict : std::uint8_t {
    Fine, ///< Nothing to do with the rule, or as it wants it.
    ReservedFine, ///< Reserved for tables to come, mapped read-only.
    Violation, ///< A page table with a writable mapping.
    Pending, ///< Reserved for tables to come, with a writable mapping.
    AllowedTransient, ///< The early_ioremap slot of a page that is being filled.
    StaleReadOnly, ///< Handed back, but still mapped read-only.
};

/// True if the frame was taken from the live buffer and is still being filled: no table leads to it, and it
/// is the newest or no page of PTEs. mask_rw_pte() (v3.6) tests pfn == pgt_buf_end - 1 when a slot is set;
/// while a page of PMDs is filled, pages of PTEs are taken in between, so that its slot outlives the test and
/// stays writable, legally, until the page is hooked in.
bool isBeingFilled(const RuleContext& context, FrameNumber frame);

/// True if Xen has read its own books whole and does not take the frame as a page table of the domain: it
/// minds a writable mapping only from the moment on when it is to take it.
bool isNoTableToXen(const RuleContext& context, FrameNumber frame);
/// True if the frame is a page table: in the snapshot, or handed out by the allocator.
bool isTablePage(const RuleContext& context, FrameNumber frame);
/// `writable` is the path's right; CR0.WP plays no part, since a hypervisor never lets a guest clear it.
MappingVerdict mappingVerdict(
    const RuleContext& context, FrameNumber frame, PhysicalAddress entry, bool writable);

} // namespace pgtscope::core
