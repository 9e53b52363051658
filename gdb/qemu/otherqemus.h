// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "gdb/net/endpoint.h"
#include "gdb/qemu/runningguest.h"

namespace pgtscope::gdb {

/// A system emulator of this user's that pgtscope did not start, as its command line shows it.
struct OtherQemu {
    std::int64_t processId = 0;
    std::string name; ///< What -name says, else the emulator's own name.
    std::optional<Endpoint> stub; ///< Where -s or -gdb listens; nullopt: nowhere that can be connected to.
};

/// Reads QEMU's arguments, the program first; a relative path of a socket is relative to `directory`.
OtherQemu qemuOf(const std::vector<std::string>& arguments, const std::filesystem::path& directory);

/// The QEMU processes of this user, in the order of their numbers, but for `known` ones.
std::vector<OtherQemu> otherQemus(std::span<const RunningGuest> known);

} // namespace pgtscope::gdb
