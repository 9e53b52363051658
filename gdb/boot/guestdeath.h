// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>

#include "core/model/snapshot.h"
#include "gdb/stub/target.h"

namespace pgtscope::gdb {

/// Where x86 begins after a reset: EIP, with the base of CS at 0xffff0000 (SDM vol. 3A, 10.1.4).
inline constexpr core::LinearAddress resetRip{0xfff0};
inline constexpr core::LinearAddress resetVector{0xfffffff0};

/// Whether the machine, not the kernel, has come to its end: it has been shut down, by a triple fault too,
/// has crashed, or begins anew. Asks QEMU's monitor; a stub without one tells nothing.
class GuestDeath {
public:
    explicit GuestDeath(Target& target)
        : m_target(target)
    {
    }

    /// Waits for a reset, which by itself is no stop. Only where the guest has left the reset vector.
    core::Result<void> watchReset(const core::CpuState& now);
    /// Why a guest that stopped so is at its end: a sentence; nullopt if nothing says that it is.
    std::optional<std::string> at(const StopEvent& stop, const core::Snapshot& snapshot);
    /// As at(), of a guest that was stopped already.
    std::optional<std::string> now(const core::Snapshot& snapshot);
    bool owns(unsigned breakpoint) const { return m_reset == breakpoint; }

private:
    std::string shutdownText(const core::Snapshot& snapshot);

    Target& m_target;
    std::optional<unsigned> m_reset;
};

} // namespace pgtscope::gdb
