// SPDX-License-Identifier: GPL-2.0-or-later
#include <csignal>
#include <sys/wait.h>
#include <unistd.h>

#include "gdb/stub/stubguest.h"
#include "tests/gdb/scriptedstub.h"

using namespace pgtscope;
using namespace pgtscope::gdb;
using namespace std::chrono_literals;

TEST_CASE("Killed while it reads a guest that was paused, it leaves the switch for addresses as it was")
{
    std::atomic<pid_t> reader = 0;
    StubFaults faults;
    faults.onRead = [&](int number) {
        while (reader == 0)
            std::this_thread::yield();
        if (number == 3)
            ::kill(reader, SIGKILL);
    };
    ScriptedStub stub(faults);
    reader = ::fork();
    if (reader == 0) {
        auto guest = StubGuest::attach(stub.endpoint(), nullptr);
        std::vector<std::byte> bytes(4096);
        std::vector<StubRead> pieces(64);
        for (StubRead& piece : pieces)
            piece.bytes = bytes;
        const bool read = guest && (*guest)->read(pieces, WaitLimit::after(10s)).has_value();
        ::_exit(read ? 0 : 1);
    }
    REQUIRE(reader > 0);
    int status = 0;
    REQUIRE(::waitpid(reader, &status, 0) == reader);
    REQUIRE(WIFSIGNALED(status));
    const auto limit = WaitLimit::after(10s);
    while (stub.physicalMode() && !limit.passed())
        std::this_thread::sleep_for(5ms);
    CHECK_FALSE(stub.physicalMode());
    const auto requests = stub.requests();
    CHECK(std::find(requests.begin(), requests.end(), "D;1") == requests.end()); // It was paused.
}
