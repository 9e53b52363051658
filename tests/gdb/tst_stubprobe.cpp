// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/catch.h"

#include <atomic>
#include <map>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include <QTemporaryDir>

#include "gdb/rsp/rspclient.h"
#include "gdb/rsp/rsppacket.h"
#include "gdb/stub/listener.h"
#include "gdb/stub/stubprobe.h"

using namespace pgtscope;
using namespace pgtscope::gdb;
using namespace std::chrono_literals;

namespace {

using Replies = std::map<std::string, std::string>;

/// A gdbstub that answers by a table and notes what it was asked. Unknown requests get the empty reply.
class FakeStub {
public:
    explicit FakeStub(Replies replies, std::string greeting = {})
        : m_replies(std::move(replies))
        , m_greeting(std::move(greeting))
        , m_listener(::socket(AF_UNIX, SOCK_STREAM, 0))
    {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        endpoint().path.copy(static_cast<char*>(address.sun_path), sizeof(address.sun_path) - 1);
        REQUIRE(::bind(m_listener, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0);
        REQUIRE(::listen(m_listener, 1) == 0);
        m_thread = std::thread([this] { serve(); });
    }
    ~FakeStub() { finish(); }
    FakeStub(const FakeStub&) = delete;
    FakeStub& operator=(const FakeStub&) = delete;

    Endpoint endpoint() const
    {
        Endpoint endpoint;
        endpoint.path = m_directory.filePath("stub").toStdString();
        return endpoint;
    }
    /// Requests so far; the stub takes no more.
    std::vector<std::string> requests()
    {
        finish();
        return m_requests;
    }

    /// Number of requests so far.
    int answered() const { return m_answered; }

private:
    void finish()
    {
        if (m_listener >= 0)
            ::shutdown(m_listener, SHUT_RDWR);
        if (m_thread.joinable())
            m_thread.join();
        if (m_listener >= 0)
            ::close(m_listener);
        m_listener = -1;
    }

    void serve()
    {
        const int client = ::accept(m_listener, nullptr, nullptr);
        if (client < 0)
            return;
        send(client, m_greeting);
        RspDecoder decoder;
        std::array<char, 4096> block{};
        for (ssize_t count = 0; (count = ::recv(client, block.data(), block.size(), 0)) > 0;) {
            decoder.feed(std::string_view(block.data(), static_cast<std::size_t>(count)));
            while (auto event = decoder.next())
                if (event->kind == RspEvent::Kind::Packet)
                    answer(client, event->payload);
        }
        ::close(client);
    }

    void answer(int client, const std::string& request)
    {
        m_requests.push_back(request);
        ++m_answered;
        std::string key = request.substr(0, request.find(':'));
        if (request.starts_with("qRcmd,"))
            key = "monitor " + hexDecode(std::string_view(request).substr(6)).value_or("?");
        const std::string reply = m_replies.contains(key) ? m_replies[key] : "";
        if (reply == "(silence)")
            return;
        send(client, "+");
        if (key.starts_with("monitor ") && !reply.empty())
            send(client, encodeRspPacket("O" + hexEncode(reply)) + encodeRspPacket("OK"));
        else
            send(client, encodeRspPacket(reply));
    }

    static void send(int client, const std::string& bytes)
    {
        (void)::send(client, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    }

    QTemporaryDir m_directory;
    Replies m_replies;
    std::string m_greeting;
    std::vector<std::string> m_requests;
    std::atomic<int> m_answered = 0;
    int m_listener;
    std::thread m_thread;
};

Replies qemu(const std::string& version, const std::string& status)
{
    return {{"qSupported", "PacketSize=1000;qXfer:features:read+;multiprocess+"}, {"qqemu.PhyMemMode", "0"},
        {"Qqemu.PhyMemMode", "OK"}, {"?", "T05thread:p01.01;"}, {"D;1", "OK"},
        {"monitor info version", version + "\r\n"}, {"monitor info status", "VM status: " + status + "\r\n"}};
}

core::Result<StubFacts> probed(FakeStub& stub, std::chrono::milliseconds time = 10s)
{
    return probeStub(stub.endpoint(), WaitLimit::after(time));
}

const std::string stopReply = encodeRspPacket("T02thread:01;");

} // namespace

TEST_CASE("A stop report that comes by itself means that the guest ran")
{
    FakeStub stub(qemu("7.2.22Debian", "paused"), stopReply);
    const auto facts = probed(stub);
    REQUIRE(facts);
    CHECK(facts->wasRunning == true);
    CHECK(facts->packetBytes == 4096);
    CHECK(facts->physicalMode == false);
    CHECK(facts->version == "7.2.22Debian");
    CHECK(facts->processId == ::getpid());
}

TEST_CASE("Without one, a QEMU that would have reported it had a stopped guest")
{
    FakeStub stub(qemu("8.0.5", "paused"));
    CHECK(probed(stub)->wasRunning == false);
}

TEST_CASE("A QEMU that reports nothing by itself leaves it open, but for a guest before its start")
{
    FakeStub open(qemu("8.1.0", "paused"));
    CHECK_FALSE(probed(open)->wasRunning);
    FakeStub newer(qemu("10.0.2", "paused"));
    CHECK_FALSE(probed(newer)->wasRunning);
    FakeStub held(qemu("9.2.0", "paused (prelaunch)"));
    CHECK(probed(held)->wasRunning == false);
}

TEST_CASE("A stub that is not QEMU's has no switch for physical addresses")
{
    FakeStub stub(Replies{{"qSupported", "PacketSize=3fff"}});
    const auto facts = probed(stub);
    REQUIRE(facts);
    CHECK_FALSE(facts->physicalMode);
    CHECK(facts->packetBytes == 0x3fffU);
}

TEST_CASE("A probe that fails after it saw that the guest ran lets it run again")
{
    auto replies = qemu("7.2.22", "paused");
    replies["monitor info version"] = "(silence)";
    FakeStub stub(replies, stopReply);
    CHECK_FALSE(probed(stub, 200ms));
    CHECK(stub.requests().back() == "D;1");
}

TEST_CASE(
    "Killed as soon as it is connected, or before it has read the report of the stop, it lets the guest run")
{
    FakeStub stub({{"qSupported", "(silence)"}, {"?", "T05thread:p01.01;"}, {"D;1", "OK"}}, stopReply);
    const bool asks = GENERATE(false, true);
    const pid_t killed = ::fork();
    if (killed == 0) {
        auto* const guard = new StubGuard;
        auto client = RspClient::connect(stub.endpoint(), WaitLimit::after(10s), guard);
        ::_exit(client && (!asks || client->greet("qSupported", WaitLimit::after(10s)) == true) ? 0 : 1);
    }
    REQUIRE(killed > 0);
    int status = 0;
    REQUIRE(::waitpid(killed, &status, 0) == killed);
    REQUIRE(status == 0);
    const auto limit = WaitLimit::after(10s);
    while (stub.answered() < (asks ? 4 : 3) && !limit.passed())
        std::this_thread::sleep_for(5ms);
    CHECK(stub.requests().back() == "D;1");
}

TEST_CASE("A guard lets a guest alone that its stub did not stop")
{
    FakeStub stub(Replies{{"qSupported", "PacketSize=1000"}});
    const pid_t killed = ::fork();
    if (killed == 0) {
        auto* const guard = new StubGuard;
        ::_exit(RspClient::connect(stub.endpoint(), WaitLimit::after(10s), guard) ? 0 : 1);
    }
    REQUIRE(killed > 0);
    int status = 0;
    REQUIRE(::waitpid(killed, &status, 0) == killed);
    REQUIRE(status == 0);
    CHECK(stub.requests() == std::vector<std::string>{"qSupported"});
}

TEST_CASE("A cancelled probe still learns whether the guest ran, and lets it run again")
{
    FakeStub stub(qemu("7.2.22", "paused"), stopReply);
    core::CancelFlag cancel;
    std::thread user([&] {
        std::this_thread::sleep_for(1ms);
        cancel.cancel();
    });
    const auto facts = probeStub(stub.endpoint(), WaitLimit::after(10s, &cancel));
    user.join();
    if (!facts)
        CHECK(stub.requests().back() == "D;1");
}

TEST_CASE("A stub that does not answer, hangs up or talks nonsense is an Error in time")
{
    FakeStub silent(Replies{{"qSupported", "(silence)"}});
    CHECK_FALSE(probed(silent, 200ms));
    FakeStub nonsense(Replies{{"qSupported", "(silence)"}}, std::string(100000, '$'));
    CHECK_FALSE(probed(nonsense, 200ms));
    FakeStub damaged(Replies{{"qSupported", "(silence)"}}, "$x#00$x#00$x#00$x#00$x#00$x#00$x#00");
    const auto facts = probed(damaged);
    REQUIRE_FALSE(facts);
    CHECK(facts.error().happened.find("corrupts") != std::string::npos);
    CHECK_FALSE(probeStub({"/nonexistent/stub", {}, 0}, WaitLimit::after(1s)));
}

TEST_CASE("Restoring removes breakpoints, sets the switch and resumes, as asked")
{
    FakeStub resumed(qemu("7.2.22", "paused"));
    CHECK(restoreStub(resumed.endpoint(), {false, true}, WaitLimit::after(10s)));
    CHECK(resumed.requests().size() == 4);
    CHECK(resumed.requests()[1] == "?");
    CHECK(resumed.requests()[2] == "Qqemu.PhyMemMode:0");
    CHECK(resumed.requests()[3] == "D;1");

    FakeStub left(qemu("7.2.22", "paused"));
    CHECK(restoreStub(left.endpoint(), {std::nullopt, false}, WaitLimit::after(10s)));
    CHECK(left.requests().size() == 2);

    auto replies = qemu("7.2.22", "paused");
    replies["D;1"] = "E22";
    FakeStub refusing(replies);
    CHECK_FALSE(restoreStub(refusing.endpoint(), {false, true}, WaitLimit::after(10s)));
}

TEST_CASE("a stub's own process has our end of the connection among its own, a forwarder's has another")
{
    const std::string chardevs = "#chr040: filename=gdb\r\n"
                                 "gdb: filename=tcp:127.0.0.1:1234,server=on <-> 127.0.0.1:45276\r\n"
                                 "mon: filename=disconnected:tcp:127.0.0.1:45277,server=on\r\n";
    CHECK(hasPeer(chardevs, "127.0.0.1:45276"));
    CHECK_FALSE(hasPeer(chardevs, "127.0.0.1:4527"));
    CHECK_FALSE(hasPeer(chardevs, "127.0.0.1:45277"));
    CHECK_FALSE(hasPeer("", "127.0.0.1:45276"));
    CHECK(hasPeer("gdb: filename=tcp:[::]:1234,server=on <-> [::1]:9", "[::1]:9"));
    const int unixSocket = ::socket(AF_UNIX, SOCK_STREAM, 0);
    CHECK(ownAddress(unixSocket).empty());
    ::close(unixSocket);
}
