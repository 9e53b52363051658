// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "gdb/net/streamsocket.h"
#include "gdb/rsp/outgoing.h"
#include "gdb/rsp/rspconversation.h"
#include "gdb/rsp/stopgate.h"
#include "gdb/rsp/stubfilter.h"
#include "gdb/rsp/stubjobs.h"
#include "gdb/rsp/stubline.h"
#include "gdb/rsp/stubnotes.h"

namespace pgtscope::gdb {

struct StubSwitchOptions {
    StubTraits traits;
    /// Hold the debugger's stops until they were looked at, see StubMux::awaitStop().
    bool holdStops = false;
    /// A debugger that sends nothing for so long after a single step has returned control to its user.
    std::chrono::milliseconds restTime{150};
    /// A stub that leaves a request unanswered for so long, and twice its reply time, is given up: a user's
    /// debugger would wait for ever. A guest that runs, and a command of the monitor's, may take their time.
    std::chrono::milliseconds patience{9000};
    /// Let the stub use files of this machine and run commands on it through the debugger, see StubFilter.
    bool fileIo = false;
    /// Pass every command of QEMU's monitor on, not only those that read, see monitorOnlyReads().
    bool monitor = true;
};

/// The connection of one debugger to a stub, from its beginning to its end: passes whole packets both ways,
/// encoded anew, holds stops, and lets other callers speak to the stub in between. For one thread.
class StubSwitch {
public:
    /// What outlives the connection.
    struct Shared {
        StopGate& gate; ///< Holds the debugger's stops.
        StubFilter& filter; ///< Restarted.
        StubNotes& notes; ///< Gets what is noticed.
    };

    StubSwitch(
        const StubSwitchOptions& options, StreamSocket debugger, StreamSocket stub, const Shared& shared);

    /// Passes on what has come; waits for it for a moment, or until `wake` is readable.
    void turn(const WakeUp& wake);
    /// One of the two sides is gone.
    bool ended() const { return !m_debugger.isOpen() || !m_stub.isOpen(); }

    bool stubIsOpen() const { return m_stub.isOpen(); }
    /// The guest runs, as far as the debugger knows.
    bool running() const { return m_conversation.running(); }
    /// The debugger has detached from the guest, or ended it.
    bool detached() const { return m_conversation.over(); }
    /// Another caller may speak to the stub now: a stop is held, or the conversation pauses.
    bool idle() const { return holding() ? m_toStub.empty() : m_stub.isOpen() && quiet(); }
    /// While it is idle.
    core::Result<void> speak(const StubJobs::Work& work);

private:
    void passFromDebugger();
    void drainDebugger();
    bool holdsFor(const RspEvent& event);
    void passFromStub();
    void passStubEvent(const RspEvent& event);
    void passStubPacket(const std::string& payload);
    void countAnswer(bool last);
    void answerStub(const StubVerdict& verdict);
    void passDebuggerEvent(const RspEvent& event);
    bool refusesMonitor(const std::string& request);
    void passArrival();
    void giveUpSilentStub();
    void toDebugger(std::string_view bytes);
    void flush();
    bool quiet() const
    {
        return m_conversation.quiet() && m_fromStub.betweenPackets() && m_fromDebugger.betweenPackets()
            && m_toStub.empty();
    }
    void hold(HeldStop stop);
    void holdAfterRest();
    bool holding() const { return m_shared.gate.holding(); }
    void release();

    const StubSwitchOptions& m_options;
    Shared m_shared;
    StreamSocket m_debugger;
    StreamSocket m_stub;
    RspConversation m_conversation;
    RspDecoder m_fromDebugger;
    RspDecoder m_fromStub;
    Outgoing m_toDebugger; ///< To be sent when what came has been looked at, and so is the next.
    Outgoing m_toStub;
    unsigned m_ownPackets = 0; ///< Packets in the debugger's name whose receipt it must not see.
    unsigned m_ownReplies = 0; ///< The same in the stub's name.
    std::string m_untaken; ///< The debugger's last request, until the stub's receipt for it.
    std::string m_behindStop; ///< Bytes of the stub from the held stop reply on.
    std::optional<HeldStop> m_resting; ///< Becomes a stop if the debugger lets the guest rest.
    std::optional<RspEvent> m_kept; ///< What the debugger asked when it was made to wait.
    WaitLimit::Clock::time_point m_restSince;
    WaitLimit::Clock::time_point m_askedAt; ///< The debugger's last request, or the last part of the answer.
    std::chrono::milliseconds m_partsTook{}; ///< The packets of the answer so far.
    /// The first of the debugger's requests that the stub has not answered.
    std::optional<WaitLimit::Clock::time_point> m_unansweredSince;
    bool m_introduced = false;
};

} // namespace pgtscope::gdb
