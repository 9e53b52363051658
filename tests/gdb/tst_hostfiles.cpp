// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/catch.h"

#include <atomic>
#include <fstream>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include "gdb/host/files.h"
#include "gdb/host/processid.h"
#include "tests/support/temporarydirectory.h"

using namespace pgtscope;
using namespace pgtscope::gdb;

TEST_CASE("A file is read whole, or it is said why not")
{
    const test::TemporaryDirectory directory;
    const auto file = directory / "file";
    std::ofstream(file) << std::string(100'000, 'x');
    CHECK(readWhole(file, 100'000) == std::string(100'000, 'x'));
    CHECK(readWhole(file, 99'999).error().message().find("larger than 99999 bytes") != std::string::npos);
    CHECK_FALSE(readWhole(directory.path(), 4096)); // It can be opened, and not be read.
    CHECK_FALSE(readWhole(directory / "missing", 4096));
    CHECK(readWhole("/proc/self/stat", 4096));
}

TEST_CASE("A process that ends while it is looked at is no process, and nothing worse")
{
    std::atomic<pid_t> child = 0;
    std::atomic<bool> over = false;
    std::thread looker([&] {
        while (!over)
            if (const pid_t pid = child; pid > 0) {
                (void)ProcessId::of(pid);
                (void)readWhole("/proc/" + std::to_string(pid) + "/cmdline", 4096);
            }
    });
    for (int round = 0; round < 300; ++round) {
        const pid_t pid = ::fork();
        if (pid == 0)
            ::_exit(0);
        child = pid;
        ::waitpid(pid, nullptr, 0);
        CHECK_FALSE(ProcessId::of(pid));
    }
    over = true;
    looker.join();
}
