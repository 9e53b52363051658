// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>

#include "core/base/cancel.h"
#include "core/base/physicalmemory.h"
#include "core/model/xenstate.h"

namespace pgtscope::core {

struct XenProbeOptions {
    /// Linear address of the kernel's own root (init_top_pgt), where symbols give it.
    std::optional<LinearAddress> kernelRoot;
    /// Read frame_table and the machine-to-physical table whole: 40 bytes for each machine frame. Not for
    /// channels on which that takes long.
    bool wholeTables = true;
    const CancelFlag* cancel = nullptr;
};

/// Recognises a CPU that Xen runs, in whatever it runs there: Xen itself, a PV kernel or a process. Null if
/// this is no 64-bit Xen with PV tables loaded, which costs the reading of one page. An Error means that the
/// memory channel broke, or that the user cancelled.
Result<std::shared_ptr<XenState>> probeXen(PhysicalMemory& memory, const CpuState& cpu,
    const CpuFeatures& features, const XenProbeOptions& options = {});

} // namespace pgtscope::core
