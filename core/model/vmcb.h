// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "core/base/cancel.h"
#include "core/base/physicalmemory.h"
#include "core/paging/registers.h"

namespace pgtscope::core {

/// A virtual-machine control block of a nested guest with nested paging: AMD64 APM vol. 2, appendix B.
struct Vmcb {
    PhysicalAddress address;
    PhysicalAddress nestedRoot; ///< nCR3.
    ControlRegisters saved; ///< Of the guest, as the processor left them at its last exit.
    std::uint64_t savedRip = 0;
};

/// What a page may be read as; nullopt unless it looks like the control block of a guest that has run: nested
/// paging on, a root for it that `memory` can read, an ASID other than the host's 0, and EFER.SVME, which
/// must be set to run a guest (15.5.1).
std::optional<Vmcb> vmcbIn(
    std::span<const std::byte, frameBytes> page, PhysicalAddress address, const PhysicalMemory& memory);

/// Every page of RAM that looks like a control block, at most 256: a search through all of RAM. What is left
/// of a guest that has ended looks the same.
Result<std::vector<Vmcb>> findVmcbs(PhysicalMemory& memory, const CancelFlag* cancel);

} // namespace pgtscope::core
