// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "gdb/rsp/rspconversation.h"
#include "gdb/rsp/rsppacket.h"
#include "gdb/rsp/stubfilter.h"

using namespace pgtscope::gdb;

namespace {

void require(bool holds)
{
    if (!holds)
        std::abort();
}

std::vector<RspEvent> eventsOf(std::string_view bytes, std::size_t piece)
{
    RspDecoder decoder;
    std::vector<RspEvent> events;
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
        decoder.feed(bytes.substr(at, piece));
        while (auto event = decoder.next()) {
            require(event->payload.size() <= rspMaxPayload);
            events.push_back(std::move(*event));
        }
    }
    return events;
}

/// What is told does not depend on where the bytes were cut.
void checkPieces(std::string_view bytes, std::size_t piece)
{
    const auto whole = eventsOf(bytes, std::max<std::size_t>(bytes.size(), 1));
    const auto pieces = eventsOf(bytes, piece);
    require(std::equal(whole.begin(), whole.end(), pieces.begin(), pieces.end(),
        [](const RspEvent& a, const RspEvent& b) { return a.kind == b.kind && a.payload == b.payload; }));
}

/// What is packed comes out again.
void checkRoundTrip(std::string_view payload)
{
    const auto events = eventsOf(encodeRspPacket(payload), 7);
    require(events.size() == 1 && events[0].kind == RspEvent::Kind::Packet && events[0].payload == payload);
    require(hexDecode(hexEncode(payload)) == payload);
}

/// No call of a stub's reaches a debugger: gdb serves what begins with F while it waits for a stop, and
/// remembers a stray packet until then.
void checkVerdict(const RspConversation& talk, const StubVerdict& verdict)
{
    if (verdict.kind != StubVerdict::Kind::Pass || !verdict.payload.starts_with('F'))
        return;
    require(talk.openRequest() && !talk.running());
    require(verdict.payload.find_first_not_of("0123456789abcdefABCDEF") == std::string::npos);
}

/// A conversation whose sides take turns every `piece` bytes.
void checkConversation(std::string_view bytes, std::size_t piece)
{
    RspConversation conversation;
    RspDecoder stub;
    RspDecoder speaker;
    StubFilter filter;
    bool debugger = true;
    for (std::size_t at = 0; at < bytes.size(); at += piece, debugger = !debugger) {
        const std::string_view part = bytes.substr(at, piece);
        if (debugger)
            speaker.feed(part);
        else
            stub.feed(part);
        for (auto event = speaker.next(); event; event = speaker.next())
            conversation.fromDebugger(*event);
        for (auto event = stub.next(); event; event = stub.next()) {
            if (event->kind != RspEvent::Kind::Packet)
                continue;
            const auto verdict
                = filter.judge(conversation.openRequest(), conversation.running(), event->payload);
            checkVerdict(conversation, verdict);
            if (verdict.kind != StubVerdict::Kind::Pass)
                continue;
            const auto stop = conversation.fromStub(verdict.payload);
            require(!stop || (isStopReply(stop->reply) && !conversation.running()));
        }
        require(!conversation.quiet() || (!conversation.running() && !conversation.over()));
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    if (size == 0)
        return 0;
    const std::size_t piece = 1 + data[0] % 32;
    const std::string bytes(data + 1, data + size);
    checkPieces(bytes, piece);
    checkRoundTrip(bytes);
    checkConversation(bytes, piece);
    return 0;
}
