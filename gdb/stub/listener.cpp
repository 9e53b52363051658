// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/stub/listener.h"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <netinet/in.h>
#include <sstream>
#include <string>
#include <sys/socket.h>

namespace pgtscope::gdb {

namespace {

namespace fs = std::filesystem;

/// State "listen" in /proc/net/tcp (include/net/tcp_states.h).
constexpr const char* listenState = "0A";

/// Text by which /proc/PID/fd names the socket that listens on a TCP port; empty if there is none.
std::string listeningSocket(std::uint16_t port)
{
    for (const char* table : {"/proc/net/tcp", "/proc/net/tcp6"}) {
        std::ifstream file(table);
        std::string line;
        std::getline(file, line);
        while (std::getline(file, line)) {
            // sl local_address rem_address st queues timer retransmits uid timeout inode …
            std::istringstream words(line);
            std::string skip, local, state, inode;
            words >> skip >> local >> skip >> state >> skip >> skip >> skip >> skip >> skip >> inode;
            const std::size_t colon = local.find(':');
            unsigned number = 0;
            if (state != listenState || colon == std::string::npos)
                continue;
            std::from_chars(local.data() + colon + 1, local.data() + local.size(), number, 16);
            if (number == port)
                return "socket:[" + inode + "]";
        }
    }
    return {};
}

std::optional<std::int64_t> holderOf(const std::string& socket)
{
    std::error_code error;
    for (fs::directory_iterator process("/proc", error), end; !error && process != end;
         process.increment(error)) {
        const std::string name = process->path().filename().string();
        std::int64_t id = 0;
        const auto [last, bad] = std::from_chars(name.data(), name.data() + name.size(), id);
        if (bad != std::errc() || last != name.data() + name.size())
            continue;
        std::error_code denied;
        for (fs::directory_iterator fd(process->path() / "fd", denied);
             !denied && fd != fs::directory_iterator(); fd.increment(denied)) {
            std::error_code gone;
            if (fs::read_symlink(fd->path(), gone).string() == socket)
                return id;
        }
    }
    return std::nullopt;
}

} // namespace

std::string ownAddress(int descriptor)
{
    sockaddr_storage own{};
    socklen_t size = sizeof(own);
    if (::getsockname(descriptor, reinterpret_cast<sockaddr*>(&own), &size) != 0)
        return {};
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (own.ss_family == AF_INET) {
        const auto& four = reinterpret_cast<const sockaddr_in&>(own);
        ::inet_ntop(AF_INET, &four.sin_addr, text.data(), text.size());
        return std::string(text.data()) + ":" + std::to_string(ntohs(four.sin_port));
    }
    if (own.ss_family != AF_INET6)
        return {};
    const auto& six = reinterpret_cast<const sockaddr_in6&>(own);
    ::inet_ntop(AF_INET6, &six.sin6_addr, text.data(), text.size());
    return "[" + std::string(text.data()) + "]:" + std::to_string(ntohs(six.sin6_port));
}

bool hasPeer(std::string_view chardevs, std::string_view address)
{
    // "gdb: filename=tcp:127.0.0.1:1234,server=on <-> 127.0.0.1:45276", a line each; chardev/char-socket.c.
    constexpr std::string_view mark = " <-> ";
    while (!chardevs.empty()) {
        const auto end = std::min(chardevs.find('\n'), chardevs.size());
        std::string_view line = chardevs.substr(0, end);
        chardevs.remove_prefix(std::min(end + 1, chardevs.size()));
        while (line.ends_with('\r') || line.ends_with(' '))
            line.remove_suffix(1);
        const auto at = line.rfind(mark);
        if (at != std::string_view::npos && line.substr(at + mark.size()) == address)
            return true;
    }
    return false;
}

std::optional<std::int64_t> listeningProcess(const Endpoint& endpoint, int descriptor)
{
    if (endpoint.isUnix()) {
        // For a client these are the credentials of the process that called listen(); unix(7).
        ucred peer{};
        socklen_t size = sizeof(peer);
        const bool known
            = ::getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.pid > 0;
        return known ? std::optional<std::int64_t>(peer.pid) : std::nullopt;
    }
    const std::string socket = listeningSocket(endpoint.port);
    return socket.empty() ? std::nullopt : holderOf(socket);
}

} // namespace pgtscope::gdb
