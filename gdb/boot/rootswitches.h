// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "core/linux/events.h"
#include "gdb/boot/bootstate.h"
#include "gdb/boot/breakpointorder.h"
#include "gdb/capture/guestsession.h"

namespace pgtscope::gdb {

/// Offsets after each instruction in `code` that writes CR3 (MOV CR3, r64: 0F 22 /3, SDM vol. 2B), in bytes.
/// Bytes that only look like one count too: they are never executed as such.
std::vector<std::size_t> behindRootWrites(std::span<const std::byte> code);

/// Breakpoints after the instructions that write CR3. No symbol is there; they are found in the code of the
/// functions that switch tables.
class RootSwitches {
public:
    explicit RootSwitches(GuestSession& session)
        : m_session(session)
    {
    }

    /// At an event of the early boot: looks for them in the function that begins here. `snapshot` is that
    /// stop.
    core::Result<void> lookIn(const core::BootEvent& event, const core::Snapshot& snapshot);
    bool owns(unsigned number) const { return m_found.contains(number); }
    /// Those that are in, each with the switch of the catalogue that it is likely to be.
    std::vector<WaitingBreakpoint> waiting() const;
    /// Counts a stop and takes out what stops again and again: tables are also reloaded to flush the TLB.
    core::Result<void> passed(unsigned number);
    /// A phase begins: behind those that set a root for good the breakpoints are taken out.
    core::Result<void> begin(core::BootPhase phase);

    /// Enters what was found into the state.
    void read(BootState& state) const;
    /// Goes on as that state had come.
    core::Result<void> resume(const BootState& state);

private:
    struct Found {
        core::LinearAddress address;
        std::size_t place = 0; ///< As WaitingBreakpoint::place.
        unsigned hits = 0;
    };
    core::Result<void> lookAt(core::LinearAddress begin, std::uint64_t bytes, std::size_t catalogued,
        const core::Snapshot& snapshot);
    std::size_t nextSwitch(const core::BootEvent& event) const;
    std::uint64_t bytesOfFunction(core::LinearAddress begin) const;

    GuestSession& m_session;
    std::map<unsigned, Found> m_found;
    std::set<core::LinearAddress> m_places;
    bool m_knowsWriters = false; ///< The functions that are nothing but a write of CR3 have been looked at.
};

/// Follows CR3 from capture to capture.
class RootChanges {
public:
    void note(const core::ResolvedEvents& events, const core::Snapshot& snapshot);
    /// What has changed since the last call, for the user: each switch to a named table, and where CR3 is now
    /// if that is none of them. Empty if nothing has.
    std::string take();

private:
    std::optional<core::PhysicalAddress> m_root; ///< Of the last capture.
    std::optional<core::PhysicalAddress> m_taken; ///< When take() was called.
    std::optional<core::PhysicalAddress> m_named; ///< The last that m_text names.
    bool m_paged = false;
    std::string m_text;
};

/// The event that a switch to the snapshot's root is; null if that is none of the kernel's named tables.
const core::BootEvent* rootEvent(const core::ResolvedEvents& events, const core::Snapshot& snapshot);

} // namespace pgtscope::gdb
