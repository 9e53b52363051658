// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "core/base/error.h"
#include "gdb/host/waitlimit.h"
#include "gdb/net/endpoint.h"

namespace pgtscope::gdb {

/// A connected stream socket. Every call waits at most as long as its WaitLimit allows and fails when the
/// limit passes or the user cancels. A peer that goes away never raises SIGPIPE. For one thread at a time.
class StreamSocket {
public:
    StreamSocket() = default;
    ~StreamSocket() { close(); }
    StreamSocket(StreamSocket&& other) noexcept;
    StreamSocket& operator=(StreamSocket&& other) noexcept;
    StreamSocket(const StreamSocket&) = delete;
    StreamSocket& operator=(const StreamSocket&) = delete;

    /// Connects to an endpoint on this machine; any other endpoint is refused. `prepare` (may be empty) gets
    /// each descriptor before it is connected: one for each address of the endpoint that is tried.
    static core::Result<StreamSocket> connect(
        const Endpoint& endpoint, const WaitLimit& limit, const std::function<void(int)>& prepare = {});
    /// Takes over a connected descriptor and makes it non-blocking. `peer` names it in errors.
    static core::Result<StreamSocket> adopt(int descriptor, std::string peer);

    bool isOpen() const { return m_descriptor >= 0; }
    /// The descriptor, for poll(); -1 when closed. Stays owned by this object.
    int descriptor() const { return m_descriptor; }
    /// Name of the other end for messages.
    const std::string& peer() const { return m_peer; }
    void close();

    /// Waits for bytes and stores 1 to `into.size()` of them; 0 means that the peer closed the connection.
    core::Result<std::size_t> readSome(std::span<std::byte> into, const WaitLimit& limit);
    /// Waits for bytes and copies the first of them; the next readSome() returns them, too. 0 as there.
    core::Result<std::size_t> peek(std::span<std::byte> into, const WaitLimit& limit);
    /// The next line without its "\n" or "\r\n". A line longer than `maxBytes`, or a connection that ends
    /// before the line does, is an error. Bytes after the line are kept for the next call of either reader.
    core::Result<std::string> readLine(const WaitLimit& limit, std::size_t maxBytes);
    core::Result<void> writeAll(std::span<const std::byte> bytes, const WaitLimit& limit);
    core::Result<void> writeAll(std::string_view text, const WaitLimit& limit);
    /// Writes a text, and with its first byte hands a copy of a descriptor to the peer (SCM_RIGHTS, unix(7)).
    core::Result<void> writeWithDescriptor(std::string_view text, int descriptor, const WaitLimit& limit);
    /// Writes as much as goes without waiting and returns how many bytes that were, 0 if the peer takes none
    /// at the moment.
    core::Result<std::size_t> writeSome(std::string_view text);

private:
    StreamSocket(int descriptor, std::string peer)
        : m_descriptor(descriptor)
        , m_peer(std::move(peer))
    {
    }
    core::Result<void> waitFor(short events, const std::string& tried, const WaitLimit& limit) const;
    core::Result<void> waitForConnection(const std::string& tried, const WaitLimit& limit) const;
    core::Result<std::size_t> receive(std::span<std::byte> into, const WaitLimit& limit, int flags = 0);

    int m_descriptor = -1;
    std::string m_peer;
    std::string m_ahead; ///< Read from the socket, not yet handed out.
};

} // namespace pgtscope::gdb
