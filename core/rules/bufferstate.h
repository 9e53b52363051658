// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string_view>

#include "core/rules/reportbuilder.h"
#include "core/rules/rulecontext.h"

namespace pgtscope::core {

/// Xen's read-only rule, per mapping of a frame.
enum class MappingVerdict : std::uint8_t {
    Fine, ///< Nothing to do with the rule, or as it wants it.
    ReservedFine, ///< Reserved for tables to come, mapped read-only.
    Violation, ///< A page table with a writable mapping.
    Pending, ///< Reserved for tables to come, with a writable mapping.
    AllowedTransient, ///< The early_ioremap slot of a page that is being filled.
    /// A page that was handed out, neither hooked in nor pinned, mapped writable from a table that a root
    /// reaches: the kernel makes that mapping read-only before it pins the page.
    BeingMade,
    StaleReadOnly, ///< Handed back, but still mapped read-only.
};

/// True if the frame was taken from the live buffer and is still being filled: no table leads to it, and it
/// is the newest or no page of PTEs. mask_rw_pte() (v3.6) tests pfn == pgt_buf_end - 1 when a slot is set;
/// while a page of PMDs is filled, pages of PTEs are taken in between, so that its slot outlives the test and
/// stays writable, legally, until the page is hooked in.
bool isBeingFilled(const RuleContext& context, FrameNumber frame);

/// True if the hypervisor's own books are known, and it does not take the frame as a page table of the guest:
/// it minds a writable mapping only from the moment on when it is to take it. That is so of a page which is
/// not pinned yet, and of one which the hypervisor has just refused.
bool isNoTableToHypervisor(const RuleContext& context, FrameNumber frame);
/// Where the frame lies in pgt_buf. After free_initmem() nothing is known of its pages any more, but of the
/// one that a dying kernel has just failed to write: if it was handed back, it was handed back read-only.
BufferPlace placeInBuffer(const RuleContext& context, FrameNumber frame);
/// True if the frame is a page table: in the snapshot, or handed out by the allocator.
bool isTablePage(const RuleContext& context, FrameNumber frame);
/// True if the frame is the last one that the live epoch of pgt_buf handed out: pfn == pgt_buf_end - 1.
bool isNewest(const RuleContext& context, FrameNumber frame);

/// What the verdict needs of an entry that maps a frame.
struct MappingFacts {
    PhysicalAddress entry;
    /// The path's right; CR0.WP plays no part, since a hypervisor never lets a guest clear it.
    bool writable = false;
    /// No root reaches the table that holds the entry: the kernel cannot find the entry to change it, for
    /// lookup_address() begins at the root, and what is mapped will be pinned as it is.
    bool detached = false;
};
inline MappingFacts mappingFacts(const Alias& alias)
{
    return {alias.entryAddress, alias.rights.write, alias.reach.detached};
}
MappingVerdict mappingVerdict(const RuleContext& context, FrameNumber frame, const MappingFacts& mapping);

/// Broken where a hypervisor, or the lab guest's checker, enforces the read-only rule; else hypothetical.
void standUnderXen(const RuleContext& context, ReportBuilder& report);
/// A gap if a hypervisor enforces the rule, what it takes as page tables was not read, and a verdict hangs on
/// it: on a page that was handed out, is hooked in nowhere and is mapped writable.
void noteUnknownTypes(const RuleContext& context, ReportBuilder& report);

/// Enters pgt_buf's pages that are no tables as unjudged once free_initmem() has run.
void noteUnjudged(const RuleContext& context, ReportBuilder& report);
/// Says in the report which part of pgt_buf could not be looked at.
void noteUnplaced(const RuleContext& context, ReportBuilder& report);

} // namespace pgtscope::core
