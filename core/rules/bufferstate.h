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

/// True if Xen's frame_table was read whole and has the frame as no page table of the domain: Xen refuses a
/// writable mapping only from when it is to take the frame as a table. That is so of a page which is not
/// pinned yet, and of one which Xen has just refused.
bool isNoTableToXen(const RuleContext& context, FrameNumber frame);
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
/// A gap if Xen's frame_table would show which of pgt_buf's pages are pinned, and was not read.
void noteUnknownTypes(const RuleContext& context, ReportBuilder& report);

/// Says in the report which part of pgt_buf could not be looked at.
void noteUnplaced(const RuleContext& context, ReportBuilder& report);

} // namespace pgtscope::core
