// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "gdb/host/processid.h"

namespace pgtscope::gdb {

/// How long a process that we start may live.
enum class Lifetime : std::uint8_t {
    Stays, ///< Until it is ended.
    /// The same once its starter says so; until then a later run may end it once the starter is gone.
    StaysWhenReleased,
    EndsWithUs, ///< At most as long as the thread that started it: the kernel kills it with that thread.
};

/// Starts a program in a session of its own, so that no terminal sends it signals, with no input and with its
/// output appended to `log` (made with mode 0600). Of our open files it gets none. `program` is looked up in
/// PATH. Success means that the program runs; that it ends soon is for exitOf() to see.
core::Result<ProcessId> startProcess(const std::string& program, const std::vector<std::string>& arguments,
    const std::filesystem::path& log, Lifetime lifetime);

/// Exit status of a child that startProcess() started, 128 + N if signal N ended it; nullopt while it runs,
/// and for a process that is not our child. It is no zombie any more afterwards.
std::optional<int> exitOf(const ProcessId& process);

} // namespace pgtscope::gdb
