// SPDX-License-Identifier: GPL-2.0-or-later
// What is between a debugger and a stub, with both of them hostile: the server side of the remote protocol.
#include <string>

#include "gdb/host/wakeup.h"
#include "gdb/rsp/stubswitch.h"
#include "tests/fuzz/wire.h"

using namespace pgtscope;
using namespace pgtscope::gdb;
using pgtscope::fuzz::Input;
using pgtscope::fuzz::require;
using pgtscope::fuzz::Wire;

namespace {

/// Each line of an input is one act. '>' is a packet of the debugger's, '<' one of the stub's, ')' and '('
/// are bytes as they are; 'p' passes a held stop, 'j' asks the stub beside the debugger, and it answers by
/// what is left of the line.
class Conversation {
public:
    explicit Conversation(std::uint8_t options)
        : m_options(optionsFrom(options))
        , m_wake(WakeUp::make().value())
        , m_gate(m_wake)
        , m_filter(m_options.fileIo)
        , m_switch(m_options, m_debugger.theirs(), m_stub.theirs(), {m_gate, m_filter, m_notes})
    {
        m_wake.wake(); // so that no turn waits
    }

    bool ended() const { return m_switch.ended(); }

    void act(std::string_view line)
    {
        const char kind = line.empty() ? '>' : line.front();
        const std::string_view rest = line.substr(std::min<std::size_t>(1, line.size()));
        if (kind == 'p')
            passStop();
        else if (kind == 'j')
            job(rest);
        else if (kind == '<' || kind == '(')
            m_stub.send(kind == '<' ? encodeRspPacket(rest) : std::string(rest));
        else
            m_debugger.send(kind == ')' ? std::string(rest) : encodeRspPacket(rest));
        turn();
    }

private:
    static StubSwitchOptions optionsFrom(std::uint8_t bits)
    {
        StubSwitchOptions options;
        options.traits = {(bits & 1U) != 0 ? std::size_t{4096} : std::size_t{0}, (bits & 2U) != 0,
            (bits & 4U) != 0, std::chrono::milliseconds(0)};
        options.holdStops = (bits & 8U) != 0;
        options.restTime = std::chrono::milliseconds(0);
        options.fileIo = (bits & 16U) != 0;
        options.monitor = (bits & 32U) != 0;
        return options;
    }

    void passStop()
    {
        if (m_gate.holding())
            (void)m_gate.await(WaitLimit::after(std::chrono::milliseconds(1)));
        m_gate.pass();
    }

    void turn()
    {
        for (int turns = 0; turns < 2 && !m_switch.ended(); ++turns)
            m_switch.turn(m_wake);
        (void)m_notes.takeRefusal();
        checkDebuggerGets(m_debugger.received());
        checkStubGets(m_stub.received());
    }

    /// Whole packets, and no call of the stub's to this machine.
    void checkDebuggerGets(std::string_view bytes)
    {
        m_toDebugger.feed(bytes);
        while (const auto event = m_toDebugger.next()) {
            require(event->kind != RspEvent::Kind::Damaged && event->kind != RspEvent::Kind::Notification);
            if (event->kind == RspEvent::Kind::Packet && event->payload.starts_with('F') && !m_options.fileIo)
                require(event->payload.find_first_not_of("0123456789abcdefABCDEF") == std::string::npos);
        }
    }

    /// Whole packets, and no command of a monitor that does more than read.
    void checkStubGets(std::string_view bytes)
    {
        m_toStub.feed(bytes);
        while (const auto event = m_toStub.next()) {
            require(event->kind != RspEvent::Kind::Damaged && event->kind != RspEvent::Kind::Notification);
            if (event->kind == RspEvent::Kind::Packet && event->payload.starts_with("qRcmd,")
                && !m_options.monitor)
                require(
                    monitorOnlyReads(hexDecode(std::string_view(event->payload).substr(6)).value_or("stop")));
        }
    }

    /// Ends the conversation: a stub that falls silent would cost seconds of patience.
    void job(std::string_view reply)
    {
        if (!m_switch.idle())
            return;
        for (Input replies(reinterpret_cast<const std::uint8_t*>(reply.data()), reply.size());
             !replies.empty();)
            m_stub.send(encodeRspPacket(replies.until("|")));
        m_stub.end();
        const WaitLimit limit = WaitLimit::after(std::chrono::milliseconds(100));
        (void)m_switch.speak([&](StubLine& line) -> core::Result<void> {
            std::array<std::byte, 64> bytes{};
            std::array<StubRead, 1> reads{{{core::PhysicalAddress(0x1000), bytes, false}}};
            RETURN_IF_ERROR(line.ask("g", limit));
            return line.read(reads, limit);
        });
    }

    StubSwitchOptions m_options;
    WakeUp m_wake;
    StopGate m_gate;
    StubFilter m_filter;
    StubNotes m_notes;
    Wire m_debugger;
    Wire m_stub;
    StubSwitch m_switch;
    RspDecoder m_toDebugger;
    RspDecoder m_toStub;
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    Input input(data, size);
    Conversation conversation(input.byte());
    for (int acts = 0; acts < 256 && !input.empty() && !conversation.ended(); ++acts)
        conversation.act(input.line());
    return 0;
}
