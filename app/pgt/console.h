// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "core/base/cancel.h"
#include "core/base/error.h"

namespace pgtscope::pgt {

/// Exit status of every command.
enum class ExitStatus : int {
    Done = 0,
    Findings = 1, ///< Done, and there is something to report: findings, or differences.
    Failed = 2, ///< Wrong usage, or it could not be done.
    Gaps = 3, ///< Done, and nothing to report in what could be read; but not everything could.
};

/// Standard error for people: errors, remarks, and on a terminal progress that rewrites its own line.
class Console {
public:
    Console();
    /// Set by Ctrl-C, SIGTERM and SIGHUP. A second SIGTERM or SIGHUP changes nothing; a second Ctrl-C ends
    /// the program if it did not react to the first within two seconds.
    core::CancelFlag& cancel() { return m_cancel; }
    core::Progress progress();
    void remark(std::string_view text);
    /// remark() as a function, for code that does not know Console.
    std::function<void(const std::string&)> remarks();
    ExitStatus fail(const core::Error& error);
    /// Clears the progress line.
    void clear();

private:
    void showProgress(std::string_view what, std::uint64_t done, std::uint64_t total);

    core::CancelFlag m_cancel;
    bool m_terminal;
    bool m_lineShown = false;
    std::chrono::steady_clock::time_point m_lastShown;
    std::string m_lastWhat;
};

} // namespace pgtscope::pgt
