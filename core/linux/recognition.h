// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>

#include "core/base/physicalmemory.h"
#include "core/model/snapshot.h"
#include "core/symbols/symboltable.h"

namespace pgtscope::core {

/// Whether the symbols are those of a Linux kernel: they have one of the functions of the event catalogue
/// with which its C code begins.
bool areLinux(const SymbolTable& symbols);

/// Linear address of the text "Linux version …" (linux_banner, init/version.c) of the kernel that the
/// snapshot's tables map, which needs no symbols; nullopt if there is none: then what runs is unknown.
/// init/version.o is the first object of the image, so that its constants are at the beginning of
/// __start_rodata: on 64 bits that is aligned to 2 MiB (arch/x86/kernel/vmlinux.lds.S, v2.6.39 to v6.12) and
/// within 1 GiB from 0xffffffff80000000; on 32 bits the first 32 MiB of the direct map are read. `known` is
/// an earlier answer, which is tried first.
std::optional<LinearAddress> findLinuxBanner(
    const Snapshot& snapshot, PhysicalMemory& memory, std::optional<LinearAddress> known = std::nullopt);

} // namespace pgtscope::core
