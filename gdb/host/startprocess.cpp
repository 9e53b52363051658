// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/host/startprocess.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <system_error>

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <QStandardPaths>

namespace pgtscope::gdb {

namespace {

constexpr int reportDescriptor = 3;

struct Start {
    const char* program;
    char* const* arguments;
    int log;
    int report; ///< Gets errno if the program cannot be executed; closed if it can.
    pid_t parent;
    Lifetime lifetime;
};

[[noreturn]] void giveUp(int report)
{
    const int error = errno;
    (void)!::write(report, &error, sizeof error);
    ::_exit(127);
}

/// Runs in a copy of a process that may have had several threads: system calls only.
[[noreturn]] void becomeProgram(const Start& start)
{
    ::setsid();
    if (start.lifetime == Lifetime::EndsWithUs) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        // The parent ended between fork and prctl: no signal will come.
        if (::getppid() != start.parent)
            ::_exit(127);
    }
    for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGXFSZ})
        ::signal(number, SIG_DFL);
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    // Moved above the descriptors that are replaced below.
    const int log = ::fcntl(start.log, F_DUPFD_CLOEXEC, reportDescriptor + 1);
    const int report = ::fcntl(start.report, F_DUPFD_CLOEXEC, reportDescriptor + 1);
    const int null = ::open("/dev/null", O_RDONLY); // NOLINT: becomes standard input
    if (log < 0 || report < 0 || null < 0 || ::dup2(null, STDIN_FILENO) < 0 || ::dup2(log, STDOUT_FILENO) < 0
        || ::dup2(log, STDERR_FILENO) < 0 || ::dup3(report, reportDescriptor, O_CLOEXEC) < 0)
        giveUp(start.report);
    ::close_range(reportDescriptor + 1, ~0U, 0);
    ::execv(start.program, start.arguments);
    giveUp(reportDescriptor);
}

/// errno of the child's execv(), 0 once the program runs.
int reported(int descriptor)
{
    int error = 0;
    ssize_t count = 0;
    do
        count = ::read(descriptor, &error, sizeof error);
    while (count < 0 && errno == EINTR);
    return count == sizeof error ? error : 0;
}

} // namespace

core::Result<ProcessId> startProcess(const std::string& program, const std::vector<std::string>& arguments,
    const std::filesystem::path& log, Lifetime lifetime)
{
    const std::string tried = "run " + program;
    const std::string path = QStandardPaths::findExecutable(QString::fromStdString(program)).toStdString();
    if (path.empty())
        return core::failure(tried, program + " is not installed", "install it and try again");
    std::vector<char*> words{const_cast<char*>(program.c_str())};
    for (const std::string& argument : arguments)
        words.push_back(const_cast<char*>(argument.c_str()));
    words.push_back(nullptr);
    const int output = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (output < 0)
        return core::failure("write " + log.string(), std::generic_category().message(errno));
    std::array<int, 2> ends{};
    pid_t child = ::pipe2(ends.data(), O_CLOEXEC) == 0 ? ::fork() : -2;
    if (child == 0)
        becomeProgram({path.c_str(), words.data(), output, ends[1], ::getppid(), lifetime});
    int error = child < 0 ? errno : 0;
    ::close(output);
    if (child != -2)
        ::close(ends[1]);
    if (child > 0)
        error = reported(ends[0]);
    if (child != -2)
        ::close(ends[0]);
    const auto process = child > 0 && error == 0 ? ProcessId::ofChild(child) : std::nullopt;
    if (process)
        return *process;
    if (child > 0)
        ::waitpid(child, nullptr, 0);
    return core::failure(tried,
        error != 0 ? std::generic_category().message(error) : "/proc does not show it",
        "see " + log.string());
}

std::optional<int> exitOf(const ProcessId& process)
{
    int status = 0;
    if (::waitpid(process.pid, &status, WNOHANG) != process.pid)
        return std::nullopt;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

} // namespace pgtscope::gdb
