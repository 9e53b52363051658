// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/rsp/stubswitch.h"

#include <algorithm>
#include <array>
#include <poll.h>

namespace pgtscope::gdb {

namespace {

using std::chrono::milliseconds;

/// An answer that takes longer counts as one that takes this long, see StubMux::answering().
milliseconds maxCounted(const StubTraits& stub) { return std::max(milliseconds(1000), 2 * stub.replyTime); }
/// Between two looks at deadlines and cancels, which wake no thread.
constexpr int turnSlice = 20;
/// A debugger that has not taken so much of what the stub said gets no more for now, in bytes.
constexpr std::size_t maxQueued = 64U << 20U;
/// So much is counted for the packets of one answer.
constexpr milliseconds maxPartsTook{30'000};

} // namespace

StubSwitch::StubSwitch(
    const StubSwitchOptions& options, StreamSocket debugger, StreamSocket stub, const Shared& shared)
    : m_options(options)
    , m_shared(shared)
    , m_debugger(std::move(debugger))
    , m_stub(std::move(stub))
{
    m_shared.filter.restart();
}

core::Result<void> StubSwitch::speak(const StubJobs::Work& work)
{
    StubLine line(m_stub, m_options.traits, m_conversation.withoutAcks());
    auto result = work(line);
    if (line.broken()) {
        m_stub.close();
        m_shared.notes.setProblem(
            result ? "the gdbstub's connection is no longer usable" : result.error().message());
    }
    return result;
}

void StubSwitch::turn(const WakeUp& wake)
{
    holdAfterRest();
    if (!m_stub.isOpen())
        return;
    const bool held = holding();
    // While a stop is held, neither side is read: what it sends stays in its socket.
    std::array<pollfd, 3> entries{{{wake.descriptor(), POLLIN, 0}, {m_debugger.descriptor(), POLLIN, 0},
        {m_stub.descriptor(), POLLIN, 0}}};
    for (std::size_t side = 1; side < entries.size(); ++side) {
        const short sending = (side == 1 ? m_toDebugger : m_toStub).events();
        const bool full = side == 2 && m_toDebugger.size() > maxQueued;
        entries[side].events = static_cast<short>((held || full ? 0 : POLLIN) | sending);
        // A side that hung up would be ready for ever.
        if (entries[side].events == 0)
            entries[side].fd = -1;
    }
    ::poll(entries.data(), entries.size(), turnSlice);
    flush();
    if (held)
        return release();
    if ((entries[2].revents & (POLLIN | POLLHUP | POLLERR)) != 0)
        passFromStub();
    if (m_stub.isOpen() && m_debugger.isOpen() && !holding()
        && (entries[1].revents & (POLLIN | POLLHUP | POLLERR)) != 0)
        passFromDebugger();
    giveUpSilentStub();
}

void StubSwitch::giveUpSilentStub()
{
    const auto request = m_conversation.openRequest();
    const bool waits = request && !m_conversation.running() && !m_conversation.over() && !holding();
    if (!waits || request->starts_with("qRcmd,")) {
        m_unansweredSince.reset();
        return;
    }
    const auto now = WaitLimit::Clock::now();
    if (!m_unansweredSince)
        m_unansweredSince = now;
    const auto most = m_options.patience + 2 * m_options.traits.replyTime;
    if (now - *m_unansweredSince < most)
        return;
    m_stub.close();
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(most);
    m_shared.notes.setProblem(core::Error{"get an answer for the debugger",
        "the gdbstub has not given one for " + std::to_string(seconds.count()) + " s",
        "check that its QEMU still runs and is not stuck"}
                                  .message());
}

void StubSwitch::passFromDebugger()
{
    std::array<std::byte, 16384> block;
    const auto count = m_debugger.readSome(block, WaitLimit::after(milliseconds(0)));
    if (!count || *count == 0) {
        m_debugger.close();
        return;
    }
    m_fromDebugger.feed(std::string_view(reinterpret_cast<const char*>(block.data()), *count));
    drainDebugger();
}

void StubSwitch::drainDebugger()
{
    while (m_debugger.isOpen() && !holding()) {
        const auto event = m_kept ? std::exchange(m_kept, std::nullopt) : m_fromDebugger.next();
        if (!event)
            break;
        if (!holdsFor(*event))
            passDebuggerEvent(*event);
    }
    if (m_conversation.running() || m_conversation.over())
        m_resting.reset();
    flush();
}

/// Whether a request shows that what the guest rests at is a stop: it waits then until that was looked at.
bool StubSwitch::holdsFor(const RspEvent& event)
{
    if (!m_options.holdStops || !m_resting || event.kind != RspEvent::Kind::Packet)
        return false;
    if (m_resting->attached ? !resumesGuest(event.payload) : !asksForThreads(event.payload))
        return false;
    flush();
    if (!quiet())
        return false;
    // A debugger that gets no receipt says it once more.
    if (!m_conversation.withoutAcks()) {
        m_toDebugger.add("+");
        ++m_ownPackets;
    }
    m_kept = event;
    hold(*std::exchange(m_resting, std::nullopt));
    return true;
}

void StubSwitch::passDebuggerEvent(const RspEvent& event)
{
    switch (event.kind) {
    case RspEvent::Kind::Ack:
    case RspEvent::Kind::Nak:
        if (m_ownReplies > 0) {
            --m_ownReplies;
            break;
        }
        m_conversation.fromDebugger(event);
        m_toStub.add(event.kind == RspEvent::Kind::Ack ? "+" : "-");
        break;
    case RspEvent::Kind::Interrupt:
        m_toStub.add("\x03");
        break;
    case RspEvent::Kind::Packet:
        if (refusesMonitor(event.payload))
            break;
        m_conversation.fromDebugger(event);
        if (!m_untaken.empty() && m_untaken == event.payload)
            m_shared.notes.addDisturbance();
        m_untaken = m_conversation.withoutAcks() ? std::string() : event.payload;
        m_askedAt = WaitLimit::Clock::now();
        m_partsTook = {};
        m_toStub.add(encodeRspPacket(event.payload));
        break;
    case RspEvent::Kind::Notification: // A debugger has none.
        break;
    case RspEvent::Kind::Damaged:
        if (m_conversation.withoutAcks())
            m_debugger.close();
        else
            toDebugger("-");
        break;
    }
}

/// True if it was a command of the monitor's that may do more than read: its answer is ours.
bool StubSwitch::refusesMonitor(const std::string& request)
{
    constexpr std::string_view packet = "qRcmd,";
    if (m_options.monitor || !request.starts_with(packet))
        return false;
    const auto command = hexDecode(std::string_view(request).substr(packet.size()));
    if (command && monitorOnlyReads(*command))
        return false;
    const bool acks = !m_conversation.withoutAcks();
    toDebugger(acks ? "+" : "");
    toDebugger(encodeRspPacket("O"
        + hexEncode("pgtscope passes on only commands that read the guest (info, x, xp, "
                    "print, gva2gpa, …), unless pgt proxy has --allow-monitor\n")));
    toDebugger(encodeRspPacket("E01"));
    m_ownReplies += acks ? 2U : 0U;
    return true;
}

void StubSwitch::passFromStub()
{
    std::array<std::byte, 65536> block;
    const auto count = m_stub.readSome(block, WaitLimit::after(milliseconds(0)));
    if (!count || *count == 0) {
        m_stub.close();
        return;
    }
    m_fromStub.feed(std::string_view(reinterpret_cast<const char*>(block.data()), *count));
    while (const auto event = m_stub.isOpen() ? m_fromStub.next() : std::nullopt)
        passStubEvent(*event);
    flush();
    passArrival();
}

void StubSwitch::passStubEvent(const RspEvent& event)
{
    switch (event.kind) {
    case RspEvent::Kind::Ack:
    case RspEvent::Kind::Nak:
        m_untaken.clear();
        // A call of the stub's that is refused twice is not answered twice.
        if (m_ownPackets > 0)
            --m_ownPackets;
        else
            toDebugger(event.kind == RspEvent::Kind::Ack ? "+" : "-");
        break;
    case RspEvent::Kind::Packet:
        passStubPacket(event.payload);
        break;
    case RspEvent::Kind::Interrupt:
    case RspEvent::Kind::Notification: // Of non-stop mode, which the filter does not let a stub offer.
        break;
    case RspEvent::Kind::Damaged:
        if (!m_conversation.withoutAcks()) {
            m_toStub.add("-");
            break;
        }
        // gdb would take it as it is, and without acknowledgements it cannot be sent again.
        m_stub.close();
        m_shared.notes.setProblem("the gdbstub sent a damaged packet");
        break;
    }
}

void StubSwitch::passStubPacket(const std::string& payload)
{
    const bool ran = m_conversation.running();
    if (isEndOfGuest(payload))
        m_shared.notes.setGuestEnded();
    if (!ran && isStopReply(payload) && m_conversation.openRequest() != "?")
        m_shared.notes.addDisturbance();
    const StubVerdict verdict = m_shared.filter.judge(m_conversation.openRequest(), ran, payload);
    m_shared.notes.setRefusal(m_shared.filter.takeRefusal());
    if (verdict.kind != StubVerdict::Kind::Pass)
        return answerStub(verdict);
    const bool asked = m_conversation.openRequest().has_value() && !ran;
    const auto stop = m_conversation.fromStub(verdict.payload);
    if (!m_conversation.openRequest())
        m_unansweredSince.reset();
    if (asked)
        countAnswer(!m_conversation.openRequest());
    if (stop)
        m_ownPackets = 0;
    if (m_options.holdStops && ran && stop && !stop->stepped && !m_conversation.over() && !holding()) {
        // What came before it, the receipt of the debugger's request above all, must not be late.
        flush();
        hold({*stop, false});
    }
    toDebugger(encodeRspPacket(verdict.payload));
    if (stop && stop->stepped) {
        m_resting = HeldStop{*stop, false};
        m_restSince = WaitLimit::Clock::now();
    }
}

/// A command of the monitor's is answered by many packets, each of which takes a slow stub its time.
void StubSwitch::countAnswer(bool last)
{
    const auto now = WaitLimit::Clock::now();
    const auto passed = now - m_askedAt;
    const auto took
        = std::min(maxCounted(m_options.traits), std::chrono::duration_cast<milliseconds>(passed));
    // What is less than a millisecond counts with the next packet.
    m_askedAt = now - passed % milliseconds(1);
    if (last || (m_partsTook += took) <= maxPartsTook)
        m_shared.notes.addAnswering(took);
}

/// Acknowledges, in the debugger's name, a packet that the debugger does not get.
void StubSwitch::answerStub(const StubVerdict& verdict)
{
    std::string bytes = m_conversation.withoutAcks() ? "" : "+";
    if (verdict.kind == StubVerdict::Kind::Refuse) {
        bytes += encodeRspPacket(verdict.payload);
        m_ownPackets += m_conversation.withoutAcks() ? 0U : 1U;
    }
    m_toStub.add(bytes);
}

void StubSwitch::passArrival()
{
    const bool introduced = m_conversation.introduced();
    if (introduced && !std::exchange(m_introduced, introduced)) {
        m_resting = HeldStop{{}, true};
        m_restSince = WaitLimit::Clock::now();
    }
}

void StubSwitch::toDebugger(std::string_view bytes)
{
    if (holding())
        m_behindStop += bytes;
    else
        m_toDebugger.add(bytes);
}

void StubSwitch::flush()
{
    m_toStub.sendTo(m_stub);
    m_toDebugger.sendTo(m_debugger);
}

void StubSwitch::hold(HeldStop stop)
{
    m_shared.gate.hold(std::move(stop), m_conversation.chosenThread());
    m_resting.reset();
}

void StubSwitch::holdAfterRest()
{
    if (!m_options.holdStops || !m_resting || !quiet() || holding())
        return;
    if (WaitLimit::Clock::now() - m_restSince >= m_options.restTime)
        hold(*std::exchange(m_resting, std::nullopt));
}

/// Passes the held stop to the debugger if passStop() was called.
void StubSwitch::release()
{
    if (!m_shared.gate.takePassed())
        return;
    m_toDebugger.add(std::exchange(m_behindStop, {}));
    drainDebugger();
}

} // namespace pgtscope::gdb
