// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>

#include "core/base/error.h"
#include "gdb/net/streamsocket.h"
#include "gdb/rsp/rsppacket.h"
#include "gdb/rsp/stubguard.h"

namespace pgtscope::gdb {

/// A short conversation with a gdbstub in its own protocol, one request at a time.
class RspClient {
public:
    /// `guard` (may be null) is posted before the connection is made, which stops a guest that runs: it lets
    /// such a guest run again should we be killed before it knows more, see StubGuard::postUntilKnown().
    static core::Result<RspClient> connect(
        const Endpoint& endpoint, const WaitLimit& limit, StubGuard* guard = nullptr);

    /// Sends the first request, and waits for what the stub says next: true if that is the report of a stop,
    /// as QEMU up to 8.0 sends it when it stopped the guest for our connection. It stays unread.
    core::Result<bool> greet(std::string_view payload, const WaitLimit& limit);
    /// The reply to the request that was sent last.
    core::Result<std::string> reply(const WaitLimit& limit);

    /// Sends a request and returns its reply; an empty reply means that the stub does not know the request.
    /// Stop replies that were not asked for are set aside, see sawStop().
    core::Result<std::string> request(std::string_view payload, const WaitLimit& limit);
    /// Runs a command of QEMU's monitor and returns what it printed; empty if the stub has no monitor.
    core::Result<std::string> monitor(std::string_view command, const WaitLimit& limit);
    /// How long the slowest reply has taken.
    std::chrono::milliseconds slowestReply() const { return m_slowestReply; }
    /// True once the stub has reported by itself that the guest stopped.
    bool sawStop() const { return m_sawStop; }
    /// Of the connection, for questions to the system; stays owned by this object.
    int descriptor() const { return m_socket.descriptor(); }
    /// The connection, for another one to speak on: nothing more can be asked here. Between two requests
    /// only.
    StreamSocket takeSocket() { return std::move(m_socket); }

private:
    explicit RspClient(StreamSocket socket)
        : m_socket(std::move(socket))
    {
    }
    core::Result<std::string> nextPacket(const WaitLimit& limit);
    core::Result<void> send(std::string_view payload, const WaitLimit& limit);

    StreamSocket m_socket;
    RspDecoder m_decoder;
    std::string m_last; ///< Last packet sent, for a repetition.
    std::string m_receipts; ///< Of packets that came, as far as the stub has not taken them yet.
    bool m_sawStop = false;
    std::chrono::milliseconds m_slowestReply{0};
};

} // namespace pgtscope::gdb
