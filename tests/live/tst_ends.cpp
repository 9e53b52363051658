// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/catch.h"

#include <array>
#include <cstdlib>
#include <iostream>
#include <random>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/live/firmwareguest.h"
#include "tests/live/pgtprocess.h"

using namespace pgtscope;
using namespace std::chrono_literals;

namespace {

int freePort()
{
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    REQUIRE(::bind(socket, reinterpret_cast<const sockaddr*>(&address), size) == 0);
    REQUIRE(::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    ::close(socket);
    return ntohs(address.sin_port);
}

struct Attach {
    const char* channel;
    int signal; ///< That ends it; 0: none.
};

/// Over a unix socket and TCP together; PGTSCOPE_ATTACHES: another number.
std::size_t wantedAttaches()
{
    const char* wanted = std::getenv("PGTSCOPE_ATTACHES");
    return wanted != nullptr ? std::strtoul(wanted, nullptr, 10) : 20;
}

/// Lets one command read the guest, ends it at a random moment, and sees what has become of the guest.
void attachAndEnd(FirmwareGuest& guest, const Attach& attach, std::mt19937& random)
{
    const bool running = random() % 2 == 0;
    REQUIRE(guest.execute(running ? "cont" : "stop"));
    REQUIRE(guest.reaches(running ? "running" : "paused"));
    Pgt pgt({"info", "--channel", attach.channel, "--connect", QString::fromStdString(guest.stub().text())});
    std::this_thread::sleep_for(std::chrono::milliseconds(random() % 1200));
    if (attach.signal != 0)
        pgt.signal(attach.signal);
    CHECK(pgt.ends());
    INFO((running ? "it ran" : "it was paused")
        << "; " << attach.channel << ", signal " << attach.signal << ": " << pgt.error());
    if (attach.signal == 0)
        CHECK(pgt.status() == 0);
    // Of a killed one nobody can tell when the guest has been put back: it is waited for.
    CHECK(guest.reaches(running ? "running" : "paused"));
    std::this_thread::sleep_for(attach.signal == SIGKILL ? 700ms : 0ms);
    CHECK(guest.status() == (running ? "running" : "paused"));
    CHECK_FALSE(guest.physicalMode());
}

} // namespace

TEST_CASE("However a command ends, the guest is as it was found")
{
    std::mt19937 random(std::random_device{}());
    const bool tcp = GENERATE(false, true);
    FirmwareGuest guest(
        {"-m", "1152", "-kernel", test::labGuestFile, "-append", "scenario=native"}, tcp ? freePort() : 0);
    REQUIRE(guest.reaches("running"));
    const std::array<const char*, 4> channels{"procmem", "rsp", "pmemsave", "gdb"};
    const std::array<int, 5> endings{0, SIGINT, SIGTERM, SIGHUP, SIGKILL};
    // Each way to end over unix and TCP, each channel with each way in one of the two; in forty, in both.
    const std::size_t half = wantedAttaches() / 2;
    for (std::size_t way = tcp ? half : 0; way < (tcp ? 2 : 1) * half; ++way) {
        attachAndEnd(guest, {channels[way % channels.size()], endings[way % endings.size()]}, random);
        if (half > 10)
            std::cerr << "attach " << way << '\n';
    }
}
