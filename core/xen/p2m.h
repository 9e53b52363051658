// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/model/xenstate.h"

namespace pgtscope::core {

/// The frames of a domain whose array of machine frames is `p2m`, by its own frame numbers: for Xens whose
/// machine-to-physical table cannot be read. Entries without a frame of the domain's own are passed over
/// (INVALID_P2M_ENTRY, FOREIGN_FRAME_BIT, IDENTITY_FRAME_BIT; Linux arch/x86/include/asm/xen/page.h). Of a
/// machine frame that occurs twice the first number counts.
XenExtents extentsOf(std::span<const std::uint64_t> p2m, std::uint16_t domain);

} // namespace pgtscope::core
