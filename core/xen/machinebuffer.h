// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <utility>

#include "core/model/pagetablebuffer.h"
#include "core/model/xenstate.h"

namespace pgtscope::core {

/// The machine frames of a range of the domain's own; nullopt where they do not follow each other.
std::optional<FrameRange> inMachineFrames(FrameRange guest, const XenState& xen);

/// A PV kernel counts pgt_buf in its own frames: the same buffer in machine frames. An epoch whose frames do
/// not follow each other in the machine is left out; single frames beyond the buffer are converted one by
/// one.
PageTableBuffer inMachineFrames(const PageTableBuffer& buffer, const XenState& xen);

/// A frame and an epoch of a buffer in machine frames as the kernel compares them: in its own numbers where
/// Xen tells those of both, else as they are.
std::pair<FrameNumber, PgtBufEpoch> asKernelCounts(
    const XenState* xen, FrameNumber machine, const PgtBufEpoch& epoch);

} // namespace pgtscope::core
