// SPDX-License-Identifier: GPL-2.0-or-later
// A stub that prints a long answer reads nothing meanwhile, as QEMU's does: whoever waits to be rid of a
// receipt would wait for ever.
#include "tests/support/catch.h"

#include <array>
#include <poll.h>
#include <thread>

#include <sys/socket.h>

#include "gdb/net/serversocket.h"
#include "gdb/rsp/stubmux.h"
#include "tests/support/required.h"
#include "tests/support/temporarydirectory.h"

using namespace pgtscope;
using namespace pgtscope::gdb;
using namespace std::chrono_literals;
using test::required;

namespace {

constexpr int lines = 3000;

WaitLimit patient() { return WaitLimit::after(20s); }

std::string lineText(int number) { return "line " + std::to_string(number) + std::string(60, '.') + "\n"; }

/// Answers "?" as a stopped guest does, and a monitor's command with many lines.
class PrintingStub {
public:
    PrintingStub()
    {
        Endpoint endpoint;
        endpoint.path = (m_directory / "stub").string();
        m_server = required(ServerSocket::listen(endpoint));
        m_thread = std::thread([this] { serve(); });
    }
    ~PrintingStub() { m_thread.join(); }
    const Endpoint& endpoint() const { return m_server.endpoint(); }

private:
    void serve()
    {
        pollfd wait{m_server.descriptor(), POLLIN, 0};
        ::poll(&wait, 1, 10000);
        auto client = m_server.accept();
        if (!client)
            return;
        const int few = 4096;
        ::setsockopt(client->descriptor(), SOL_SOCKET, SO_SNDBUF, &few, sizeof few);
        RspDecoder decoder;
        std::array<std::byte, 4096> block{};
        while (true) {
            const auto count = client->readSome(block, patient());
            if (!count || *count == 0)
                return;
            decoder.feed(std::string_view(reinterpret_cast<const char*>(block.data()), *count));
            while (const auto event = decoder.next())
                if (event->kind == RspEvent::Kind::Packet && !answer(*client, event->payload))
                    return;
        }
    }
    static bool answer(StreamSocket& client, const std::string& request)
    {
        const auto say = [&](const std::string& bytes) { return bool(client.writeAll(bytes, patient())); };
        if (!request.starts_with("qRcmd,"))
            return say("+" + encodeRspPacket(request == "?" ? "T05thread:p01.01;" : ""));
        bool said = say("+");
        for (int number = 0; said && number < lines; ++number)
            said = say(encodeRspPacket("O" + hexEncode(lineText(number))));
        return said && say(encodeRspPacket("OK"));
    }

    test::TemporaryDirectory m_directory;
    ServerSocket m_server;
    std::thread m_thread;
};

/// gdb's way: a receipt for each packet, on its own, before the next is read.
class Debugger {
public:
    explicit Debugger(const StubMux& mux)
        : m_socket(required(StreamSocket::connect(mux.endpoint(), patient())))
    {
    }
    void say(std::string_view payload) { required(m_socket.writeAll(encodeRspPacket(payload), patient())); }
    std::string hear()
    {
        std::array<std::byte, 512> block{};
        while (true) {
            while (const auto event = m_decoder.next())
                if (event->kind == RspEvent::Kind::Packet) {
                    required(m_socket.writeAll("+", patient()));
                    return event->payload;
                }
            const std::size_t count = required(m_socket.readSome(block, patient()));
            REQUIRE(count > 0);
            m_decoder.feed(std::string_view(reinterpret_cast<const char*>(block.data()), count));
        }
    }

private:
    StreamSocket m_socket;
    RspDecoder m_decoder;
};

} // namespace

TEST_CASE("A long answer of the monitor comes through a unix socket, whole and in order")
{
    PrintingStub stub;
    StubMuxOptions options;
    options.stub = stub.endpoint();
    const auto mux = required(StubMux::start(options));
    Debugger debugger(*mux);
    debugger.say("?");
    CHECK(debugger.hear() == "T05thread:p01.01;");
    debugger.say("qRcmd," + hexEncode("info mtree -f"));
    bool right = true;
    for (int number = 0; number < lines; ++number)
        right = debugger.hear() == "O" + hexEncode(lineText(number)) && right;
    CHECK(right);
    CHECK(debugger.hear() == "OK");
}
