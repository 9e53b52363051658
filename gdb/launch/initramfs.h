// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <filesystem>
#include <string_view>

#include "core/base/error.h"

namespace pgtscope::gdb {

/// What the first process writes on the console when the kernel has handed over to it.
inline constexpr std::string_view userspaceMessage = "pgtscope: userspace reached";

/// Increased when the content of the initramfs changes, so that cached ones are made anew.
inline constexpr unsigned initramfsRevision = 1;

/// Writes a gzipped newc archive (Documentation/driver-api/early-userspace/buffer-format.rst, Linux 6.1)
/// with a statically linked busybox as its only program: /init mounts /proc and /sys, writes
/// userspaceMessage and then sleeps for ever. Needs no privilege: device nodes exist in the archive only.
core::Result<void> writeInitramfs(
    const std::filesystem::path& busybox, const std::filesystem::path& destination);

} // namespace pgtscope::gdb
