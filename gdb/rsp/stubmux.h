// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "core/base/task.h"
#include "gdb/rsp/debuggerdoor.h"
#include "gdb/rsp/stubguard.h"
#include "gdb/rsp/stubreader.h"
#include "gdb/rsp/stubswitch.h"

namespace pgtscope::gdb {

struct StubMuxOptions : StubSwitchOptions {
    Endpoint stub;
    /// Where a debugger connects; nullopt: a unix socket in a directory that only its user can enter, see
    /// StubMux::endpoint().
    std::optional<Endpoint> listen;
    /// No other debugger can connect once the first one has.
    bool oneDebugger = false;
    /// Sent to the stub should this process be killed, see farewellBytes(); empty: nothing.
    std::string farewell;
};

/// A proxy between a debugger and a stub that serves one client only. Whole packets pass, encoded anew: of
/// the stub those that StubFilter lets pass. In the pauses of their conversation, and while the guest is
/// stopped, other callers may speak to the stub, too; what the debugger sends meanwhile waits. Has a thread
/// of its own; any thread may call.
class StubMux : public StubReader {
public:
    static core::Result<std::unique_ptr<StubMux>> start(const StubMuxOptions& options);
    ~StubMux() override;
    StubMux(const StubMux&) = delete;
    StubMux& operator=(const StubMux&) = delete;

    /// Ends both connections; every call is an Error from then on.
    void stop();
    const Endpoint& endpoint() const { return m_door.endpoint(); }
    const StubTraits& traits() const override { return m_options.traits; }

    using Work = StubJobs::Work;
    /// Runs `work` on the mux's thread as soon as the connection is idle, and waits for it. An Error if that
    /// does not come before the limit, the guest runs, or no debugger is connected.
    core::Result<void> perform(const WaitLimit& limit, const Work& work)
    {
        return m_jobs.perform(limit, work);
    }
    /// Pieces of any number, cut so that the debugger never waits long.
    core::Result<void> read(std::span<StubRead> pieces, const WaitLimit& limit) override;

    /// With holdStops: the next stop, which is held back from the debugger, or after which it is made to
    /// wait, until passStop(). A single step counts when the debugger rests after it or shows it to its user
    /// (asksForThreads()), its arrival when it rests or lets the guest run. nullopt when the limit passes.
    std::optional<HeldStop> awaitStop(const WaitLimit& limit) { return m_gate.await(limit); }
    void passStop() { m_gate.pass(); }
    /// Thread that the debugger has chosen, to be restored by a caller that chooses another.
    std::string chosenThread() const { return m_gate.chosenThread(); }
    bool connected() const { return m_connected; }
    /// How long the stub has taken for its answers since the start, at most a second each, or twice its usual
    /// time: it is slow then, not dead. What it says without being asked does not count.
    std::chrono::milliseconds answering() const { return m_notes.answering(); }
    /// How often there was a sign that another debugger had resumed the guest: a stop that was not asked for,
    /// or a request that the debugger had to repeat because the stub did not take it. (While the guest runs,
    /// QEMU swallows the byte that a packet begins with, and stops the guest: gdbstub.c, gdb_read_byte.)
    unsigned disturbances() const { return m_notes.disturbances(); }
    /// The stub has reported that its guest is at its end (packet W or X), even if the debugger has not heard
    /// it: QEMU goes right after it, and gdb gives up as soon as it cannot acknowledge the packet.
    bool guestEnded() const { return m_notes.guestEnded(); }
    /// Why the last debugger could not be served, or was not to the end; empty if it could.
    std::string problem() const { return m_notes.problem(); }
    /// What was turned away: a call of the stub's to this machine, another user, or a program that is no
    /// debugger. A sentence that is given once; empty: nothing.
    std::string takeRefusal() { return m_notes.takeRefusal(); }

private:
    StubMux(const StubMuxOptions& options, DebuggerDoor door, WakeUp wake);
    void serve();
    void welcome();
    void look();
    std::optional<core::Error> whyNotNow(const WaitLimit& limit) const;
    void hangUp();

    StubMuxOptions m_options;
    DebuggerDoor m_door;
    WakeUp m_wake; ///< Something has changed for the thread to look at.
    StubJobs m_jobs;
    StopGate m_gate;
    core::CancelFlag m_ending;
    std::atomic<bool> m_connected{false};
    StubNotes m_notes;

    // The thread's own.
    StubFilter m_filter;
    StubGuard m_guard;
    std::optional<StubSwitch> m_switch; ///< nullopt: no debugger is connected.
    core::Task m_task;
};

} // namespace pgtscope::gdb
