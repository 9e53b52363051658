// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/base/error.h"
#include "core/paging/registers.h"
#include "gdb/debian/guestfetch.h"
#include "gdb/host/processid.h"
#include "gdb/host/startprocess.h"
#include "gdb/net/endpoint.h"
#include "gdb/qemu/accelerator.h"

namespace pgtscope::gdb {

/// The emulator that guests run on unless the user names another: $PGTSCOPE_QEMU, else qemu-system-x86_64.
std::string usualEmulator();

/// What to boot, and on which machine.
struct LaunchSpec {
    std::string name = "guest"; ///< Start of the guest's id.
    std::filesystem::path kernel; ///< bzImage, or anything else that QEMU's -kernel takes.
    std::filesystem::path initrd; ///< May be empty.
    std::string append; ///< Kernel command line.
    /// A multiboot hypervisor that boots the kernel in its turn, and its command line; may be empty.
    std::filesystem::path hypervisor = {};
    std::string hypervisorAppend = {};
    /// The guest of interest begins once the console has said this; empty: with the first instruction.
    std::string beginsAfter = {};
    std::uint64_t memoryBytes = 1ULL << 30; ///< Whole MiB, at least 16 MiB.
    std::string emulator = usualEmulator(); ///< QEMU's program: looked up in PATH, or an absolute path.
    Accelerator accelerator = Accelerator::Tcg;
    std::string machine = "q35";
    std::string cpu = "qemu64";
    unsigned smp = 1; ///< Number of CPUs, 1 to 255.
    std::vector<std::string> extraQemuArgs; ///< After all others, so that they win.
    /// Every boot with the same stops is the same, instruction for instruction: the guest's time is counted
    /// in instructions, its clock and its random numbers begin alike. Under TCG, with one CPU. Time does not
    /// wait for a guest that is idle, so that it is never idle for QEMU.
    bool deterministic = false;
    bool paused = true; ///< Stays before its first instruction until a debugger resumes it.
    bool console = true; ///< First serial port goes to RunningGuest::consoleLog().
    /// QEMU waits for the state that it begins with (gdb/checkpoint). Of one launch: no record has it.
    bool incoming = false;
    /// Plugin that QEMU loads to report every store into a page table (gdb/writes); empty: none.
    std::filesystem::path writesPlugin;
    /// The same plugin, to stop the guest before code that runs for the first time (CodeWatch); empty: it
    /// need not. One CPU only.
    std::filesystem::path stopsPlugin = {};

    bool operator==(const LaunchSpec&) const = default;
};

/// The machine and files of a guest that was fetched.
LaunchSpec launchSpec(const FetchedGuest& guest);

/// A guest that QemuLauncher started, maybe in another program and long ago. All its files are in one
/// directory that only its user can enter.
struct RunningGuest {
    std::string id; ///< Unique among the user's running guests, e.g. "debian-1".
    std::filesystem::path directory;
    ProcessId process;
    /// The program that the guest ends with; nullopt: it stays until it is stopped.
    std::optional<ProcessId> owner = {};
    LaunchSpec spec;
    /// Guest RAM as a file that can be mapped shared: /proc/PID/fd/N, a memfd that ends with QEMU. Offsets
    /// in it are those of QEMU's RAM block, not physical addresses: RAM above 4 GiB follows directly on
    /// RAM below. Opening it needs the same user. Empty if the extra arguments replaced the memory backend.
    std::filesystem::path ramFile;
    core::CpuFeatures features;

    Endpoint gdbEndpoint() const { return {(directory / "gdb.sock").string(), {}, 0}; }
    Endpoint qmpEndpoint() const { return {(directory / "qmp.sock").string(), {}, 0}; }
    std::filesystem::path consoleLog() const { return directory / "console.log"; }
    /// By this name QEMU opens its guest's RAM; it leads nowhere any more once QEMU has it.
    std::filesystem::path ramLink() const { return directory / "ram"; }
    /// What the plugin and the recorder share.
    std::filesystem::path writesRing() const { return directory / "writes.ring"; }
    /// What the plugin and a debugger share.
    std::filesystem::path watchedCode() const { return directory / "code.watch"; }
    /// What QEMU itself says, for example when it aborts.
    std::filesystem::path qemuLog() const { return directory / "qemu.log"; }
    std::filesystem::path pidFile() const { return directory / "qemu.pid"; }
};

nlohmann::json toJson(const LaunchSpec& spec);
/// Reads what toJson() wrote; nullopt if it is anything else.
std::optional<LaunchSpec> launchSpecFrom(const nlohmann::json& json);

nlohmann::json toJson(const RunningGuest& guest);
/// Reads what toJson() wrote for the guest in `directory`; nullopt if it is anything else.
std::optional<RunningGuest> runningGuestFrom(
    const nlohmann::json& json, const std::filesystem::path& directory);
/// Whether a newer pgtscope wrote this record.
bool isNewerRecord(const nlohmann::json& record);

} // namespace pgtscope::gdb
