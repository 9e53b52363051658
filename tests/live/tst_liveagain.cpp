// SPDX-License-Identifier: GPL-2.0-or-later
// Debian's boot, recorded with checkpoints, live again from them.
#include "tests/support/catch.h"

#include <random>
#include <set>

#include "core/timeline/timeline.h"
#include "gdb/checkpoint/checkpoints.h"
#include "gdb/checkpoint/livefolder.h"
#include "gdb/recorder/bootcheckpoints.h"
#include "tests/support/relived.h"
#include "tests/support/required.h"

using namespace pgtscope;

namespace {

/// Steps of which each is identical when it is live again; `last`: the recording's last step is one of them.
void checkSteps(const std::string& file, std::size_t count, bool last)
{
    const auto timeline = core::Timeline::open(file).value();
    const auto checkpoints = test::required(gdb::Checkpoints::open(file, timeline->guest()));
    const gdb::CheckpointIndex& index = checkpoints.index();
    REQUIRE(index.checkpoints.size() > 2);
    CHECK(gdb::liveBytes(file) < gdb::CheckpointOptions::defaultSpace);
    const core::StepNumber first = index.checkpoints.front().step;
    std::set<core::StepNumber> wanted{index.checkpoints.back().step, index.checkpoints[1].step};
    if (last)
        wanted.insert(timeline->size() - 1);
    std::mt19937 random(23);
    while (wanted.size() < count)
        if (const core::StepNumber step = first + random() % (timeline->size() - first);
            timeline->step(step)->cause != core::StepCause::UserStop)
            wanted.insert(step);
    for (const core::StepNumber step : wanted) {
        INFO("step " << step);
        const auto live = test::relivedStep(file, step);
        CHECK(live.answer.at("identical") == true);
        CHECK(live.answer.at("checkpoint") == index.nearest(step)->step);
    }
}

} // namespace

TEST_CASE("Steps of Debian's boot are live again from its checkpoints, identical")
{
    const test::RunPlace place("debian");
    const std::string file = place.file("a.pgtrec");
    REQUIRE(tests::runPgt({"record", "debian", "--deterministic", "--checkpoints", "-o", file}).status == 0);
    checkSteps(file, 6, true);
}
