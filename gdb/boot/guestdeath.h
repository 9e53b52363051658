// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/model/snapshot.h"
#include "gdb/stub/target.h"

namespace pgtscope::gdb {

/// Where x86 begins after a reset: EIP, with the base of CS at 0xffff0000 (SDM vol. 3A, 10.1.4).
inline constexpr core::LinearAddress resetRip{0xfff0};
inline constexpr core::LinearAddress resetVector{0xfffffff0};

/// Of a guest that has gone with its QEMU.
inline constexpr const char* endedWithQemu
    = "QEMU has ended with the guest, as it does at a reset or shutdown (-no-reboot) or when a user quits "
      "it; "
      "registers and tables could not be read any more: those of the previous stop are shown";

/// Whether the machine, not the kernel, has come to its end: it has been shut down, by a triple fault too,
/// has crashed, or begins anew. Asks QEMU's monitor; unknown with a stub that has none.
class GuestDeath {
public:
    /// `launched`: by us, so that its QEMU ends at a reset.
    GuestDeath(Target& target, bool launched)
        : m_target(target)
        , m_launched(launched)
    {
    }

    /// Fails if the machine is known to be at its end: it is not resumed in vain, for its stub would never
    /// report a stop. Asked for the first time, it looks, and from then on waits for a reset, which by itself
    /// is no stop.
    core::Result<void> checkAlive(const core::Snapshot& now);
    /// Why a guest that stopped so is at its end: a sentence; nullopt if nothing says that it is. `console`:
    /// what it has printed since the previous stop.
    std::optional<std::string> at(
        const StopEvent& stop, const core::Snapshot& snapshot, std::string_view console);
    /// Why the machine cannot run on; empty if it can, as far as is known.
    const std::string& why() const { return m_dead; }
    /// As at(), of a machine that is gone with its QEMU.
    const std::string& atItsEnd();
    bool owns(unsigned breakpoint) const { return m_reset == breakpoint; }

private:
    core::Result<void> watchReset(const core::CpuState& now);
    std::optional<std::string> now(const core::Snapshot& snapshot, std::string_view console);
    std::string shutdownText(const core::Snapshot& snapshot, std::string_view console);

    Target& m_target;
    bool m_launched;
    std::optional<unsigned> m_reset;
    bool m_looked = false;
    std::string m_dead;
};

} // namespace pgtscope::gdb
