// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <atomic>
#include <chrono>
#include <optional>
#include <thread>

#include <QTemporaryDir>

#include "gdb/net/serversocket.h"
#include "gdb/net/streamsocket.h"

namespace pgtscope::test {

/// Passes on what a client and a gdbstub say to each other, as a tunnel or a forwarded port does: later, if
/// that is wanted, and from a process that is not the stub's. Serves one client after the other, on a thread
/// of its own.
class Relay {
public:
    enum class Listens { UnixSocket, Port };

    explicit Relay(gdb::Endpoint stub, Listens where = Listens::UnixSocket);
    ~Relay();
    Relay(const Relay&) = delete;
    Relay& operator=(const Relay&) = delete;

    const gdb::Endpoint& endpoint() const { return m_server.endpoint(); }
    /// From now on what the stub says arrives so much later.
    void delayReplies(std::chrono::milliseconds time) { m_delay = time.count(); }

private:
    void converse(gdb::StreamSocket client, gdb::StreamSocket stub);

    QTemporaryDir m_directory;
    gdb::Endpoint m_stub;
    gdb::ServerSocket m_server;
    std::atomic<bool> m_ending{false};
    std::atomic<std::int64_t> m_delay{0}; ///< In ms.
    std::thread m_thread;
};

} // namespace pgtscope::test
