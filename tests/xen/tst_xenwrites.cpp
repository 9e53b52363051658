// SPDX-License-Identifier: GPL-2.0-or-later
#include <cstdio>
#include <random>

#include "tests/support/catch.h"

#include "tests/support/initramfs.h"
#include "tests/support/temporarydirectory.h"
#include "tests/support/writesguest.h"

using namespace pgtscope;

TEST_CASE("stopped at random, dom0's tables are those that the recorded stores make, in processes too")
{
    const auto seed = std::random_device()();
    INFO("seed " << seed);
    std::mt19937 random(seed);
    std::uniform_int_distribution<int> milliseconds(10, 1500);
    // Its first process computes most of the time, and has a child now and then.
    const test::TemporaryDirectory directory;
    const std::string script = "#!/bin/busybox sh\ni=0\n"
                               "while :; do i=$((i+1)); [ $((i%3000)) != 0 ] || /bin/busybox true; done\n";
    test::WritesGuest boot("xen", {}, [&](gdb::LaunchSpec& spec) {
        spec.initrd = test::initramfsThatRuns(script, spec.initrd, directory / "initrd");
    });
    boot.runTo("start_kernel");
    for (int stop = 0; stop < 12; ++stop)
        boot.run(std::chrono::milliseconds(milliseconds(random)));
    for (int stop = 0; stop < 300 && boot.stopsInProcesses() < 5; ++stop)
        boot.run(std::chrono::milliseconds(milliseconds(random) / (boot.stopsInProcesses() == 0 ? 1 : 5)));
    CHECK(boot.stopsInProcesses() >= 5);
    const auto outcome = boot.compare();
    std::printf("xen: %zu stops compared, %llu changes, %zu tables\n", outcome.stops,
        static_cast<unsigned long long>(outcome.changes), outcome.tables);
    CHECK(outcome.stops >= 12);
    CHECK(outcome.changes > 1000);
    CHECK(outcome.differences == std::vector<std::string>{});

    // Nearly every entry of a PV kernel is stored by Xen: who wanted it has a name, and so has Xen's
    // function.
    std::uint64_t named = 0;
    std::uint64_t nameless = 0;
    for (const core::FunctionWrites& writer : outcome.writers) {
        if (writer.function.find("Xen's ") != std::string::npos)
            named += writer.total();
        if (writer.function.ends_with("Xen"))
            nameless += writer.total();
    }
    CHECK(named > 1000);
    CHECK(nameless == 0);
}
