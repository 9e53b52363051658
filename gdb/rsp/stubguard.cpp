// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/rsp/stubguard.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>
#include <utility>

#include "gdb/rsp/rsppacket.h"

namespace pgtscope::gdb {

namespace {

/// The stub has read everything when it says nothing for so long, in ms.
constexpr int silence = 500;
/// A stub that talks on without end is left alone, in reads.
constexpr int mostReads = 64;

/// Runs in a copy of a process that may have had several threads: system calls only.
[[noreturn]] void watch(int lifeline, int stub, const char* bytes, std::size_t size)
{
    char order = 0;
    ssize_t count = 0;
    do
        count = ::read(lifeline, &order, 1);
    while (count < 0 && errno == EINTR);
    if (count != 0)
        ::_exit(0);
    ::fcntl(stub, F_SETFL, 0); // NOLINT: the flag is shared with nobody that still lives.
    (void)::send(stub, bytes, size, MSG_NOSIGNAL);
    // To close while answers are under way could cost the stub what it has not read yet.
    std::array<char, 4096> answers{};
    for (int reads = 0; reads < mostReads; ++reads) {
        pollfd entry{stub, POLLIN, 0};
        if (::poll(&entry, 1, silence) <= 0 || ::read(stub, answers.data(), answers.size()) <= 0)
            break;
    }
    ::_exit(0);
}

void closeAllBut(int first, int second)
{
    const auto low = static_cast<unsigned>(std::min(first, second));
    const auto high = static_cast<unsigned>(std::max(first, second));
    if (low > 0)
        ::close_range(0, low - 1, 0);
    if (high - low > 1)
        ::close_range(low + 1, high - 1, 0);
    ::close_range(high + 1, ~0U, 0);
}

} // namespace

std::string farewellBytes(std::optional<bool> physicalMode, bool resume)
{
    // What we were saying may have been cut: this ends it, and is noise otherwise.
    std::string bytes = "#00";
    // QEMU drops all breakpoints at this question (gdbstub.c, handle_target_halt).
    bytes += encodeRspPacket("?");
    if (physicalMode)
        bytes += encodeRspPacket(*physicalMode ? "Qqemu.PhyMemMode:1" : "Qqemu.PhyMemMode:0");
    if (resume)
        bytes += encodeRspPacket("D;1");
    return bytes;
}

core::Result<void> StubGuard::post(int descriptor, std::string farewell)
{
    dismiss();
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0)
        return core::failure("guard the stub's connection", std::generic_category().message(errno));
    const pid_t child = ::fork();
    if (child == 0) {
        // A group of its own keeps the terminal's Ctrl-C away.
        ::setsid();
        for (int number : {SIGTERM, SIGINT, SIGHUP, SIGPIPE})
            ::signal(number, SIG_IGN);
        closeAllBut(ends[0], descriptor);
        watch(ends[0], descriptor, farewell.data(), farewell.size());
    }
    const int error = errno;
    ::close(ends[0]);
    if (child < 0) {
        ::close(ends[1]);
        return core::failure("guard the stub's connection", std::generic_category().message(error));
    }
    m_lifeline = ends[1];
    m_process = child;
    return {};
}

void StubGuard::dismiss()
{
    if (m_process == 0)
        return;
    (void)::write(m_lifeline, "x", 1);
    ::close(std::exchange(m_lifeline, -1));
    const pid_t child = std::exchange(m_process, 0);
    while (::waitpid(child, nullptr, 0) < 0 && errno == EINTR) { }
}

} // namespace pgtscope::gdb
