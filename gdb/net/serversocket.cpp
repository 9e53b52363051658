// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/net/serversocket.h"

#include <cerrno>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

#include "gdb/net/peerowner.h"
#include "gdb/net/socketaddress.h"

namespace pgtscope::gdb {

namespace {

/// A debugger and one that waits for its turn.
constexpr int waitingConnections = 2;

/// Where a socket of ours listens; 0 if it has no port.
std::uint16_t portOf(int descriptor)
{
    SocketAddress bound;
    bound.bytes = sizeof bound.storage;
    if (::getsockname(descriptor, reinterpret_cast<sockaddr*>(&bound.storage), &bound.bytes) != 0)
        return 0;
    if (bound.storage.ss_family == AF_INET)
        return ntohs(reinterpret_cast<const sockaddr_in*>(&bound.storage)->sin_port);
    if (bound.storage.ss_family == AF_INET6)
        return ntohs(reinterpret_cast<const sockaddr_in6*>(&bound.storage)->sin6_port);
    return 0;
}

/// A socket of this user's that no program listens on: a program that was killed leaves it. False, with the
/// reason in errno: it is not that.
bool removeForsaken(const std::string& path, const SocketAddress& address)
{
    struct stat status { };
    const bool ours
        = ::lstat(path.c_str(), &status) == 0 && S_ISSOCK(status.st_mode) && status.st_uid == ::geteuid();
    const int asking = ours ? ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0) : -1;
    const bool refused = asking >= 0
        && ::connect(asking, reinterpret_cast<const sockaddr*>(&address.storage), address.bytes) != 0
        && errno == ECONNREFUSED;
    if (asking >= 0)
        ::close(asking);
    if (refused && ::unlink(path.c_str()) == 0)
        return true;
    errno = EADDRINUSE;
    return false;
}

} // namespace

ServerSocket::ServerSocket(ServerSocket&& other) noexcept
    : m_descriptor(std::exchange(other.m_descriptor, -1))
    , m_endpoint(std::move(other.m_endpoint))
{
}

ServerSocket& ServerSocket::operator=(ServerSocket&& other) noexcept
{
    if (this != &other) {
        close();
        m_descriptor = std::exchange(other.m_descriptor, -1);
        m_endpoint = std::move(other.m_endpoint);
    }
    return *this;
}

void ServerSocket::close()
{
    if (m_descriptor < 0)
        return;
    ::close(std::exchange(m_descriptor, -1));
    if (m_endpoint.isUnix())
        ::unlink(m_endpoint.path.c_str());
}

core::Result<ServerSocket> ServerSocket::listen(const Endpoint& endpoint)
{
    const std::string tried = "listen on " + endpoint.text();
    if (!endpoint.isLocal())
        return core::failure(tried,
            "other machines could control the guest and, through its monitor, this machine",
            "listen on localhost:PORT or unix:PATH, and forward it with ssh");
    const auto addresses = addressesOf(endpoint);
    if (addresses.empty())
        return core::failure(tried, "that is no address");
    const SocketAddress& address = addresses.front();
    const int made = ::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (made < 0)
        return core::failure(tried, std::generic_category().message(errno));
    int on = 1;
    if (!endpoint.isUnix())
        ::setsockopt(made, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    const auto* raw = reinterpret_cast<const sockaddr*>(&address.storage);
    const bool bound = ::bind(made, raw, address.bytes) == 0
        || (errno == EADDRINUSE && endpoint.isUnix() && removeForsaken(endpoint.path, address)
            && ::bind(made, raw, address.bytes) == 0);
    // No client can connect before listen(), so the path is closed to others in time.
    const bool closedToOthers
        = bound && (!endpoint.isUnix() || ::chmod(endpoint.path.c_str(), S_IRUSR | S_IWUSR) == 0);
    if (!closedToOthers || ::listen(made, waitingConnections) != 0) {
        const int error = errno;
        ::close(made);
        if (bound && endpoint.isUnix())
            ::unlink(endpoint.path.c_str());
        return core::failure(tried, std::generic_category().message(error),
            error == EADDRINUSE ? "end the program that listens there, or choose another address" : "");
    }
    ServerSocket server;
    server.m_descriptor = made;
    server.m_endpoint = endpoint;
    if (!endpoint.isUnix())
        server.m_endpoint.port = portOf(made);
    return server;
}

std::optional<StreamSocket> ServerSocket::accept()
{
    const int connected = ::accept4(m_descriptor, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (connected < 0)
        return std::nullopt;
    // Any user of this machine reaches a port, and who controls a guest acts as the user that runs it.
    if (const auto owner = m_endpoint.isUnix() ? ::geteuid() : peerOwner(connected); owner != ::geteuid()) {
        ::close(connected);
        m_refusal = (owner ? "user " + std::to_string(*owner) : std::string("an unknown user"))
            + " connected to " + m_endpoint.text() + ", and was refused";
        return std::nullopt;
    }
    int on = 1;
    if (!m_endpoint.isUnix())
        ::setsockopt(connected, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    auto socket = StreamSocket::adopt(connected, "the debugger at " + m_endpoint.text());
    return socket ? std::optional(std::move(*socket)) : std::nullopt;
}

} // namespace pgtscope::gdb
