// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "core/base/error.h"
#include "core/paging/registers.h"
#include "gdb/host/waitlimit.h"
#include "gdb/net/endpoint.h"
#include "gdb/rsp/stubguard.h"
#include "gdb/rsp/stubline.h"

namespace pgtscope::gdb {

class RspClient;

/// What a stub can do beside the reading of general registers and of memory by linear addresses.
struct StubAbilities {
    bool controlRegisters = true; ///< It shows CR0, CR3, CR4 and EFER.
    bool hardwareBreakpoints = true; ///< `Z1`; without, gdb writes a breakpoint's byte into the guest.
    bool watchpoints = true;
    bool interrupt = true; ///< It stops a guest that runs.
    bool monitor = true;
    bool staysStopped = true; ///< A guest can be left stopped, and another debugger come later.
};

/// What a gdbstub reports before gdb connects. Connecting stops the guest, whatever it did before.
struct StubFacts {
    /// Whether the guest ran until the probe connected; nullopt if the stub does not show it (QEMU
    /// since 8.1).
    std::optional<bool> wasRunning;
    /// Longest packet the stub accepts, in bytes.
    std::size_t packetBytes = 0;
    /// The stub answers `x`: memory as bytes instead of digits.
    bool binaryReads = false;
    /// State of QEMU's switch that makes memory packets mean physical addresses; nullopt: not a QEMU stub.
    std::optional<bool> physicalMode;
    /// The process that listens at the endpoint, if it can be found on this machine.
    std::optional<std::int64_t> processId;
    StubAbilities can;
    /// What its guests run with, CR3 aside, where it shows no control registers.
    std::optional<core::ControlRegisters> control;
    /// As gdb's `set architecture` takes it: "auto" where the stub describes its processor, as QEMU does
    /// (x86-64 in every mode, i386 if it is an emulator of that).
    std::string architecture = "auto";
    /// First line of the monitor's `info version`; empty without a monitor.
    std::string version;
    /// How long the slowest reply took: every wait for this stub is longer by some of these. A tunnel may
    /// take seconds each way.
    std::chrono::milliseconds replyTime{0};

    /// For speaking to it beside a debugger.
    StubTraits traits() const { return {packetBytes, binaryReads, physicalMode.has_value(), replyTime}; }
};

/// Connects, asks and disconnects. The guest stays stopped, as a gdb that connects next expects; when the
/// probe fails after it has seen that the guest ran, it lets it run again. `guard` (may be null) is posted
/// before, to leave the guest as it was found should we be killed.
core::Result<StubFacts> probeStub(
    const Endpoint& endpoint, const WaitLimit& limit, StubGuard* guard = nullptr);

/// The same over a connection, made with the same guard, that is to be used further.
core::Result<StubFacts> probeStub(
    RspClient& stub, const Endpoint& endpoint, const WaitLimit& limit, StubGuard* guard);

/// How a stub is to be left.
struct StubRestore {
    std::optional<bool> physicalMode; ///< Value to set; nullopt leaves it alone.
    bool resume = false; ///< Let the guest run.
};

/// Brings the stub into the wanted state without gdb and removes every breakpoint that a debugger left there.
core::Result<void> restoreStub(const Endpoint& endpoint, const StubRestore& state, const WaitLimit& limit);

} // namespace pgtscope::gdb
