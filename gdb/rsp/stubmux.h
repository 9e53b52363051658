// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "core/base/task.h"
#include "gdb/host/owneddirectory.h"
#include "gdb/net/serversocket.h"
#include "gdb/rsp/rspconversation.h"
#include "gdb/rsp/stubfilter.h"
#include "gdb/rsp/stubguard.h"
#include "gdb/rsp/stubline.h"
#include "gdb/rsp/stubreader.h"

namespace pgtscope::gdb {

struct StubMuxOptions {
    Endpoint stub;
    /// Where a debugger connects; nullopt: a unix socket in a directory that only its user can enter, see
    /// StubMux::endpoint().
    std::optional<Endpoint> listen;
    /// No other debugger can connect once the first one has.
    bool oneDebugger = false;
    StubTraits traits;
    /// Sent to the stub should this process be killed, see farewellBytes(); empty: nothing.
    std::string farewell;
    /// Hold the debugger's stops until they were looked at, see awaitStop().
    bool holdStops = false;
    /// A debugger that sends nothing for so long after a single step has returned control to its user.
    std::chrono::milliseconds restTime{150};
    /// Let the stub use files of this machine and run commands on it through the debugger, see StubFilter.
    bool fileIo = false;
    /// Pass every command of QEMU's monitor on, not only those that read, see monitorOnlyReads().
    bool monitor = true;
};

/// A stop of the debugger that waits to be looked at.
struct HeldStop {
    StubStop stop;
    bool attached = false; ///< The debugger has just connected: `stop` is empty.
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
    const Endpoint& endpoint() const { return m_endpoint; }
    const StubTraits& traits() const override { return m_options.traits; }

    using Work = std::function<core::Result<void>(StubLine& line)>;
    /// Runs `work` on the mux's thread as soon as the connection is idle, and waits for it. An Error if that
    /// does not come before the limit, the guest runs, or no debugger is connected.
    core::Result<void> perform(const WaitLimit& limit, const Work& work);
    /// Pieces of any number, cut so that the debugger never waits long.
    core::Result<void> read(std::span<StubRead> pieces, const WaitLimit& limit) override;

    /// With holdStops: the next stop, which is held back from the debugger, or after which it is made to
    /// wait, until passStop(). A single step counts when the debugger rests after it or shows it to its user
    /// (asksForThreads()), its arrival when it rests or lets the guest run. nullopt when the limit passes.
    std::optional<HeldStop> awaitStop(const WaitLimit& limit);
    void passStop();
    /// Thread that the debugger has chosen, to be restored by a caller that chooses another.
    std::string chosenThread();
    bool connected() const { return m_connected; }
    /// How long the stub has taken for its answers since the start, at most a second each, or twice its
    /// usual time: it is slow then, not dead. What it says without being asked does not count.
    std::chrono::milliseconds answering() const { return std::chrono::milliseconds(m_answering); }
    /// How often there was a sign that another debugger had resumed the guest: a stop that was not asked for,
    /// or a request that the debugger had to repeat because the stub did not take it. (While the guest runs,
    /// QEMU swallows the byte that a packet begins with, and stops the guest: gdbstub.c, gdb_read_byte.)
    unsigned disturbances() const { return m_disturbances; }
    /// Why the last debugger could not be served, or was not to the end; empty if it could.
    std::string problem();
    /// What was turned away: a call of the stub's to this machine, another user, or a program that is no
    /// debugger. A sentence that is given once; empty: nothing.
    std::string takeRefusal();

private:
    struct Job {
        const Work* work = nullptr;
        WaitLimit limit;
        std::optional<core::Result<void>> result;
    };

    StubMux(const StubMuxOptions& options, ServerSocket server, std::optional<OwnedDirectory> directory,
        int wake);
    void serve();
    void welcome();
    bool speaksAsDebugger(StreamSocket& client);
    void refuse(std::string sentence);
    void converse();
    void look();
    void passFromDebugger();
    void drainDebugger();
    bool holdsFor(const RspEvent& event);
    void passFromStub();
    void passStubEvent(const RspEvent& event);
    void passStubPacket(const std::string& payload);
    void answerStub(const StubVerdict& verdict);
    void passDebuggerEvent(const RspEvent& event);
    bool refusesMonitor(const std::string& request);
    void passArrival();
    void toDebugger(std::string_view bytes);
    void flush();
    bool quiet() const
    {
        return m_conversation.quiet() && m_fromStub.betweenPackets() && m_fromDebugger.betweenPackets()
            && m_toStub.empty();
    }
    /// Bytes on their way to one side.
    struct Outgoing {
        std::string bytes;
        WaitLimit::Clock::time_point
            stuckSince; ///< When the other side last took some, if it takes none now.

        bool empty() const { return bytes.empty(); }
    };
    void send(StreamSocket& to, Outgoing& outgoing);
    short eventsOf(const Outgoing& outgoing) const;
    void hold(HeldStop stop);
    void holdAfterRest();
    bool holding();
    void release();
    void doWork();
    void finishJob(core::Result<void> result);
    std::optional<core::Error> whyNotNow(const WaitLimit& limit) const;
    void hangUp();
    void removeListener();
    void wake() const;

    StubMuxOptions m_options;
    ServerSocket m_server;
    Endpoint m_endpoint;
    std::optional<OwnedDirectory> m_directory; ///< Of the private socket.
    int m_wake; ///< eventfd: something has changed for the thread to look at.
    core::CancelFlag m_ending;
    std::atomic<bool> m_connected{false};
    std::atomic<std::int64_t> m_answering{0}; ///< See answering(), in ms.
    std::atomic<unsigned> m_disturbances{0};

    std::mutex m_mutex; ///< Of what follows, up to the thread's own part.
    std::condition_variable m_changed;
    Job* m_job = nullptr;
    std::optional<HeldStop> m_held;
    bool m_heldTold = false; ///< awaitStop() has reported it.
    bool m_passStop = false; ///< passStop() was called.
    bool m_finished = false; ///< No debugger will be served any more.
    std::string m_chosenThread;
    std::string m_problem;
    std::string m_refusal;

    // The thread's own.
    StreamSocket m_debugger;
    StreamSocket m_stub;
    RspConversation m_conversation;
    RspDecoder m_fromDebugger;
    RspDecoder m_fromStub;
    StubFilter m_filter;
    Outgoing m_toDebugger; ///< To be sent when what came has been looked at, and so is the next.
    Outgoing m_toStub;
    unsigned m_ownPackets = 0; ///< Packets in the debugger's name whose receipt it must not see.
    unsigned m_ownReplies = 0; ///< The same in the stub's name.
    std::string m_untaken; ///< The debugger's last request, until the stub's receipt for it.
    StubGuard m_guard;
    std::string m_behindStop; ///< Bytes of the stub from the held stop reply on.
    std::optional<HeldStop> m_resting; ///< Becomes a stop if the debugger lets the guest rest.
    std::optional<RspEvent> m_kept; ///< What the debugger asked when it was made to wait.
    WaitLimit::Clock::time_point m_restSince;
    WaitLimit::Clock::time_point m_askedAt; ///< The debugger's last request.
    bool m_introduced = false;
    core::Task m_task;
};

} // namespace pgtscope::gdb
