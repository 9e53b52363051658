// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "gdb/rsp/rsppacket.h"

namespace pgtscope::gdb {

/// The end of a run that the debugger asked for.
struct StubStop {
    std::string reply; ///< The stub's stop reply, unescaped: "T05thread:p01.01;…".
    bool stepped = false; ///< One instruction was asked for: part of a longer command as often as not.
};

/// Follows what a debugger and a stub send each other, without taking part, and determines when a third party
/// may speak to the stub.
class RspConversation {
public:
    /// A packet, a receipt or a refusal of the debugger's that reaches the stub.
    void fromDebugger(const RspEvent& event);
    /// A packet of the stub's that reaches the debugger, unescaped; the stop if it ends a run.
    std::optional<StubStop> fromStub(const std::string& payload);

    /// The guest runs, as far as the debugger knows.
    bool running() const { return m_running; }
    /// The debugger has detached from the guest, or ended it.
    bool over() const { return m_over; }
    /// The debugger's last request if it has no final answer yet.
    std::optional<std::string_view> openRequest() const
    {
        return m_open ? std::optional<std::string_view>(m_request) : std::nullopt;
    }
    /// The debugger is idle: no request is open, no receipt due.
    bool quiet() const;
    /// The debugger has asked why the guest is stopped, as the first thing on every connection.
    bool introduced() const { return m_introduced; }
    /// Packets are not acknowledged any more.
    bool withoutAcks() const { return m_withoutAcks; }
    /// Thread whose registers and memory the debugger reads ("p01.01"): the last one that it has chosen or
    /// that a stop has named; empty: none yet.
    const std::string& chosenThread() const { return m_thread; }

private:
    void request(const std::string& payload);
    void followThread(std::string_view stopReply);

    std::string m_request; ///< The last one.
    std::string m_thread;
    bool m_open = false; ///< m_request has no final answer yet.
    bool m_running = false;
    bool m_stepping = false;
    bool m_listing = false; ///< Between the first and the last part of a list of threads.
    bool m_ackDue = false;
    bool m_introduced = false;
    bool m_withoutAcks = false;
    bool m_over = false;
};

/// Whether a payload says that the guest stopped or ended.
bool isStopReply(std::string_view payload);
/// Of the stop replies those by which a stub says that its guest has ended (W and X).
bool isEndOfGuest(std::string_view payload);
/// A request that lets the guest run: gdb manual, "Packets" and "vCont". "F" answers a call of the guest's to
/// the host, after which it runs on.
bool resumesGuest(std::string_view request);
/// A request for the list of threads, or for more of it. gdb asks for it at each stop that its user sees
/// (infrun.c, normal_stop), and not between the steps that it takes by itself.
bool asksForThreads(std::string_view request);
/// Whether a payload is text of the guest's or the monitor's, of which more may follow.
bool isConsoleOutput(std::string_view payload);

} // namespace pgtscope::gdb
