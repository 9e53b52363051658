// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/catch.h"

#include <map>
#include <sys/socket.h>
#include <thread>

#include "gdb/proxy/proxysession.h"
#include "gdb/stub/stubregisters.h"

using namespace pgtscope;
using namespace pgtscope::gdb;

namespace {

using Documents = std::map<std::string, std::string, std::less<>>;

core::Result<StubRegisters> describe(const Documents& documents)
{
    return StubRegisters::describe([&](std::string_view name) -> core::Result<std::string> {
        const auto found = documents.find(name);
        return found == documents.end() ? core::failure("fetch", "there is no such document")
                                        : core::Result<std::string>(found->second);
    });
}

const std::string head = R"(<?xml version="1.0"?><!DOCTYPE feature SYSTEM "gdb-target.dtd">)";

std::string core64(const std::string& between = {})
{
    return head + R"(<feature name="org.gnu.gdb.i386.core"><reg name="rsp" bitsize="64"/>
        <reg name="rip" bitsize="64"/><!-- <reg name="commented" bitsize="64"/> -->
        <reg name="eflags" bitsize="32"/><reg name="cs" bitsize="32"/>)"
        + between + R"(<reg name="cr0" bitsize="64"/><reg name="cr2" bitsize="64"/>
        <reg name="cr3" bitsize="64"/><reg name="cr4" bitsize="64"/><reg name="efer" bitsize="64"/></feature>)";
}

std::string targetOf(const std::string& includes)
{
    return head + R"(<target><architecture>i386:x86-64</architecture>)" + includes + "</target>";
}

} // namespace

TEST_CASE("Registers are found in a target description, whatever else it includes")
{
    CHECK(describe({{"target.xml", targetOf(R"(<xi:include href="sse.xml"/><xi:include href="core.xml"/>)")},
        {"sse.xml", head + R"(<feature name="sse"><reg name="mxcsr" bitsize="32"/></feature>)"},
        {"core.xml", core64(R"(<reg name="fs_base" bitsize="64" regnum="70"/>)")}}));
    CHECK(describe({{"target.xml", targetOf(core64().substr(head.size()))}}));
}

TEST_CASE("A description without control registers, or that is none, is refused with the reason")
{
    const auto user = describe({{"target.xml",
        targetOf(R"(<feature name="core"><reg name="rip" bitsize="64"/><reg name="rsp" bitsize="64"/>
            <reg name="eflags" bitsize="32"/><reg name="cs" bitsize="32"/></feature>)")}});
    REQUIRE_FALSE(user);
    CHECK(user.error().message().find("cr0") != std::string::npos);
    CHECK_FALSE(describe({}));
    CHECK_FALSE(describe({{"target.xml", "<target><reg name="}}));
    CHECK_FALSE(describe({{"target.xml", targetOf(R"(<xi:include href="gone.xml"/>)")}}));
}

TEST_CASE("A description that includes itself comes to an end")
{
    const auto endless = describe({{"target.xml", targetOf(R"(<xi:include href="target.xml"/>)")}});
    REQUIRE_FALSE(endless);
    CHECK(endless.error().message().find("includes more than") != std::string::npos);
}

TEST_CASE("Registers are of this moment, also where a stub remembers single ones from an earlier moment")
{
    // QEMU under KVM asks the processor at `g` only. The last register is one that `g` does not hold.
    const bool lacksLast = GENERATE(false, true);
    std::array<int, 2> ends{};
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()) == 0);
    auto ours = StreamSocket::adopt(ends[0], "ours");
    auto theirs = StreamSocket::adopt(ends[1], "theirs");
    REQUIRE(ours);
    REQUIRE(theirs);
    std::thread stub([&] {
        RspDecoder decoder;
        std::array<std::byte, 256> block{};
        unsigned char now = 0x10;
        while (true) {
            const auto count = theirs->readSome(block, WaitLimit::after(std::chrono::seconds(60)));
            if (!count || *count == 0)
                return;
            decoder.feed(std::string_view(reinterpret_cast<const char*>(block.data()), *count));
            while (const auto event = decoder.next()) {
                if (event->kind != RspEvent::Kind::Packet)
                    continue;
                const bool all = event->payload == "g";
                if (all)
                    now = 0x20;
                std::string reply = hexEncode(std::string(1, static_cast<char>(now)) + std::string(7, '\0'));
                if (all) {
                    // rsp, rip: 8 bytes; eflags, cs: 4 bytes; CR0, CR2, CR3, CR4, EFER: 8 bytes.
                    const std::string half = reply.substr(0, 8);
                    reply = reply + reply + half + half + reply + reply + reply + reply
                        + (lacksLast ? "" : reply);
                }
                (void)theirs->writeAll(
                    "+" + encodeRspPacket(reply), WaitLimit::after(std::chrono::seconds(60)));
            }
        }
    });
    const auto registers = describe({{"target.xml", targetOf(core64().substr(head.size()))}});
    REQUIRE(registers);
    StubLine line(*ours, {4096, false, false}, false);
    const auto state = registers->state(line, WaitLimit::after(std::chrono::seconds(60)));
    ours->close();
    stub.join();
    REQUIRE(state);
    CHECK(state->rip == core::LinearAddress(0x20));
    CHECK(state->control.cr0 == 0x20);
    CHECK(state->control.cr3 == 0x20);
    CHECK(state->control.efer == 0x20);
}

TEST_CASE("A stop reply tells which processor met what")
{
    const auto watched = parseStopReply("T05thread:p01.02;watch:ffffffff82a3fc80;");
    REQUIRE(watched);
    CHECK(watched->cpu == 1U);
    CHECK(watched->watched == core::LinearAddress(0xffffffff82a3fc80));
    CHECK(watched->signal == 5);
    const auto interrupted = parseStopReply("T02thread:01;");
    REQUIRE(interrupted);
    CHECK(interrupted->cpu == 0U);
    CHECK(interrupted->signal == 2);
    CHECK_FALSE(interrupted->watched);
    REQUIRE(parseStopReply("S05"));
    CHECK_FALSE(parseStopReply("S05")->cpu);
    CHECK_FALSE(parseStopReply("W00"));
    CHECK_FALSE(parseStopReply("OK"));
    CHECK_FALSE(parseStopReply(""));
    for (const char* broken : {"T05thread:p01.00;", "T05thread:zz;watch:;", "T05watch:12345678901234567890;",
             "T05:::;;;thread", "T05thread:p1.ffffffffffffffff;"}) {
        INFO(broken);
        const auto reply = parseStopReply(broken);
        REQUIRE(reply);
        CHECK_FALSE(reply->cpu);
        CHECK_FALSE(reply->watched);
    }
}
