// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/address.h"
#include "core/base/cancel.h"
#include "core/base/error.h"
#include "core/paging/registers.h"
#include "gdb/qemu/rammap.h"

namespace pgtscope::gdb {

class StubReader;
struct StubFacts;

/// What can be asked of a stopped guest, with any debugger. For one thread.
class StoppedGuest {
public:
    virtual ~StoppedGuest() = default;
    StoppedGuest(const StoppedGuest&) = delete;
    StoppedGuest& operator=(const StoppedGuest&) = delete;

    virtual const StubFacts& facts() const = 0;
    /// Ends every wait; may be null.
    virtual const core::CancelFlag* cancelFlag() const = 0;
    /// The stub itself, beside whatever debugger there is; null: gdb is connected to it directly.
    virtual StubReader* reader() = 0;

    /// State of every vCPU, by number. Of a stub without control registers they are those that every PV
    /// domain runs with, CR3 aside, which is 0.
    virtual core::Result<std::vector<core::CpuState>> cpus() = 0;
    /// Runs a command of QEMU's monitor and returns what it prints.
    virtual core::Result<std::string> monitor(std::string_view command) = 0;
    /// An Error if another client has resumed the guest since cpus() was called: what was read in between
    /// does not belong together.
    virtual core::Result<void> checkStillStopped() = 0;

    /// What CPUID says about paging, from QEMU's object model; `known` is false where that has no answer.
    core::CpuFeatures features();
    /// Whether a vCPU is in system-management mode, by QEMU's `info registers`: no stub's register says so.
    /// False where the monitor does not answer.
    bool isInSmm(unsigned cpu);
    /// Where RAM is. Asked once; asked again after a stop if the answer came from the time before paging,
    /// when firmware still moves the memory below 1 MiB around.
    core::Result<std::vector<RamPiece>> ram();

protected:
    StoppedGuest() = default;
    /// The guest has run: what ram() has cached may be out of date.
    void forgetProvisionalRam();

private:
    std::optional<std::string> cpuObjectPath();

    std::optional<std::vector<RamPiece>> m_ram;
    bool m_ramProvisional = false;
};

} // namespace pgtscope::gdb
