// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "core/base/cancel.h"
#include "core/base/error.h"
#include "gdb/qemu/emulator.h"
#include "gdb/qemu/runningguest.h"

namespace pgtscope::gdb {

/// The plugin that QEMU loads to report every store into a page table: from the build tree that this program
/// is of, or from where it is installed. There is one for each version of QEMU's plugin interface;
/// `emulator`, a program in PATH or a path, is started for a moment and asked which it has.
core::Result<std::filesystem::path> findWritesPlugin(
    const std::string& emulator, const core::CancelFlag* cancel = nullptr);

/// The file of the build for a version of the plugin interface. QEMU 8.2 has version 1 as 7.2 has, and means
/// something else by the address of a store.
std::string pluginBuild(unsigned api, QemuVersion version);

/// Whether a guest that is launched so may be stopped by that plugin before code that runs for the first time
/// (LaunchSpec::stopsPlugin): QEMU translates its code, and a stop there is no event in its time.
bool maybeStoppedByPlugin(const LaunchSpec& spec);

/// The newest version of its plugin interface that a QEMU names when it refuses the probe (plugins/loader.c,
/// QEMU 6.0 to 11.1); nullopt if the text is no such refusal.
std::optional<unsigned> pluginApiIn(const std::string& refusal);

} // namespace pgtscope::gdb
