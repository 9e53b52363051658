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
#include <vector>

#include "gdb/net/socketaddress.h"
#include "gdb/rsp/rsppacket.h"

namespace pgtscope::gdb {

namespace {

/// A stub that says nothing for so long has read everything that it will read, in ms.
constexpr int silence = 3000;
/// A stub that talks on without end is left alone. What was asked for before may still come: more than a
/// mebibyte from a stub with large packets.
constexpr std::size_t maxBytes = 16U << 20U;
/// Of an answer that shows whether the stub stopped its guest.
constexpr int reportBytes = 4096;

constexpr std::string_view report
    = "pgtscope: killed while attached; the guest's previous run state is restored\n";
/// A stub that serves one client may not have noticed yet that we are gone, in ms and tries.
constexpr int againAfter = 100;
constexpr int maxTries = 20;

void closeAllBut(std::array<int, 3> kept)
{
    std::sort(kept.begin(), kept.end());
    unsigned next = 0;
    for (const int number : kept) {
        if (number < 0)
            continue;
        const auto descriptor = static_cast<unsigned>(number);
        if (descriptor > next)
            ::close_range(next, descriptor - 1, 0);
        next = descriptor + 1;
    }
    ::close_range(next, ~0U, 0);
}

int connectTo(const std::vector<SocketAddress>& addresses)
{
    for (int tries = 0; tries < maxTries; ++tries) {
        for (const SocketAddress& address : addresses) {
            const int stub = ::socket(address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
            if (::connect(stub, reinterpret_cast<const sockaddr*>(&address.storage), address.bytes) == 0)
                return stub;
            ::close(stub);
        }
        ::poll(nullptr, 0, againAfter);
    }
    return -1;
}

/// Finds the replies to a farewell behind those to whatever was asked before: a report of a stop, and then a
/// short word to each further request.
class FarewellReplies {
public:
    explicit FarewellReplies(std::string_view farewell)
        : m_wanted(std::count(farewell.begin(), farewell.end(), '$'))
    {
    }
    /// False once the last of them has come.
    bool more(std::string_view said)
    {
        for (const char next : said) {
            if (m_last == '$')
                m_found = isReport(next) ? 1 : m_found > 0 && (next == 'O' || next == '#') ? m_found + 1 : 0;
            m_last = next;
        }
        return m_found < m_wanted || m_last == '$';
    }
    static bool isReport(char first) { return first == 'T' || first == 'S' || first == 'W'; }

private:
    std::ptrdiff_t m_wanted;
    std::ptrdiff_t m_found = 0;
    char m_last = 0;
};

} // namespace

struct StubGuard::Watch {
    int stub; ///< -1: to be connected to.
    std::vector<SocketAddress> addresses;
    std::string farewell;
    bool onlyIfReported = false;

    bool reported(int connection) const;
    [[noreturn]] void guard(int lifeline) const;
};

/// Asks, so that a stub which has nothing to report says something, too: a report comes before the answer.
bool StubGuard::Watch::reported(int connection) const
{
    if (!onlyIfReported)
        return true;
    static constexpr std::string_view question = "#00$qSupported#37";
    (void)send(connection, question.data(), question.size(), MSG_NOSIGNAL);
    char last = 0;
    for (int at = 0; at < reportBytes; ++at) {
        char next = 0;
        pollfd entry{connection, POLLIN, 0};
        if (::poll(&entry, 1, silence) <= 0 || ::read(connection, &next, 1) <= 0)
            return false;
        if (last == '$')
            return FarewellReplies::isReport(next);
        last = next;
    }
    return false;
}

/// Runs in a copy of a process that may have had several threads: system calls only.
void StubGuard::Watch::guard(int lifeline) const
{
    char order = 0;
    ssize_t count = 0;
    do
        count = ::read(lifeline, &order, 1);
    while (count < 0 && errno == EINTR);
    if (count != 0)
        ::_exit(0);
    const int connection = stub >= 0 ? stub : connectTo(addresses);
    if (connection < 0)
        ::_exit(1);
    ::fcntl(connection, F_SETFL, 0); // NOLINT: no other live process shares the flag.
    if (!reported(connection))
        ::_exit(0);
    (void)::send(connection, farewell.data(), farewell.size(), MSG_NOSIGNAL);
    // To close while answers are under way could cost the stub what it has not read yet.
    std::array<char, 4096> answers{};
    FarewellReplies replies(farewell);
    bool answered = false;
    for (std::size_t bytes = 0; bytes < maxBytes;) {
        pollfd entry{connection, POLLIN, 0};
        if (::poll(&entry, 1, silence) <= 0)
            break;
        const ssize_t said = ::read(connection, answers.data(), answers.size());
        if (said <= 0)
            break;
        answered = true;
        bytes += static_cast<std::size_t>(said);
        if (!replies.more({answers.data(), static_cast<std::size_t>(said)}))
            break;
    }
    if (answered)
        (void)!::write(STDERR_FILENO, report.data(), report.size());
    ::_exit(0);
}

std::string farewellBytes(std::optional<bool> physicalMode, bool resume)
{
    // The packet that we were sending may have been cut: this ends it, and is ignored otherwise.
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
    return post(Watch{descriptor, {}, std::move(farewell)});
}

core::Result<void> StubGuard::postUntilKnown(int descriptor, std::string farewell)
{
    return post(Watch{descriptor, {}, std::move(farewell), true});
}

core::Result<void> StubGuard::post(const Endpoint& endpoint, std::string farewell)
{
    return post(Watch{-1, addressesOf(endpoint), std::move(farewell)});
}

core::Result<void> StubGuard::post(const Watch& watch)
{
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0)
        return core::failure("guard the stub's connection", std::generic_category().message(errno));
    const pid_t child = ::fork();
    if (child == 0) {
        // A group of its own keeps the terminal's Ctrl-C away.
        ::setsid();
        for (int number : {SIGTERM, SIGINT, SIGHUP, SIGPIPE})
            ::signal(number, SIG_IGN);
        closeAllBut({ends[0], watch.stub, STDERR_FILENO});
        watch.guard(ends[0]);
    }
    const int error = errno;
    ::close(ends[0]);
    if (child < 0) {
        ::close(ends[1]);
        return core::failure("guard the stub's connection", std::generic_category().message(error));
    }
    // Only now: without a guard we could be killed between the two.
    dismiss();
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
