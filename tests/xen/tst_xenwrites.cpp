// SPDX-License-Identifier: GPL-2.0-or-later
#include <cstdio>
#include <random>

#include "tests/support/catch.h"

#include "tests/support/writesguest.h"

using namespace pgtscope;

TEST_CASE("stopped at random, dom0's tables are those that the recorded stores make")
{
    const auto seed = std::random_device()();
    INFO("seed " << seed);
    std::mt19937 random(seed);
    std::uniform_int_distribution<int> milliseconds(10, 3000);
    test::WritesGuest boot("xen");
    boot.runTo("start_kernel");
    for (int stop = 0; stop < 12; ++stop)
        boot.run(std::chrono::milliseconds(milliseconds(random)));
    const auto outcome = boot.compare();
    std::printf("xen: %zu stops compared, %llu changes, %zu tables\n", outcome.stops,
        static_cast<unsigned long long>(outcome.changes), outcome.tables);
    CHECK(outcome.stops >= 12);
    CHECK(outcome.changes > 1000);
    CHECK(outcome.differences == std::vector<std::string>{});
}
