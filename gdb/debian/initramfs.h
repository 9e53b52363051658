// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.h"
#include "core/symbols/debpackage.h"

namespace pgtscope::gdb {

/// What the first process writes on the console when the kernel has handed over to it.
inline constexpr std::string_view userspaceMessage = "pgtscope: userspace reached";

/// What the first kernel of a guest that starts a domain writes before it starts it.
inline constexpr std::string_view domainMessage = "pgtscope: the domain begins";

/// Increased when the content of the initramfs changes, so that cached ones are made anew.
inline constexpr unsigned initramfsRevision = 1;

/// Writes a gzipped newc archive (Documentation/driver-api/early-userspace/buffer-format.rst, Linux 6.1)
/// with a statically linked busybox as its only program: /init mounts /proc and /sys, writes
/// userspaceMessage and then sleeps for ever. Needs no privilege: device nodes exist in the archive only.
core::Result<void> writeInitramfs(
    const std::filesystem::path& busybox, const std::filesystem::path& destination);

/// What dom0 needs to start a domain.
struct DomainStarter {
    std::vector<core::PackedFile> files; ///< Xen's programs, libraries and kernel modules, at their paths.
    std::filesystem::path kernel; ///< The domain's.
    std::filesystem::path initrd;
    std::string append; ///< The domain's kernel command line.
    unsigned memoryMib = 128; ///< The domain's.
};

/// An initramfs as above for a dom0: /init starts Xen's toolstack, writes domainMessage, starts the domain
/// and then copies the domain's console to its own.
core::Result<void> writeDomainInitramfs(const std::filesystem::path& busybox, const DomainStarter& starter,
    const std::filesystem::path& destination);

} // namespace pgtscope::gdb
