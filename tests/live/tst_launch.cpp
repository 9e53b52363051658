// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/catch.h"

#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <sys/mman.h>
#include <unistd.h>

#include "core/linux/layout.h"
#include "gdb/capture/guestsession.h"
#include "tests/support/liveguest.h"
#include "tests/support/required.h"

using namespace pgtscope;
using namespace std::chrono_literals;
using test::LiveGuest;
using test::required;

TEST_CASE("the Debian guest boots to userspace, can be found, and leaves nothing behind")
{
    LiveGuest live("debian");
    const gdb::RunningGuest& guest = live.guest();
    CHECK(live.qmp("query-status")["status"] == "prelaunch");
    CHECK(guest.features == core::CpuFeatures{40, true, false, true});
    CHECK(live.launcher().find("debian")->process == guest.process);
    CHECK(live.launcher().find(guest.id)->spec == guest.spec);
    CHECK(live.launcher().find("")->ramFile == guest.ramFile);

    live.bootToUserspace();
    CHECK(live.qmp("query-status")["status"] == "running");
    // To a debugger that has neither the kernel's file nor a word of what was launched it is a Linux.
    gdb::SessionOptions stranger;
    stranger.endpoint = guest.gdbEndpoint();
    core::CancelFlag cancel;
    {
        const auto session = required(gdb::GuestSession::open(stranger, cancel));
        CHECK_FALSE(core::hasPlainRegions(*required(session->capture({}))));
    }

    live.stop();
    CHECK_FALSE(guest.process.alive());
    CHECK_FALSE(std::filesystem::exists(guest.ramFile));
    CHECK_FALSE(std::filesystem::exists(guest.directory));
    CHECK(live.launcher().listRunning()->empty());
    CHECK_FALSE(live.launcher().find("debian"));
}

TEST_CASE("guest RAM can be mapped shared by another process")
{
    LiveGuest live("debian");
    live.pause();
    int file = ::open(live.guest().ramFile.c_str(), O_RDWR | O_CLOEXEC);
    REQUIRE(file >= 0);
    constexpr std::size_t bytes = 1U << 20;
    void* ram = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    ::close(file);
    REQUIRE(ram != MAP_FAILED);
    static_cast<volatile std::uint32_t*>(ram)[0x1000 / 4] = 0x600df00d;
    CHECK(live.monitor("xp /1xw 0x1000").find("0x600df00d") != std::string::npos);
    ::munmap(ram, bytes);
}

TEST_CASE("a guest whose QEMU was killed is swept away")
{
    LiveGuest live("debian");
    REQUIRE(::kill(live.guest().process.pid, SIGKILL) == 0);
    auto limit = gdb::WaitLimit::after(30s);
    while (live.guest().process.alive() && !limit.passed())
        ::usleep(10000);
    auto waiting = gdb::waitForConsole(live.guest(), "never printed", gdb::WaitLimit::after(30s));
    REQUIRE_FALSE(waiting);
    CHECK(waiting.error().happened.starts_with("the guest ended"));
    CHECK(live.launcher().listRunning()->empty());
    CHECK_FALSE(std::filesystem::exists(live.guest().directory));
}

TEST_CASE("several guests of one name run side by side, and the newest is meant by the name")
{
    LiveGuest live("debian");
    gdb::LaunchSpec spec = live.guest().spec;
    spec.memoryBytes = 256U << 20;
    auto second = live.launcher().launch(spec, gdb::Lifetime::Stays);
    REQUIRE(second);
    CHECK(second->id != live.guest().id);
    CHECK(live.launcher().find("debian")->id == second->id);
    CHECK(live.launcher().find(live.guest().id)->id == live.guest().id);
    REQUIRE(live.launcher().stop(*second, gdb::WaitLimit::after(30s)));
    CHECK(live.launcher().find("debian")->id == live.guest().id);
}

TEST_CASE("what QEMU refuses is reported in its words and leaves nothing behind")
{
    LiveGuest live("debian");
    gdb::LaunchSpec spec = live.guest().spec;
    spec.cpu = "no-such-cpu";
    auto refused = live.launcher().launch(spec, gdb::Lifetime::Stays);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().happened.find("no-such-cpu") != std::string::npos);
    CHECK(live.launcher().listRunning()->size() == 1);
    CHECK_FALSE(std::filesystem::exists(live.guest().directory.parent_path() / "debian-2"));
}
