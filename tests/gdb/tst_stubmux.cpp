// SPDX-License-Identifier: GPL-2.0-or-later
#include "scriptedstub.h"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gdb/memory/rspmemory.h"
#include "gdb/net/peerowner.h"
#include "gdb/rsp/rspclient.h"
#include "gdb/rsp/stubmux.h"

using namespace pgtscope;
using namespace pgtscope::gdb;
using namespace std::chrono_literals;

namespace {

WaitLimit patient() { return WaitLimit::after(60s); }

std::unique_ptr<StubMux> muxOf(const ScriptedStub& stub, bool holdStops = false, bool binary = false,
    std::chrono::milliseconds patience = 60s)
{
    StubMuxOptions options;
    options.patience = patience;
    options.stub = stub.endpoint();
    options.traits = {4096, binary, true};
    options.holdStops = holdStops;
    auto mux = StubMux::start(options);
    if (!mux)
        FAIL(mux.error().message());
    return std::move(*mux);
}

/// The user cancels when the stub has got as far as this read: whatever comes of it, that one is not over
/// before.
std::function<void(int)> cancelAt(int read, core::CancelFlag& cancel)
{
    return [read, &cancel](int number) {
        if (number == read)
            cancel.cancel();
    };
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

TEST_CASE("Physical reads go alongside the debugger, who never meets their addresses")
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
    CHECK(done.error().happened.find("another program") != std::string::npos);
    CHECK(pages.untouched());
    CHECK_FALSE(stub.physicalMode());
    CHECK(readsLinear(debugger, 0x100000));
    CHECK_FALSE(debugger.sawStop());
}

TEST_CASE("A notification, which only non-stop mode has, is kept from the debugger and from our own reads")
{
    ScriptedStub stub({.notifies = true});
    const auto mux = muxOf(stub);
    RawDebugger debugger(*mux);
    Pages pages(10);
    CHECK(mux->read(pages.reads, patient()));
    CHECK(pages.right());
    debugger.says("vCont;c");
    debugger.hears("+");
    CHECK(debugger.hearsNothing());
    stub.hit();
    std::array<std::byte, 256> block{};
    const auto count = debugger.stream.readSome(block, patient());
    REQUIRE(count);
    CHECK(std::string_view(reinterpret_cast<const char*>(block.data()), *count)
        == encodeRspPacket("T05thread:p01.01;hwbreak:;"));
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
    core::CancelFlag cancel;
    ScriptedStub stub({.loses = 5, .onRead = cancelAt(5, cancel)});
    const auto mux = muxOf(stub);
    auto debugger = debuggerOf(*mux);
    Pages pages(10);
    const auto done = mux->read(pages.reads, WaitLimit::after(60s, &cancel));
    REQUIRE_FALSE(done);
    CHECK(done.error().happened.find("cancel") != std::string::npos);
    CHECK_FALSE(stub.physicalMode());
    CHECK(readsLinear(debugger, 0x100000));
}

TEST_CASE("Answers that come after their read was given up are kept from the debugger")
{
    const bool byTime = GENERATE(false, true);
    core::CancelFlag cancel;
    ScriptedStub stub(
        {.dribbles = GENERATE(false, true), .late = 5, .onRead = cancelAt(byTime ? -1 : 5, cancel)});
    const auto mux = muxOf(stub);
    auto debugger = debuggerOf(*mux);
    Pages pages(10);
    const auto done = mux->read(pages.reads, WaitLimit::after(byTime ? 500ms : 60s, &cancel));
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
    core::CancelFlag cancel;
    ScriptedStub stub({.fallsSilent = 5, .onRead = cancelAt(5, cancel)});
    const auto mux = muxOf(stub);
    auto debugger = debuggerOf(*mux);
    Pages pages(10);
    const auto done = mux->read(pages.reads, WaitLimit::after(60s, &cancel));
    REQUIRE_FALSE(done);
    CHECK(done.error().happened.find("out of step") != std::string::npos);
    CHECK(pages.untouched());
    CHECK(mux->problem().find("out of step") != std::string::npos);
    CHECK_FALSE(debugger.request("m100000,10", patient()));
}

TEST_CASE("A stub that leaves a debugger's request unanswered is given up, and why is said")
{
    ScriptedStub stub({.fallsSilent = 0});
    const auto mux = muxOf(stub, false, false, 300ms);
    auto debugger = debuggerOf(*mux);
    REQUIRE(debugger.request("Qqemu.PhyMemMode:1", patient()) == std::string("OK"));
    CHECK_FALSE(debugger.request("m1000,10", patient()));
    CHECK(mux->problem().find("the gdbstub has not given one") != std::string::npos);
}

TEST_CASE("A guest that runs for longer than a stub may be silent keeps its debugger")
{
    ScriptedStub stub;
    const auto mux = muxOf(stub, false, false, 100ms);
    RawDebugger debugger(*mux);
    debugger.says("vCont;c");
    debugger.hears("+");
    CHECK(debugger.hearsNothing());
    CHECK(debugger.hearsNothing());
    CHECK(debugger.hearsNothing());
    REQUIRE(debugger.stream.writeAll("\x03", patient()));
    debugger.hears("T02thread:p01.01;#");
    CHECK(mux->problem().empty());
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
    StubMuxOptions options;
    options.stub = stub.endpoint();
    options.holdStops = true;
    // Longer than a debugger takes between two steps even where other programs keep it waiting.
    options.restTime = 3s;
    const auto made = StubMux::start(options);
    REQUIRE(made);
    const auto& mux = *made;
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

TEST_CASE("Steps that a user makes one upon the other are stops, and so is where the debugger connected")
{
    ScriptedStub stub;
    StubMuxOptions options;
    options.stub = stub.endpoint();
    options.holdStops = true;
    options.restTime = 60s; // Nothing here rests.
    const auto made = StubMux::start(options);
    REQUIRE(made);
    const auto& mux = *made;
    RawDebugger debugger(*mux);
    debugger.says("vCont;s:p1.1");
    const auto attached = mux->awaitStop(patient());
    REQUIRE(attached);
    CHECK(attached->attached);
    CHECK(stub.requests().back() == "?");
    mux->passStop();
    debugger.hears("T05thread:p01.01;#");
    for (int step = 0; step < 3; ++step) {
        // What gdb does at a stop that it shows.
        debugger.says("qfThreadInfo");
        const auto stop = mux->awaitStop(patient());
        REQUIRE(stop);
        CHECK(stop->stop.stepped);
        mux->passStop();
        debugger.hears("#");
        debugger.says("vCont;s:p1.1");
        debugger.hears("T05thread:p01.01;#");
    }
    const auto requests = stub.requests();
    CHECK(std::count(requests.begin(), requests.end(), "vCont;s:p1.1") == 4);
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

TEST_CASE("Without another place a debugger connects where only its user can, as often as it likes or once")
{
    ScriptedStub stub;
    StubMuxOptions options;
    options.stub = stub.endpoint();
    options.oneDebugger = GENERATE(false, true);
    const auto mux = StubMux::start(options);
    REQUIRE(mux);
    REQUIRE((*mux)->endpoint().isUnix());
    const std::string path = (*mux)->endpoint().path;
    struct stat directory { };
    REQUIRE(::stat(path.substr(0, path.rfind('/')).c_str(), &directory) == 0);
    CHECK((directory.st_mode & 0777U) == 0700U);
    CHECK(directory.st_uid == ::geteuid());
    debuggerOf(**mux);
    while (!options.oneDebugger && (*mux)->connected())
        std::this_thread::sleep_for(1ms);
    CHECK(StreamSocket::connect((*mux)->endpoint(), patient()).has_value() != options.oneDebugger);
}

TEST_CASE("A connection that does not begin as a debugger's is closed before the stub hears of it")
{
    ScriptedStub stub;
    StubMuxOptions options;
    options.stub = stub.endpoint();
    options.listen = Endpoint{"", "127.0.0.1", 0};
    const auto mux = StubMux::start(options);
    REQUIRE(mux);
    const std::string order = encodeRspPacket("qRcmd," + hexEncode("quit"));
    for (const std::string& first : {std::string("POST / HTTP/1.1\r\n\r\n"), std::string("\x16\x03\x01"),
             std::string("\n"), std::string(1, '\0'), std::string("%")}) {
        auto client = StreamSocket::connect((*mux)->endpoint(), patient());
        REQUIRE(client);
        CHECK(client->writeAll(first + order, patient()));
        std::array<std::byte, 16> block{};
        const auto count = client->readSome(block, patient());
        CHECK((!count || *count == 0));
        CHECK((*mux)->takeRefusal().find("does not speak") != std::string::npos);
    }
    CHECK(stub.requests().empty());
    auto debugger = debuggerOf(**mux);
    CHECK(readsLinear(debugger, 0x1000));
}

TEST_CASE("Another user of this machine does not get in by a port")
{
    if (::geteuid() != 0)
        return; // Only root can be somebody else.
    ScriptedStub stub;
    StubMuxOptions options;
    options.stub = stub.endpoint();
    options.listen = Endpoint{"", GENERATE("127.0.0.1", "::1"), 0};
    const auto mux = StubMux::start(options);
    REQUIRE(mux);
    const auto addresses = addressesOf((*mux)->endpoint());
    REQUIRE_FALSE(addresses.empty());
    const std::string order = encodeRspPacket("?");
    const pid_t other = ::fork();
    if (other == 0) {
        // System calls only: the test has other threads.
        const int made = ::setuid(65534) == 0 ? ::socket(addresses[0].storage.ss_family, SOCK_STREAM, 0) : -1;
        const auto* raw = reinterpret_cast<const sockaddr*>(&addresses[0].storage);
        if (made < 0 || ::connect(made, raw, addresses[0].bytes) != 0)
            ::_exit(2);
        (void)!::write(made, order.data(), order.size());
        char answer = 0;
        ::_exit(::read(made, &answer, 1) > 0 ? 1 : 0);
    }
    REQUIRE(other > 0);
    int status = 0;
    REQUIRE(::waitpid(other, &status, 0) == other);
    CHECK(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 0);
    // The connection is closed before it is noted whose it was.
    std::string refusal;
    for (const auto limit = patient(); refusal.empty() && !limit.passed(); std::this_thread::sleep_for(1ms))
        refusal = (*mux)->takeRefusal();
    CHECK(refusal.find("user 65534") == 0);
    CHECK(stub.requests().empty());
    auto debugger = debuggerOf(**mux);
    CHECK(readsLinear(debugger, 0x1000));
}

TEST_CASE("The owner of a connection is read from the kernel's table")
{
    const auto at = [](const char* host, std::uint16_t port) {
        return addressesOf(Endpoint{"", host, port}).front();
    };
    const std::string_view table
        = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
          "   0: 0100007F:115C 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 81 1 0 "
          "100\n"
          "   1: 0100007F:9C40 0100007F:115C 01 00000000:00000000 00:00000000 00000000  1001        0 82 1 0 "
          "20\n"
          "   2: 0100007F:9C41 0100007F:115C 06 00000000:00000000 03:000016D9 00000000     0        0 0 3 0\n"
          "   3: 00000000000000000000000001000000:9C42 00000000000000000000000001000000:115C 01 "
          "00000000:00000000 "
          "00:00000000 00000000  1002        0 83 1 0 20\n"
          "   4: 0000000000000000FFFF00000100007F:9C43 0000000000000000FFFF00000100007F:115C 01 "
          "00000000:00000000 "
          "00:00000000 00000000  1003        0 84 1 0 20\n"
          "   5: 0100007F:9C44";
    const auto here = at("127.0.0.1", 4444);
    CHECK(ownerInTable(table, at("127.0.0.1", 40000), here) == uid_t{1001});
    CHECK_FALSE(ownerInTable(table, at("127.0.0.1", 40001), here));
    CHECK(ownerInTable(table, at("::1", 40002), at("::1", 4444)) == uid_t{1002});
    CHECK(ownerInTable(table, at("127.0.0.1", 40003), here) == uid_t{1003});
    CHECK_FALSE(ownerInTable(table, at("127.0.0.1", 40004), here));
    CHECK_FALSE(ownerInTable(table, here, at("127.0.0.1", 40000)));
}

TEST_CASE("A command of the monitor that may do more than read is answered by us, unless all pass")
{
    ScriptedStub stub;
    StubMuxOptions options;
    options.stub = stub.endpoint();
    options.monitor = GENERATE(false, true);
    const auto mux = StubMux::start(options);
    REQUIRE(mux);
    auto debugger = debuggerOf(**mux);
    const auto answer = debugger.monitor("migrate exec:touch", patient());
    REQUIRE(answer);
    CHECK((answer->find("--allow-monitor") != std::string::npos) == !options.monitor);
    CHECK(debugger.monitor("info version", patient()) == std::string());
    const auto requests = stub.requests();
    const auto asked = [&](std::string_view command) {
        return std::count(requests.begin(), requests.end(), "qRcmd," + hexEncode(command));
    };
    CHECK(asked("info version") == 1);
    CHECK(asked("migrate exec:touch") == (options.monitor ? 1 : 0));
    CHECK(readsLinear(debugger, 0x1000));
}

TEST_CASE("A stub that takes its time for an answer is seen to, one that is silent is not")
{
    const bool slow = GENERATE(true, false);
    StubFaults faults;
    if (slow)
        faults.onRead = [](int) { std::this_thread::sleep_for(200ms); };
    else
        faults.fallsSilent = 0;
    ScriptedStub stub(faults);
    const auto mux = muxOf(stub);
    auto debugger = debuggerOf(*mux);
    REQUIRE(debugger.request("Qqemu.PhyMemMode:1", patient()) == std::string("OK"));
    const auto before = mux->answering();
    const auto reply = debugger.request("m1000,10", WaitLimit::after(slow ? 60s : 1s));
    CHECK(reply.has_value() == slow);
    if (slow)
        CHECK(mux->answering() >= before + 200ms);
    else
        CHECK(mux->answering() == before);
}

TEST_CASE("A stub that takes its time for each piece of an answer is seen to")
{
    StubFaults faults;
    faults.texts = 4;
    faults.betweenTexts = 150ms;
    ScriptedStub stub(faults);
    const auto mux = muxOf(stub);
    auto debugger = debuggerOf(*mux);
    const auto before = mux->answering();
    const auto text = debugger.monitor("info mtree", WaitLimit::after(60s));
    REQUIRE(text);
    CHECK(*text == "text text text text ");
    CHECK(mux->answering() >= before + 4 * 150ms);
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

TEST_CASE("That the guest is at its end is known, though a debugger may not hear it before the stub is gone")
{
    ScriptedStub stub;
    const auto mux = muxOf(stub);
    RawDebugger debugger(*mux);
    debugger.says("vCont;c");
    debugger.hears("+");
    CHECK_FALSE(mux->guestEnded());
    stub.end();
    // It says nothing more, and reads nothing.
    const auto limit = patient();
    while (!limit.passed() && !mux->guestEnded())
        std::this_thread::sleep_for(2ms);
    CHECK(mux->guestEnded());
}

TEST_CASE("A stub that closes its connection without a word has not said that the guest is at its end")
{
    ScriptedStub stub({.closes = 0});
    const auto mux = muxOf(stub);
    auto debugger = debuggerOf(*mux);
    Pages pages(1);
    CHECK_FALSE((mux->read(pages.reads, patient()) && pages.right()));
    CHECK_FALSE(mux->guestEnded());
}
