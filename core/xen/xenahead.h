// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>

#include "core/base/task.h"
#include "core/xen/xenprobe.h"

namespace pgtscope::core {

/// Reads Xen's tables while the CPU's registers are still being asked for. frame_table of a machine of 6 GiB
/// is 48 MB, all of it may have changed at a stop, and a debugger takes as long for the registers: what they
/// will be is taken from the previous stop, and what was read counts only if that was right. For memory that
/// is mapped into this process: it is read on another thread.
class XenAhead {
public:
    /// The guest has stopped: begins, for a CPU like `expected`. `memory` outlives what is begun.
    void begin(PhysicalMemory& memory, const CpuState& expected, const CpuFeatures& features,
        const XenProbeOptions& options);
    /// What probeXen() would answer for `cpu`; waits for it. nullopt if nothing was begun, or if it was for a
    /// CPU in another state or failed.
    std::optional<std::shared_ptr<XenState>> take(const CpuState& cpu);
    /// Nothing reads `memory` any more.
    void drop();

private:
    CpuState m_expected;
    std::optional<Result<std::shared_ptr<XenState>>> m_answer;
    Task m_task;
};

} // namespace pgtscope::core
