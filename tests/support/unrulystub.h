// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <atomic>
#include <chrono>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <QTemporaryDir>

#include "gdb/net/serversocket.h"
#include "gdb/net/streamsocket.h"
#include "gdb/rsp/rsppacket.h"

namespace pgtscope::test {

/// A real stub up to a phase of the conversation, and a bad one from then on, on this connection and on every
/// later one.
class UnrulyStub {
public:
    /// The first request of its kind begins the phase.
    enum class Phase { Connect, Description, Memory, Continue, Interrupt, Monitor, Detach };
    enum class Manner {
        Silent, ///< Nothing is answered.
        Drips, ///< A packet that never ends, byte by byte.
        Floods, ///< Packets without end that answer nothing.
    };
    using Clock = std::chrono::steady_clock;

    UnrulyStub(gdb::Endpoint stub, Phase phase, Manner manner);
    ~UnrulyStub();
    UnrulyStub(const UnrulyStub&) = delete;
    UnrulyStub& operator=(const UnrulyStub&) = delete;

    const gdb::Endpoint& endpoint() const { return m_server.endpoint(); }
    /// When the phase began; nullopt: it has not come.
    std::optional<Clock::time_point> began() const;

private:
    /// A client, and the real stub while this one behaves.
    struct Conversation {
        gdb::StreamSocket client;
        gdb::StreamSocket stub;
        gdb::RspDecoder requests;
    };
    void serve();
    bool pass(Conversation& talk);
    bool misbehave(Conversation& talk) const;
    bool begins(const gdb::RspEvent& event) const;

    QTemporaryDir m_directory;
    gdb::Endpoint m_stub;
    Phase m_phase;
    Manner m_manner;
    gdb::ServerSocket m_server;
    std::vector<Conversation> m_talks;
    std::atomic<bool> m_ending{false};
    std::atomic<Clock::rep> m_began{0};
    std::thread m_thread;
};

} // namespace pgtscope::test
