// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/catch.h"

#include <vector>

#include "gdb/rsp/rsppacket.h"

using namespace pgtscope::gdb;

namespace {

std::vector<RspEvent> decoded(std::string_view bytes, std::size_t piece = 1000)
{
    RspDecoder decoder;
    std::vector<RspEvent> events;
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
        decoder.feed(bytes.substr(at, piece));
        while (auto event = decoder.next())
            events.push_back(*event);
    }
    return events;
}

/// A packet with the right checksum around bytes that are on the wire already escaped or run-length coded.
std::string wire(std::string_view body)
{
    unsigned sum = 0;
    for (char c : body)
        sum += static_cast<unsigned char>(c);
    return "$" + std::string(body) + "#" + hexEncode(std::string(1, static_cast<char>(sum & 0xffU)));
}

} // namespace

TEST_CASE("A payload is framed with its checksum")
{
    CHECK(encodeRspPacket("?") == "$?#3f");
    CHECK(encodeRspPacket("") == "$#00");
    CHECK(encodeRspPacket("qqemu.PhyMemMode") == "$qqemu.PhyMemMode#" + wire("qqemu.PhyMemMode").substr(18));
}

TEST_CASE("Reserved bytes survive the way there and back")
{
    std::string payload;
    for (int byte = 0; byte < 256; ++byte)
        payload += static_cast<char>(static_cast<unsigned char>(byte));
    const auto events = decoded(encodeRspPacket(payload));
    REQUIRE(events.size() == 1);
    CHECK(events[0].kind == RspEvent::Kind::Packet);
    CHECK(events[0].payload == payload);
}

TEST_CASE("Run lengths are expanded")
{
    const auto events = decoded(wire("0* x"));
    REQUIRE(events.size() == 1);
    CHECK(events[0].payload == "0000x");
}

TEST_CASE("What arrives in pieces of any size gives the same events")
{
    const std::string stream = "+" + wire("T02thread:01;") + "junk+" + wire("OK") + "-%Stop:T05#12";
    for (std::size_t piece = 1; piece < stream.size(); ++piece) {
        const auto events = decoded(stream, piece);
        REQUIRE(events.size() == 6);
        CHECK(events[0].kind == RspEvent::Kind::Ack);
        CHECK(events[1].payload == "T02thread:01;");
        CHECK(events[3].payload == "OK");
        CHECK(events[4].kind == RspEvent::Kind::Nak);
        CHECK(events[5].kind == RspEvent::Kind::Damaged);
    }
}

TEST_CASE("Damaged packets are reported and the next one is read")
{
    for (const char* damaged : {"$OK#00", "$OK#zz", "$*!#4b", "$a*\x01#8c", "$a}#de"}) {
        INFO(damaged);
        const auto events = decoded(damaged + wire("OK"));
        REQUIRE(events.size() == 2);
        CHECK(events[0].kind == RspEvent::Kind::Damaged);
        CHECK(events[1].payload == "OK");
    }
}

TEST_CASE("A payload without end is refused and does not grow")
{
    std::string bomb = "0";
    for (std::size_t size = 1; size < 2 * rspMaxPayload; size += 97)
        bomb += "*~";
    const auto events = decoded(wire(bomb));
    REQUIRE(events.size() == 1);
    CHECK(events[0].kind == RspEvent::Kind::Damaged);
}

TEST_CASE("Hexadecimal text is read back, and only that")
{
    CHECK(hexDecode(hexEncode("a\xff\0b")) == std::string("a\xff"));
    CHECK(hexDecode("4F4b") == std::string("OK"));
    CHECK_FALSE(hexDecode("4"));
    CHECK_FALSE(hexDecode("4g"));
}
