// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/rules/rule.h"

namespace pgtscope::core {

/// Where mask_rw_pte() takes the buffer to end.
enum class MaskLimit : std::uint8_t { Top, End };

/// The pages of the buffer that the predicate below wants read-only, slots aside.
GuestFrameRange maskedRange(const PgtBufEpoch& epoch, MaskLimit limit);

/// mask_rw_pte() of arch/x86/xen/mmu.c (Linux 3.6, 64-bit) as a predicate: must a pte that maps `frame` be
/// read-only? `slot`: the pte is an early_ioremap slot.
bool mustBeReadOnly(const PgtBufEpoch& epoch, GuestFrame frame, bool slot, MaskLimit limit);

/// Every effectively writable mapping that the predicate wants read-only: a violation where the frame is
/// handed out already or the pte is a slot, pending in [end, top), transient while the page is being made.
RuleReport checkMaskRw(const Rule& rule, const RuleContext& context, MaskLimit limit);

} // namespace pgtscope::core
