// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "gdb/net/streamsocket.h"

namespace pgtscope::gdb {

/// A socket that waits for connections of this user's on this machine: a loopback port, or a unix socket that
/// only its owner can reach. The path of a unix socket is removed when it closes. For one thread at a time.
class ServerSocket {
public:
    ServerSocket() = default;
    ~ServerSocket() { close(); }
    ServerSocket(ServerSocket&& other) noexcept;
    ServerSocket& operator=(ServerSocket&& other) noexcept;
    ServerSocket(const ServerSocket&) = delete;
    ServerSocket& operator=(const ServerSocket&) = delete;

    /// An endpoint that other machines could reach is refused, and so is a path that exists. Port 0 is any
    /// free one.
    static core::Result<ServerSocket> listen(const Endpoint& endpoint);

    /// The descriptor, for poll(): readable when a client waits. Stays owned by this object.
    int descriptor() const { return m_descriptor; }
    /// With the port that was taken.
    const Endpoint& endpoint() const { return m_endpoint; }
    /// The next connection; nullopt if none waits, or if it was another user's, which was turned away.
    std::optional<StreamSocket> accept();
    /// A sentence about the last user who was turned away, given once; empty: none was.
    std::string takeRefusal() { return std::exchange(m_refusal, {}); }
    void close();

private:
    int m_descriptor = -1;
    Endpoint m_endpoint;
    std::string m_refusal;
};

} // namespace pgtscope::gdb
