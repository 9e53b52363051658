// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "app/pgt/console.h"
#include "gdb/qemu/qemulauncher.h"

namespace pgtscope::pgt {

/// The options that describe a guest to start: a name from the catalogue, or a kernel file, and what to
/// change.
struct LaunchOptions {
    std::string name;
    std::string kernel;
    std::string initrd;
    std::string hypervisor; ///< Below a named guest that has one.
    std::string hypervisorAppend; ///< Likewise.
    std::string append;
    std::string memory;
    std::string cpu;
    std::string accel; ///< "kvm" or "tcg"; empty: `usualAccelerator`.
    gdb::Accelerator usualAccelerator = gdb::Accelerator::Tcg;
    std::string qemu; ///< The emulator's program; empty: the usual one.
    unsigned smp = 0; ///< 0: as the guest's recipe says.
    bool deterministic = false;
    std::vector<std::string> qemuArguments;

    void addTo(CLI::App& command);
};

/// Fetches what is named and merges the options into its machine. `--append` adds to a named guest's command
/// line and is the whole line for a kernel file.
core::Result<gdb::LaunchSpec> launchSpecOf(const LaunchOptions& options, Console& console);

/// Brings a launched, paused guest to where it begins: a domain is started by another kernel first.
core::Result<void> beginningOf(const gdb::RunningGuest& guest, Console& console);

} // namespace pgtscope::pgt
