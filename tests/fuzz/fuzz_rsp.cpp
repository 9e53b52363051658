// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "gdb/rsp/rspconversation.h"
#include "gdb/rsp/rsppacket.h"

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

/// A conversation whose sides take turns every `piece` bytes; every byte is taken once.
void checkConversation(std::string_view bytes, std::size_t piece)
{
    RspConversation conversation;
    bool debugger = true;
    for (std::size_t at = 0; at < bytes.size(); at += piece, debugger = !debugger) {
        std::string_view part = bytes.substr(at, piece);
        if (debugger)
            conversation.fromDebugger(part);
        while (!debugger && !part.empty()) {
            std::size_t used = 0;
            const auto stop = conversation.fromStub(part, used);
            require(used > 0 && used <= part.size() && (stop || used == part.size()));
            require(!stop || (isStopReply(stop->reply) && !conversation.running()));
            part.remove_prefix(used);
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
