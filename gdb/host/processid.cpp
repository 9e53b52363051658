// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/host/processid.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <sstream>
#include <string>
#include <system_error>
#include <thread>

#include <sys/syscall.h>
#include <unistd.h>

#include "gdb/host/files.h"

namespace pgtscope::gdb {

namespace {

/// A descriptor refers to one process for good: a signal through it cannot hit a successor of the number.
class ProcessDescriptor {
public:
    explicit ProcessDescriptor(pid_t pid)
        : m_descriptor(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)))
    {
    }
    ~ProcessDescriptor()
    {
        if (m_descriptor >= 0)
            ::close(m_descriptor);
    }
    ProcessDescriptor(const ProcessDescriptor&) = delete;
    ProcessDescriptor& operator=(const ProcessDescriptor&) = delete;

    bool isOpen() const { return m_descriptor >= 0; }
    bool send(int signal) const
    {
        return ::syscall(SYS_pidfd_send_signal, m_descriptor, signal, nullptr, 0) == 0;
    }

private:
    int m_descriptor;
};

bool goneWithin(const ProcessId& process, std::chrono::milliseconds time, const WaitLimit& limit)
{
    auto patience = WaitLimit::after(time);
    while (process.alive()) {
        if (patience.passed() || limit.passed() || limit.cancelled())
            return false;
        std::this_thread::sleep_for(patience.slice());
    }
    return true;
}

struct ProcessStatus {
    ProcessId process;
    bool dead = false; ///< And not yet waited for.
};

/// From /proc/PID/stat, proc(5).
std::optional<ProcessStatus> statusOf(pid_t pid)
{
    if (pid <= 0)
        return std::nullopt;
    const std::string stat = readStart("/proc/" + std::to_string(pid) + "/stat");
    // The name in field 2 may hold spaces and parentheses; field 3 follows the last parenthesis.
    std::size_t name = stat.rfind(')');
    if (name == std::string::npos)
        return std::nullopt;
    std::istringstream fields(stat.substr(name + 1));
    std::string state;
    std::string skipped;
    ProcessId process{pid, 0};
    fields >> state;
    for (int field = 4; field < 22; ++field)
        fields >> skipped;
    fields >> process.startTime;
    if (!fields)
        return std::nullopt;
    return ProcessStatus{process, state == "Z" || state == "X"};
}

} // namespace

std::optional<ProcessId> ProcessId::of(pid_t pid)
{
    const auto status = statusOf(pid);
    return status && !status->dead ? std::optional(status->process) : std::nullopt;
}

std::optional<ProcessId> ProcessId::ofChild(pid_t pid)
{
    const auto status = statusOf(pid);
    return status ? std::optional(status->process) : std::nullopt;
}

core::Result<void> endProcess(const ProcessId& process, const WaitLimit& limit)
{
    std::string tried = "end process " + std::to_string(process.pid);
    ProcessDescriptor descriptor(process.pid);
    if (!process.alive())
        return {};
    if (!descriptor.isOpen())
        return core::failure(tried, std::generic_category().message(errno));
    for (int signal : {SIGTERM, SIGKILL}) {
        if (!descriptor.send(signal) && errno != ESRCH)
            return core::failure(tried, std::generic_category().message(errno));
        // After SIGKILL there is nothing left to give up.
        bool last = signal == SIGKILL;
        if (goneWithin(
                process, std::chrono::seconds(5), last ? WaitLimit::after(std::chrono::seconds(5)) : limit))
            return {};
    }
    return core::failure(tried, "it still runs after SIGKILL");
}

} // namespace pgtscope::gdb
