// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "gdb/boot/bootstepper.h"
#include "gdb/capture/guestsession.h"
#include "gdb/qemu/runningguest.h"
#include "gdb/qmp/qmpclient.h"

namespace pgtscope::gdb {

/// Where a stopped guest is, of which QEMU counts the instructions (LaunchSpec::deterministic).
struct InstructionPlace {
    std::uint64_t count = 0; ///< Instructions since the guest's reset.
    std::string registers; ///< All of them, as QEMU's monitor prints them.
};

core::Result<InstructionPlace> instructionPlace(const RunningGuest& guest, const WaitLimit& limit);

/// The first register in which two places differ, "RAX=1 against RAX=2"; empty: none.
std::string registerDifference(const std::string& first, const std::string& second);

/// Runs a guest on to where QEMU has counted a number of instructions. It is stopped by the plugin inside
/// QEMU, so that the guest's time passes as without a stop; a breakpoint of the stepper's stops it as ever.
/// For one thread.
class InstructionRun {
public:
    /// CodeWatch::lookAtInstructions() was called before the guest has run.
    static core::Result<InstructionRun> create(GuestSession& session, BootStepper& stepper,
        const RunningGuest& guest, std::chrono::milliseconds patience);

    core::Result<InstructionPlace> place();
    /// To right after the instruction of that number. It may be right before an exception that is due there.
    core::Result<void> to(std::uint64_t count);
    /// The guest is before an exception, and goes to the first instruction of what handles it.
    core::Result<void> enterHandler(core::LinearAddress handler);
    /// Linear address of the next instruction.
    core::Result<core::LinearAddress> at();
    /// Linear address of the instruction that began last.
    core::LinearAddress before() const { return m_session->target().codeWatch()->lastBlock(); }

private:
    InstructionRun(
        GuestSession& session, BootStepper& stepper, QmpClient monitor, std::chrono::milliseconds patience);
    core::Result<std::uint64_t> count();
    core::Result<void> oneByOne(bool wanted);
    core::Result<void> approach(std::uint64_t goal);
    core::Result<void> runOn(std::uint64_t instructions);

    GuestSession* m_session;
    BootStepper* m_stepper;
    QmpClient m_monitor;
    std::chrono::milliseconds m_patience;
};

} // namespace pgtscope::gdb
