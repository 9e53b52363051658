// SPDX-License-Identifier: GPL-2.0-or-later
#include "scriptedstub.h"

#include <unistd.h>

#include "gdb/memory/rspmemory.h"
#include "gdb/rsp/rspclient.h"
#include "gdb/rsp/stubmux.h"

using namespace pgtscope;
using namespace pgtscope::gdb;
using namespace std::chrono_literals;

namespace {

WaitLimit patient() { return WaitLimit::after(60s); }

std::unique_ptr<StubMux> muxOf(const ScriptedStub& stub, bool holdStops = false, bool binary = false)
{
    StubMuxOptions options;
    options.stub = stub.endpoint();
    options.traits = {4096, binary, true};
    options.holdStops = holdStops;
    auto mux = StubMux::start(options);
    if (!mux)
        FAIL(mux.error().message());
    return std::move(*mux);
}

/// A debugger that has come as far as its prompt.
RspClient debuggerOf(const StubMux& mux)
{
    auto client = RspClient::connect(mux.endpoint(), patient());
    if (!client)
        FAIL(client.error().message());
    REQUIRE(client->request("?", patient()) == std::string("T05thread:p01.01;"));
    return std::move(*client);
}

/// Reads of different places and sizes, and whether they brought what is there.
struct Pages {
    explicit Pages(std::size_t count)
        : bytes(count, std::vector<std::byte>(2048))
    {
        for (std::size_t index = 0; index < count; ++index)
            reads.push_back({core::PhysicalAddress(0x100000 + index * 4096),
                std::span(bytes[index]).first(2048 - index % 3)});
    }
    bool right() const
    {
        for (const StubRead& read : reads)
            for (std::size_t at = 0; at < read.bytes.size(); ++at)
                if (!read.ok || read.bytes[at] != ScriptedStub::physicalByte(read.address.value + at))
                    return false;
        return true;
    }
    bool untouched() const
    {
        return std::none_of(reads.begin(), reads.end(), [](const StubRead& read) { return read.ok; });
    }
    std::vector<std::vector<std::byte>> bytes;
    std::vector<StubRead> reads;
};

/// A debugger of few words, which does not wait for answers.
struct RawDebugger {
    explicit RawDebugger(const StubMux& mux)
    {
        auto connected = StreamSocket::connect(mux.endpoint(), patient());
        if (!connected)
            FAIL(connected.error().message());
        stream = std::move(*connected);
        says("?");
        hears("T05thread:p01.01;#");
    }
    void says(std::string_view payload) { REQUIRE(stream.writeAll(encodeRspPacket(payload), patient())); }
    /// Waits for text from the stub, forgets what came up to then, and gives a receipt for a packet.
    void hears(const std::string& wanted)
    {
        std::array<std::byte, 256> block{};
        while (heard.find(wanted) == std::string::npos) {
            const auto count = stream.readSome(block, patient());
            REQUIRE(count);
            REQUIRE(*count > 0);
            heard.append(reinterpret_cast<const char*>(block.data()), *count);
        }
        heard.clear();
        if (wanted != "+")
            REQUIRE(stream.writeAll("+", patient()));
    }
    bool hearsNothing()
    {
        std::array<std::byte, 256> block{};
        return !stream.readSome(block, WaitLimit::after(100ms));
    }
    StreamSocket stream;
    std::string heard;
};

bool readsLinear(RspClient& debugger, std::uint64_t address)
{
    std::string expected;
    for (std::uint64_t at = 0; at < 16; ++at)
        expected += static_cast<char>(ScriptedStub::linearByte(address + at));
    std::array<char, 32> request{};
    std::snprintf(request.data(), request.size(), "m%llx,10", static_cast<unsigned long long>(address));
    return debugger.request(request.data(), patient()) == hexEncode(expected);
}

} // namespace

TEST_CASE("A debugger talks through the multiplexer as if it were not there")
{
    ScriptedStub stub;
    const auto mux = muxOf(stub);
    auto debugger = debuggerOf(*mux);
    CHECK(debugger.request("qSupported:xmlRegisters=i386", patient())->starts_with("PacketSize"));
    CHECK(debugger.request("Hgp01.01", patient()) == std::string("OK"));
    CHECK(debugger.request("unknown", patient()) == std::string());
    CHECK(readsLinear(debugger, 0x1234));
    CHECK(stub.requests()
        == std::vector<std::string>{"?", "qSupported:xmlRegisters=i386", "Hgp01.01", "unknown", "m1234,10"});
}

TEST_CASE("Physical reads go beside the debugger, who never meets their addresses")
{
    ScriptedStub stub({.binary = true});
    const auto mux = muxOf(stub, false, GENERATE(false, true));
    auto debugger = debuggerOf(*mux);
    Pages pages(300);
    const auto done = mux->read(pages.reads, patient());
    if (!done)
        FAIL(done.error().message());
    CHECK(pages.right());
    CHECK_FALSE(stub.physicalMode());
    CHECK(readsLinear(debugger, 0x100000));
    CHECK(mux->read({}, patient()));
}

TEST_CASE("A piece that the stub refuses is told apart from its neighbours")
{
    ScriptedStub stub;
    const auto mux = muxOf(stub);
    auto debugger = debuggerOf(*mux);
    Pages pages(3);
    pages.reads[1].address = core::PhysicalAddress(ScriptedStub::refusedAddress);
    REQUIRE(mux->read(pages.reads, patient()));
    CHECK(pages.reads[0].ok);
    CHECK_FALSE(pages.reads[1].ok);
    CHECK(pages.reads[2].ok);
}

TEST_CASE("A busy debugger and busy reads never get each other's answers")
{
    ScriptedStub stub({.dribbles = GENERATE(false, true)});
    const auto mux = muxOf(stub);
    auto debugger = debuggerOf(*mux);
    std::atomic<bool> enough{false};
    std::atomic<int> right{0};
    std::atomic<int> wrong{0};
    std::thread reader([&] {
        while (!enough) {
            Pages pages(7);
            const bool done = mux->read(pages.reads, patient()) && pages.right();
            ++(done ? right : wrong);
        }
    });
    for (std::uint64_t address = 0; address < 60 || right < 5; ++address)
        CHECK(readsLinear(debugger, address * 64));
    enough = true;
    reader.join();
    CHECK(wrong == 0);
    CHECK_FALSE(stub.physicalMode());
}

TEST_CASE("Reads come through whatever a stub does to its packets")
{
    const StubFaults faults = GENERATE(StubFaults{.dribbles = true}, StubFaults{.dropsAcks = true},
        StubFaults{.dribbles = true, .dropsAcks = true}, StubFaults{.late = 3}, StubFaults{.loses = 5},
        StubFaults{.loses = 0}, StubFaults{.loses = 9}, StubFaults{.losesNext = 9}, StubFaults{.refuses = 4},
        StubFaults{.garbles = 2});
    ScriptedStub stub(faults);
    const auto mux = muxOf(stub);
    auto debugger = debuggerOf(*mux);
    Pages pages(10);
    const auto done = mux->read(pages.reads, patient());
    if (!done)
        FAIL(done.error().message());
    CHECK(pages.right());
    CHECK_FALSE(stub.physicalMode());
    CHECK(readsLinear(debugger, 0x100000));
}

TEST_CASE("A stop that nobody asked for spoils a read, and is kept from the debugger")
{
    ScriptedStub stub({.unaskedStop = 3});
    const auto mux = muxOf(stub);
    auto debugger = debuggerOf(*mux);
    Pages pages(10);
    const auto done = mux->read(pages.reads, patient());
    REQUIRE_FALSE(done);
    CHECK(done.error().happened.find("somebody else") != std::string::npos);
    CHECK(pages.untouched());
    CHECK_FALSE(stub.physicalMode());
    CHECK(readsLinear(debugger, 0x100000));
    CHECK_FALSE(debugger.sawStop());
}

TEST_CASE("A stub that closes in the middle of a packet is an Error for both")
{
    ScriptedStub stub({.closes = 3});
    const auto mux = muxOf(stub);
    auto debugger = debuggerOf(*mux);
    Pages pages(10);
    CHECK_FALSE(mux->read(pages.reads, patient()));
    CHECK(pages.untouched());
    CHECK_FALSE(debugger.request("qC", patient()));
    CHECK_FALSE(mux->read(pages.reads, patient()));
}

TEST_CASE("A cancelled read leaves the switch as it was")
{
    ScriptedStub stub({.loses = 5});
    const auto mux = muxOf(stub);
    auto debugger = debuggerOf(*mux);
    core::CancelFlag cancel;
    std::thread user([&] {
        while (!stub.physicalMode())
            std::this_thread::yield();
        cancel.cancel();
    });
    Pages pages(10);
    const auto done = mux->read(pages.reads, WaitLimit::after(60s, &cancel));
    user.join();
    REQUIRE_FALSE(done);
    CHECK(done.error().happened.find("cancel") != std::string::npos);
    CHECK_FALSE(stub.physicalMode());
    CHECK(readsLinear(debugger, 0x100000));
}

TEST_CASE("Answers that come after their read was given up are kept from the debugger")
{
    const bool byTime = GENERATE(false, true);
    ScriptedStub stub({.dribbles = GENERATE(false, true), .late = 5});
    const auto mux = muxOf(stub);
    auto debugger = debuggerOf(*mux);
    core::CancelFlag cancel;
    std::thread user([&] {
        while (!stub.physicalMode())
            std::this_thread::yield();
        if (!byTime)
            cancel.cancel();
    });
    Pages pages(10);
    const auto done = mux->read(pages.reads, WaitLimit::after(byTime ? 500ms : 60s, &cancel));
    user.join();
    REQUIRE_FALSE(done);
    CHECK(pages.untouched());
    CHECK_FALSE(stub.physicalMode());
    for (std::uint64_t address : {0x100000ULL, 0x200040ULL, 0x30ULL})
        CHECK(readsLinear(debugger, address));
    CHECK(mux->problem().empty());
    CHECK(mux->read(pages.reads, patient()));
    CHECK(pages.right());
}

TEST_CASE("A stub that falls silent with replies owed is lost: the debugger hears nothing wrong, and why")
{
    ScriptedStub stub({.fallsSilent = 5});
    const auto mux = muxOf(stub);
    auto debugger = debuggerOf(*mux);
    Pages pages(10);
    const auto done = mux->read(pages.reads, WaitLimit::after(200ms));
    REQUIRE_FALSE(done);
    CHECK(done.error().happened.find("out of step") != std::string::npos);
    CHECK(pages.untouched());
    CHECK(mux->problem().find("out of step") != std::string::npos);
    CHECK_FALSE(debugger.request("m100000,10", patient()));
}

TEST_CASE("While the guest runs nobody reads, and an interrupt reaches the stub")
{
    ScriptedStub stub;
    const auto mux = muxOf(stub);
    RawDebugger debugger(*mux);
    debugger.says("vCont;c");
    debugger.hears("+");
    Pages pages(2);
    const auto refused = mux->read(pages.reads, patient());
    REQUIRE_FALSE(refused);
    CHECK(refused.error().happened == "the guest is running");
    REQUIRE(debugger.stream.writeAll("\x03", patient()));
    debugger.hears("T02thread:p01.01;#");
    CHECK(mux->read(pages.reads, patient()));
    CHECK(pages.right());
}

TEST_CASE("A stop is held until it was looked at; the debugger has its receipt at once")
{
    ScriptedStub stub({.dribbles = GENERATE(false, true)});
    const auto mux = muxOf(stub, true);
    RawDebugger debugger(*mux);
    const auto attached = mux->awaitStop(patient());
    REQUIRE(attached);
    CHECK(attached->attached);
    mux->passStop();
    for (int round = 0; round < 3; ++round) {
        debugger.says("vCont;c");
        debugger.hears("+");
        stub.hit();
        const auto stop = mux->awaitStop(patient());
        REQUIRE(stop);
        CHECK_FALSE(stop->attached);
        CHECK(stop->stop.reply == "T05thread:p01.01;hwbreak:;");
        Pages pages(20);
        CHECK(mux->read(pages.reads, patient()));
        CHECK(pages.right());
        CHECK(debugger.hearsNothing());
        mux->passStop();
        debugger.hears("T05thread:p01.01;hwbreak:;#");
    }
}

TEST_CASE("A single step is a stop when the debugger rests after it, not when it goes on")
{
    ScriptedStub stub;
    const auto mux = muxOf(stub, true);
    RawDebugger debugger(*mux);
    REQUIRE(mux->awaitStop(patient()));
    mux->passStop();
    for (int step = 0; step < 3; ++step) {
        debugger.says("vCont;s:p1.1");
        debugger.hears("T05thread:p01.01;#");
    }
    const auto stop = mux->awaitStop(patient());
    REQUIRE(stop);
    CHECK(stop->stop.stepped);
    mux->passStop();
    CHECK_FALSE(mux->awaitStop(WaitLimit::after(500ms)));
}

TEST_CASE("A stub without the switch cannot be read, and the channel says why")
{
    ScriptedStub stub({.physical = false});
    StubMuxOptions options;
    options.stub = stub.endpoint();
    options.traits = {4096, false, false};
    const auto mux = StubMux::start(options);
    REQUIRE(mux);
    auto debugger = debuggerOf(**mux);
    const auto channel = RspMemory::open(mux->get(), {}, nullptr);
    REQUIRE_FALSE(channel);
    CHECK(channel.error().happened.find("PhyMemMode") != std::string::npos);
    Pages pages(1);
    CHECK_FALSE((*mux)->read(pages.reads, patient()));
    CHECK(readsLinear(debugger, 0x1000));
}

TEST_CASE("Nobody but this machine may connect, and nobody waits for a debugger who never came")
{
    ScriptedStub stub;
    StubMuxOptions options;
    options.stub = stub.endpoint();
    options.listen = Endpoint{"", "0.0.0.0", 4711};
    const auto refused = StubMux::start(options);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().happened.find("other machines") != std::string::npos);
    const auto mux = muxOf(stub);
    Pages pages(1);
    CHECK_FALSE(mux->read(pages.reads, patient()));
}

TEST_CASE("A stub that is not there is a problem that has a name")
{
    StubMuxOptions options;
    options.stub.path = "/nonexistent/stub";
    const auto mux = StubMux::start(options);
    REQUIRE(mux);
    auto debugger = RspClient::connect((*mux)->endpoint(), patient());
    REQUIRE(debugger);
    CHECK_FALSE(debugger->request("?", patient()));
    CHECK((*mux)->problem().find("/nonexistent/stub") != std::string::npos);
}

TEST_CASE("When the one between is killed its guard says good-bye to the stub")
{
    ScriptedStub stub;
    auto connection = StreamSocket::connect(stub.endpoint(), patient());
    REQUIRE(connection);
    REQUIRE(connection->writeAll(encodeRspPacket("Qqemu.PhyMemMode:1") + "$m1000", patient()));
    while (!stub.physicalMode())
        std::this_thread::yield();
    const pid_t killed = ::fork();
    if (killed == 0) {
        auto* guard = new StubGuard;
        const bool posted = guard->post(connection->descriptor(), farewellBytes(false, true)).has_value();
        ::_exit(posted ? 0 : 1);
    }
    REQUIRE(killed > 0);
    connection->close();
    const auto saidGoodbye = [&] {
        const auto requests = stub.requests();
        return !requests.empty() && requests.back() == "D;1";
    };
    const WaitLimit limit = patient();
    while (!saidGoodbye() && !limit.passed())
        std::this_thread::sleep_for(5ms);
    CHECK(saidGoodbye());
    CHECK_FALSE(stub.physicalMode());
}

TEST_CASE("A guard that is dismissed says nothing")
{
    ScriptedStub stub;
    auto connection = StreamSocket::connect(stub.endpoint(), patient());
    REQUIRE(connection);
    StubGuard guard;
    REQUIRE(guard.post(connection->descriptor(), farewellBytes(true, true)));
    guard.dismiss();
    CHECK_FALSE(stub.physicalMode());
    CHECK(stub.requests().empty());
}

TEST_CASE("Pieces are as long as the stub's packets allow")
{
    CHECK(StubTraits{0, false, true}.readBytes() == 256);
    CHECK(StubTraits{1024, false, true}.readBytes() == 512);
    CHECK(StubTraits{4096, false, true}.readBytes() == 2048);
    CHECK(StubTraits{131104, false, true}.readBytes() == 32768);
    CHECK(StubTraits{~std::size_t{0}, false, true}.readBytes() == 32768);
}
