// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <string>

namespace pgtscope::core {

/// What was recorded, stored once per recording. Empty texts are unknown.
struct GuestDescription {
    std::string guest; ///< Name of the guest, e.g. "debian".
    std::string kernel; ///< Version or file name of the kernel.
    std::string commandLine; ///< The kernel's.
    std::string machine; ///< Program that ran the guest, with CPU model.
    std::string granularity; ///< What made a step: "event", "pgt_buf", "write" …
    std::string recorder; ///< Program and version that recorded.
    std::string started; ///< UTC, ISO 8601.
    std::uint64_t memoryBytes = 0;
    /// Those that the recorder's counts of findings are of, "w-x/1 xen-ro/1"; see ruleIds().
    std::string rules = {};
    /// How to boot it again, for the program that recorded it (gdb/qemu/bootrecipe.h); empty: unknown.
    std::string recipe = {};

    bool operator==(const GuestDescription&) const = default;
};

} // namespace pgtscope::core
