// SPDX-License-Identifier: GPL-2.0-or-later
// Debian's boot, recorded with checkpoints, live again from them.
#include "tests/support/catch.h"

#include <random>
#include <set>

#include "core/timeline/timeline.h"
#include "gdb/checkpoint/checkpoints.h"
#include "gdb/checkpoint/livefolder.h"
#include "gdb/debian/guestfetch.h"
#include "gdb/recorder/bootcheckpoints.h"
#include "tests/support/catch/run.h"
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

TEST_CASE("The boot that Xen refuses survives, once the one fatal entry is corrected before Xen looks")
{
    if (const auto fetched = gdb::fetchGuest(test::required(gdb::findRecipe("lab-xen")), {}); !fetched)
        tests::skipCase(fetched.error().message());
    const test::RunPlace place("lab-xen");
    const std::string file = place.file("a.pgtrec");
    // Every store: QEMU 7.2 has died of a callback that it left behind in just this boot.
    REQUIRE(
        tests::runPgt({"record", "lab-xen", "--append", "scenario=end-rule-high hole=yes ramdisk=2",
                          "--deterministic", "--checkpoints", "--grain", "event,pgt_buf,write", "-o", file})
            .status
        == 1);
    const auto timeline = core::Timeline::open(file).value();
    core::StepNumber handedOut = timeline->size();
    while (timeline->step(--handedOut)->text != "pgt_buf_end pfn 0x43ded -> 0x43dee")
        REQUIRE(handedOut != 0);
    const auto checked = nlohmann::json::parse(tests::runPgt(
        {"check", file, "--step", std::to_string(timeline->size() - 1), "--rule", "xen-ro", "--json"})
                                                   .out);
    std::string entry;
    for (const auto& finding : checked.at("reports").at(0).at("findings"))
        if (finding.at("standing") == "broken")
            entry = "pa:" + finding.at("entry").at("address").get<std::string>();
    CHECK(tests::runPgt({"relive", file, "--step", std::to_string(handedOut)}).status == 0);
    CHECK(tests::runPgt({"run-to", "pin_pagetable_pfn"}).status == 0);
    CHECK(tests::runPgt({"poke", entry, "--clear", "rw", "--yes", "-o", place.file("poke.pgtrec")}).status
        == 0);
    CHECK(tests::runPgt({"run-to", "lab_done"}).status == 0);
    test::RunPlace::endGuests();
}
