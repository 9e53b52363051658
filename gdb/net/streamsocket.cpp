// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/net/streamsocket.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>
#include <utility>

#include "gdb/net/socketaddress.h"

namespace pgtscope::gdb {

namespace {

constexpr std::chrono::milliseconds connectionTime(1000);

std::string systemText(int error)
{
    // A unix socket says so when its queue of waiting connections is full.
    if (error == EAGAIN)
        return "it is busy with another connection";
    return std::generic_category().message(error);
}

std::string adviceFor(const Endpoint& endpoint, int error)
{
    if (error == EACCES || error == EPERM)
        return "run as the user who started the guest";
    return "check that the guest runs and listens on " + endpoint.text();
}

} // namespace

StreamSocket::StreamSocket(StreamSocket&& other) noexcept
    : m_descriptor(std::exchange(other.m_descriptor, -1))
    , m_peer(std::move(other.m_peer))
    , m_ahead(std::move(other.m_ahead))
{
}

StreamSocket& StreamSocket::operator=(StreamSocket&& other) noexcept
{
    if (this != &other) {
        close();
        m_descriptor = std::exchange(other.m_descriptor, -1);
        m_peer = std::move(other.m_peer);
        m_ahead = std::move(other.m_ahead);
    }
    return *this;
}

void StreamSocket::close()
{
    if (m_descriptor >= 0)
        ::close(m_descriptor);
    m_descriptor = -1;
    m_ahead.clear();
}

core::Result<StreamSocket> StreamSocket::adopt(int descriptor, std::string peer)
{
    int flags = fcntl(descriptor, F_GETFL);
    if (flags < 0 || fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) < 0)
        return core::failure("use the connection to " + peer, systemText(errno));
    return StreamSocket(descriptor, std::move(peer));
}

core::Result<StreamSocket> StreamSocket::connect(
    const Endpoint& endpoint, const WaitLimit& limit, const std::function<void(int)>& prepare)
{
    std::string tried = "connect to " + endpoint.text();
    if (!endpoint.isLocal())
        return core::failure(tried, "it is not an address of this machine",
            "forward the port, for example ssh -L 1234:localhost:1234 HOST, and connect to localhost:1234");

    int error = EADDRNOTAVAIL;
    for (const SocketAddress& address : addressesOf(endpoint)) {
        StreamSocket socket(
            ::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0),
            endpoint.text());
        if (!socket.isOpen())
            return core::failure(tried, systemText(errno));
        if (!endpoint.isUnix()) {
            // Small packets go back and forth: waiting to fill a segment would cost 40 ms each.
            int on = 1;
            setsockopt(socket.m_descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
        }
        if (limit.cancelled())
            return core::failure(tried, "cancelled");
        if (prepare)
            prepare(socket.m_descriptor);
        auto* raw = reinterpret_cast<const sockaddr*>(&address.storage);
        error = ::connect(socket.m_descriptor, raw, address.bytes) == 0 ? 0 : errno;
        if (error == EINPROGRESS) {
            RETURN_IF_ERROR(socket.waitForConnection(tried, limit));
            socklen_t size = sizeof(error);
            getsockopt(socket.m_descriptor, SOL_SOCKET, SO_ERROR, &error, &size);
        }
        if (error == 0)
            return socket;
    }
    return core::failure(tried, systemText(error), adviceFor(endpoint, error));
}

core::Result<void> StreamSocket::waitFor(short events, const std::string& tried, const WaitLimit& limit) const
{
    while (true) {
        if (limit.cancelled())
            return core::failure(tried, "cancelled");
        pollfd entry{m_descriptor, events, 0};
        int ready = ::poll(&entry, 1, static_cast<int>(limit.slice().count()));
        if (ready > 0)
            return {};
        if (ready < 0 && errno != EINTR)
            return core::failure(tried, systemText(errno));
        if (limit.passed())
            return core::failure(tried, "no answer in time", "check that " + m_peer + " is alive");
    }
}

core::Result<void> StreamSocket::waitForConnection(const std::string& tried, const WaitLimit& limit) const
{
    // A stub stops its guest at the connection. A caller that was cancelled while the system was making it
    // would not know that it was made, and leave the guest stopped; an address of this machine answers at
    // once.
    const WaitLimit uncancelled{std::min(limit.until, WaitLimit::after(connectionTime).until), nullptr};
    if (waitFor(POLLOUT, tried, uncancelled))
        return {};
    return waitFor(POLLOUT, tried, limit);
}

core::Result<std::size_t> StreamSocket::receive(std::span<std::byte> into, const WaitLimit& limit, int flags)
{
    std::string tried = "read from " + m_peer;
    if (!isOpen())
        return core::failure(tried, "the connection is closed");
    while (true) {
        ssize_t count = ::recv(m_descriptor, into.data(), into.size(), flags);
        if (count >= 0)
            return static_cast<std::size_t>(count);
        if (errno == ECONNRESET)
            return 0;
        if (errno != EAGAIN && errno != EINTR)
            return core::failure(tried, systemText(errno));
        RETURN_IF_ERROR(waitFor(POLLIN, tried, limit));
    }
}

core::Result<std::size_t> StreamSocket::readSome(std::span<std::byte> into, const WaitLimit& limit)
{
    if (into.empty())
        return core::failure("read from " + m_peer, "there is no room for the bytes");
    if (m_ahead.empty())
        return receive(into, limit);
    std::size_t count = std::min(into.size(), m_ahead.size());
    std::memcpy(into.data(), m_ahead.data(), count);
    m_ahead.erase(0, count);
    return count;
}

core::Result<std::size_t> StreamSocket::peek(std::span<std::byte> into, const WaitLimit& limit)
{
    if (m_ahead.empty())
        return receive(into, limit, MSG_PEEK);
    const std::size_t count = std::min(into.size(), m_ahead.size());
    std::memcpy(into.data(), m_ahead.data(), count);
    return count;
}

core::Result<std::string> StreamSocket::readLine(const WaitLimit& limit, std::size_t maxBytes)
{
    std::string tried = "read a line from " + m_peer;
    std::size_t searched = 0;
    std::array<std::byte, 16384> block;
    while (true) {
        std::size_t end = m_ahead.find('\n', searched);
        if (std::min(end, m_ahead.size()) > maxBytes)
            return core::failure(tried, "the line is longer than " + std::to_string(maxBytes) + " bytes");
        if (end != std::string::npos) {
            std::string line = m_ahead.substr(0, end);
            m_ahead.erase(0, end + 1);
            if (line.ends_with('\r'))
                line.pop_back();
            return line;
        }
        // A peer that drips bytes is always ready to be read, so waiting alone would never notice the limit.
        if (searched > 0 && limit.passed())
            return core::failure(tried, "no whole line in time", "check that " + m_peer + " is alive");
        searched = m_ahead.size();
        ASSIGN_OR_RETURN(auto count, receive(block, limit));
        if (count == 0)
            return core::failure(tried, "the connection was closed");
        m_ahead.append(reinterpret_cast<const char*>(block.data()), count);
    }
}

core::Result<void> StreamSocket::writeAll(std::span<const std::byte> bytes, const WaitLimit& limit)
{
    std::string tried = "write to " + m_peer;
    if (!isOpen())
        return core::failure(tried, "the connection is closed");
    while (!bytes.empty()) {
        ssize_t count = ::send(m_descriptor, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (count >= 0) {
            bytes = bytes.subspan(static_cast<std::size_t>(count));
        } else if (errno == EAGAIN || errno == EINTR) {
            RETURN_IF_ERROR(waitFor(POLLOUT, tried, limit));
        } else {
            return core::failure(tried, errno == EPIPE ? "the connection was closed" : systemText(errno));
        }
    }
    return {};
}

core::Result<void> StreamSocket::writeWithDescriptor(
    std::string_view text, int descriptor, const WaitLimit& limit)
{
    if (text.empty() || !isOpen())
        return core::failure("write to " + m_peer, "the connection is closed");
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof descriptor)> control{};
    char first = text.front();
    iovec piece{&first, 1};
    msghdr message{};
    message.msg_iov = &piece;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    cmsghdr* const rights = CMSG_FIRSTHDR(&message);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(sizeof descriptor);
    std::memcpy(CMSG_DATA(rights), &descriptor, sizeof descriptor);
    while (::sendmsg(m_descriptor, &message, MSG_NOSIGNAL) < 0) {
        if (errno != EAGAIN && errno != EINTR)
            return core::failure("write to " + m_peer, systemText(errno));
        RETURN_IF_ERROR(waitFor(POLLOUT, "write to " + m_peer, limit));
    }
    return writeAll(text.substr(1), limit);
}

core::Result<std::size_t> StreamSocket::writeSome(std::string_view text)
{
    std::size_t done = 0;
    while (isOpen() && done < text.size()) {
        const ssize_t count
            = ::send(m_descriptor, text.data() + done, text.size() - done, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (count < 0 && errno == EAGAIN)
            return done;
        if (count < 0 && errno != EINTR)
            return core::failure(
                "write to " + m_peer, errno == EPIPE ? "the connection was closed" : systemText(errno));
        done += static_cast<std::size_t>(std::max<ssize_t>(count, 0));
    }
    return done;
}

core::Result<void> StreamSocket::writeAll(std::string_view text, const WaitLimit& limit)
{
    return writeAll(std::as_bytes(std::span(text.data(), text.size())), limit);
}

} // namespace pgtscope::gdb
