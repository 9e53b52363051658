// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/catch.h"

#include <array>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <netinet/in.h>
#include <string>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include "gdb/net/serversocket.h"
#include "gdb/net/streamsocket.h"
#include "tests/support/temporarydirectory.h"

using namespace pgtscope;
using namespace std::chrono_literals;
using gdb::Endpoint;
using gdb::StreamSocket;
using gdb::WaitLimit;

namespace {

/// Two connected sockets: ours, and the raw descriptor of the far end.
struct Pair {
    StreamSocket near;
    int far = -1;

    Pair()
    {
        std::array<int, 2> ends{};
        REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) == 0);
        near = *StreamSocket::adopt(ends[0], "the test");
        far = ends[1];
    }
    ~Pair() { hangUp(); }
    void say(std::string_view text) const
    {
        REQUIRE(::write(far, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
    }
    void hangUp()
    {
        if (far >= 0)
            ::close(far);
        far = -1;
    }
};

std::string textOf(std::span<const std::byte> bytes)
{
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

} // namespace

TEST_CASE("lines arrive without their ends, however they were split")
{
    Pair pair;
    pair.say("one\r\ntw");
    CHECK(*pair.near.readLine(WaitLimit::after(10s), 100) == "one");
    pair.say("o\n\nrest");
    CHECK(*pair.near.readLine(WaitLimit::after(10s), 100) == "two");
    CHECK(pair.near.readLine(WaitLimit::after(10s), 100)->empty());
    std::array<std::byte, 3> few{};
    CHECK(*pair.near.readSome(few, WaitLimit::after(10s)) == 3);
    CHECK(textOf(few) == "res");
    CHECK(*pair.near.readSome(few, WaitLimit::after(10s)) == 1);
}

TEST_CASE("the end of the stream is 0 bytes to a reader of bytes and an error to a reader of lines")
{
    Pair pair;
    pair.say("half");
    pair.hangUp();
    auto line = pair.near.readLine(WaitLimit::after(10s), 100);
    REQUIRE_FALSE(line);
    CHECK(line.error().happened == "the connection was closed");
    std::array<std::byte, 8> bytes{};
    CHECK(*pair.near.readSome(bytes, WaitLimit::after(10s)) == 4);
    CHECK(*pair.near.readSome(bytes, WaitLimit::after(10s)) == 0);
}

TEST_CASE("a line longer than allowed is refused, ended or not")
{
    Pair pair;
    pair.say("0123456789");
    CHECK_FALSE(pair.near.readLine(WaitLimit::after(10s), 9));
    pair.say("\n");
    CHECK_FALSE(pair.near.readLine(WaitLimit::after(10s), 9));
    CHECK(pair.near.readLine(WaitLimit::after(10s), 10));
}

TEST_CASE("a silent peer costs no more than the limit")
{
    Pair pair;
    auto line = pair.near.readLine(WaitLimit::after(30ms), 100);
    REQUIRE_FALSE(line);
    CHECK(line.error().happened == "no answer in time");
}

TEST_CASE("a peer that drips bytes without end is cut off at the limit")
{
    Pair pair;
    std::atomic<bool> stop{false};
    std::thread dripper([&] {
        while (!stop && ::send(pair.far, "x", 1, MSG_NOSIGNAL | MSG_DONTWAIT) != 0)
            std::this_thread::yield();
    });
    auto line = pair.near.readLine(WaitLimit::after(50ms), 1UL << 30);
    stop = true;
    dripper.join();
    REQUIRE_FALSE(line);
    CHECK(line.error().happened.ends_with("in time"));
}

TEST_CASE("a cancelled wait ends although the limit is far away")
{
    Pair pair;
    core::CancelFlag flag;
    std::thread user([&] { flag.cancel(); });
    auto line = pair.near.readLine(WaitLimit::after(1h, &flag), 100);
    user.join();
    REQUIRE_FALSE(line);
    CHECK(line.error().happened == "cancelled");
}

TEST_CASE("writing delivers more than the socket buffers at once")
{
    Pair pair;
    std::string sent(4U << 20, 'q');
    std::size_t received = 0;
    std::thread reader([&] {
        std::array<char, 65536> block{};
        ssize_t count = 0;
        while (received < sent.size() && (count = ::read(pair.far, block.data(), block.size())) > 0)
            received += static_cast<std::size_t>(count);
    });
    CHECK(pair.near.writeAll(sent, WaitLimit::after(60s)));
    reader.join();
    CHECK(received == sent.size());
}

TEST_CASE("writing to a peer that went away is an error, not a signal")
{
    Pair pair;
    pair.hangUp();
    auto written = pair.near.writeAll("hello", WaitLimit::after(10s));
    REQUIRE_FALSE(written);
    CHECK(written.error().happened == "the connection was closed");
}

TEST_CASE("writing to a peer that does not read ends at the limit")
{
    Pair pair;
    CHECK_FALSE(pair.near.writeAll(std::string(64U << 20, 'q'), WaitLimit::after(50ms)));
}

TEST_CASE("a unix socket and a loopback port can be connected to")
{
    char directory[] = "/tmp/pgtscope-test-XXXXXX";
    REQUIRE(mkdtemp(directory) != nullptr);
    Endpoint unixEnd{std::string(directory) + "/s", "", 0};
    CHECK_FALSE(StreamSocket::connect(unixEnd, WaitLimit::after(10s)));

    int unixServer = ::socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    unixEnd.path.copy(static_cast<char*>(name.sun_path), sizeof(name.sun_path) - 1);
    REQUIRE(::bind(unixServer, reinterpret_cast<sockaddr*>(&name), sizeof(name)) == 0);
    REQUIRE(::listen(unixServer, 1) == 0);
    CHECK(StreamSocket::connect(unixEnd, WaitLimit::after(10s)));

    int tcpServer = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in loopback{};
    loopback.sin_family = AF_INET;
    loopback.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::bind(tcpServer, reinterpret_cast<sockaddr*>(&loopback), sizeof(loopback)) == 0);
    socklen_t size = sizeof(loopback);
    REQUIRE(::getsockname(tcpServer, reinterpret_cast<sockaddr*>(&loopback), &size) == 0);
    Endpoint tcpEnd{"", "localhost", ntohs(loopback.sin_port)};
    auto refused = StreamSocket::connect(tcpEnd, WaitLimit::after(10s));
    REQUIRE_FALSE(refused);
    CHECK_FALSE(refused.error().advice.empty());
    REQUIRE(::listen(tcpServer, 1) == 0);
    CHECK(StreamSocket::connect(tcpEnd, WaitLimit::after(10s)));

    ::close(unixServer);
    ::close(tcpServer);
    std::filesystem::remove_all(directory);
}

TEST_CASE("an endpoint on another machine is refused without a packet")
{
    auto socket = StreamSocket::connect(Endpoint{"", "192.0.2.1", 1234}, WaitLimit::after(10s));
    REQUIRE_FALSE(socket);
    CHECK(socket.error().happened == "it is not an address of this machine");
}

TEST_CASE(
    "the path of a socket that a killed program left is listened on; a living one's, or another file, is not")
{
    const test::TemporaryDirectory directory;
    Endpoint endpoint;
    endpoint.path = (directory / "stub").string();
    SECTION("left")
    {
        const pid_t killed = ::fork();
        if (killed == 0) {
            const auto server = gdb::ServerSocket::listen(endpoint);
            ::kill(::getpid(), SIGKILL);
        }
        REQUIRE(::waitpid(killed, nullptr, 0) == killed);
        REQUIRE(std::filesystem::exists(endpoint.path));
        const auto server = gdb::ServerSocket::listen(endpoint);
        REQUIRE(server);
        CHECK(StreamSocket::connect(endpoint, WaitLimit::after(2s)));
    }
    SECTION("living")
    {
        const auto server = gdb::ServerSocket::listen(endpoint);
        REQUIRE(server);
        CHECK_FALSE(gdb::ServerSocket::listen(endpoint));
        CHECK(StreamSocket::connect(endpoint, WaitLimit::after(2s)));
    }
    SECTION("a file")
    {
        std::ofstream(endpoint.path) << "thesis";
        CHECK_FALSE(gdb::ServerSocket::listen(endpoint));
        CHECK(std::filesystem::file_size(endpoint.path) == 6);
    }
}

TEST_CASE("a socket that was moved from or closed answers with an error")
{
    Pair pair;
    StreamSocket moved = std::move(pair.near);
    CHECK(moved.isOpen());
    CHECK_FALSE(pair.near.isOpen());
    CHECK_FALSE(pair.near.writeAll("x", WaitLimit::after(1s)));
    moved.close();
    CHECK_FALSE(moved.readLine(WaitLimit::after(1s), 10));
}

TEST_CASE("a descriptor goes with a text, and names the same file for the peer")
{
    Pair pair;
    std::array<int, 2> pipe{};
    REQUIRE(::pipe2(pipe.data(), O_CLOEXEC) == 0);
    REQUIRE(pair.near.writeWithDescriptor("take it\n", pipe[1], WaitLimit::after(10s)));
    std::array<char, 32> text{};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
    iovec piece{text.data(), text.size()};
    msghdr message{};
    message.msg_iov = &piece;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    std::size_t got = 0;
    int descriptor = -1;
    while (got < 8) {
        const ssize_t count = ::recvmsg(pair.far, &message, 0);
        REQUIRE(count > 0);
        if (const cmsghdr* const rights = CMSG_FIRSTHDR(&message); rights && descriptor < 0)
            std::memcpy(&descriptor, CMSG_DATA(rights), sizeof descriptor);
        got += static_cast<std::size_t>(count);
        piece = {text.data() + got, text.size() - got};
        message.msg_controllen = control.size();
    }
    CHECK(std::string(text.data(), got) == "take it\n");
    REQUIRE(descriptor >= 0);
    REQUIRE(::write(descriptor, "x", 1) == 1);
    CHECK(::read(pipe[0], text.data(), text.size()) == 1);
    for (const int one : {pipe[0], pipe[1], descriptor})
        ::close(one);
}
