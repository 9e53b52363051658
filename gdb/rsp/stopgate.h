// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>

#include "gdb/host/waitlimit.h"
#include "gdb/host/wakeup.h"
#include "gdb/rsp/rspconversation.h"

namespace pgtscope::gdb {

/// A stop of the debugger that waits to be looked at.
struct HeldStop {
    StubStop stop;
    bool attached = false; ///< The debugger has just connected: `stop` is empty.
};

/// Where the thread that serves a debugger holds its stop until another thread has looked at it.
class StopGate {
public:
    /// `server` wakes the thread that holds the stops; it outlives this object.
    explicit StopGate(const WakeUp& server)
        : m_server(server)
    {
    }

    /// The next stop that is held, reported once; nullopt when the limit passes, or after close().
    std::optional<HeldStop> await(const WaitLimit& limit);
    /// The stop that is held has been looked at.
    void pass();
    /// Thread that the debugger had chosen at the latest stop that was held.
    std::string chosenThread() const;

    // For the thread that holds the stops.
    void hold(HeldStop stop, const std::string& chosenThread);
    bool holding() const;
    /// True if pass() was called since hold(): nothing is held any more.
    bool takePassed();
    /// Nothing is held any more.
    void drop();
    /// Nothing will be held any more.
    void close();

private:
    enum class State {
        Empty,
        Held, ///< await() has not reported it.
        Reported,
        Passed, ///< takePassed() has not been asked yet.
    };

    const WakeUp& m_server;
    mutable std::mutex m_mutex; ///< Of what follows.
    std::condition_variable m_changed;
    HeldStop m_stop; ///< Unless the state is Empty.
    State m_state = State::Empty;
    bool m_closed = false;
    std::string m_chosenThread;
};

} // namespace pgtscope::gdb
