// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/error.h"
#include "gdb/host/waitlimit.h"

namespace pgtscope::gdb {

struct ChildCommand {
    std::string program; ///< Looked up in PATH unless it holds a '/'.
    std::vector<std::string> arguments;
    std::string workingDirectory; ///< Empty: ours.
    /// Added to our environment, which is passed on with LC_ALL=C.UTF-8 so that output can be read.
    std::vector<std::pair<std::string, std::string>> environment;
    std::function<void()> whileRunning; ///< Called some times a second; may be empty.
};

struct ChildOutput {
    int exitStatus = 0;
    std::string output; ///< Standard output; the first 16 MiB.
    std::string errors; ///< Standard error; the first 16 MiB.
};

/// Runs a program to its end with nothing to read on its standard input. It gets a process group of its
/// own; when the limit passes or the user cancels, the whole group is killed and an error returned, and it
/// is killed with us when we die. An exit status other than 0 is not an error here; death by a signal is.
core::Result<ChildOutput> runChild(const ChildCommand& command, const WaitLimit& limit);

/// The last line that says something, for an error message; at most 300 bytes.
std::string lastLine(const std::string& text);

} // namespace pgtscope::gdb
