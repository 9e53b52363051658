// SPDX-License-Identifier: GPL-2.0-or-later
// gdb's own prompt on a live guest.
#include "tests/lab/labboot.h"

#include "gdb/stub/promptcommand.h"

using namespace pgtscope;
using namespace pgtscope::test;

TEST_CASE("a guest that was continued at gdb's own prompt can be stopped, and is usable afterwards")
{
    LabBoot boot("scenario=native");
    boot.untilEvent("lab_done");
    gdb::Target& target = boot.session().target();
    for (int time = 0; time < 2; ++time) {
        required(target.execute("continue", [] { return false; }));
        REQUIRE(target.running());
        // gdb takes a second request for the wish to end the connection.
        REQUIRE(target.interrupt());
        REQUIRE(target.interrupt());
        const gdb::StopEvent stop = required(target.waitForStop(std::chrono::seconds(30)));
        CHECK_FALSE(target.running());
        CHECK(required(target.evaluate("$rip")) == stop.rip.value);
    }
    CHECK(required(boot.stepper().captureNow(core::StepCause::UserStop, {})).snapshot->tables().size() > 0);
}

TEST_CASE("a guest that was continued at gdb's own prompt is detached from as any other")
{
    LabBoot boot("scenario=native");
    boot.untilEvent("lab_done");
    gdb::Target& target = boot.session().target();
    required(target.execute("continue", [] { return false; }));
    REQUIRE(target.running());
    CHECK(target.release(gdb::EndState::Running));
}

TEST_CASE("breakpoints that follow the boot survive what a user does to all breakpoints at gdb's prompt")
{
    LabBoot boot("scenario=native");
    boot.untilEvent("startup_64");
    gdb::Target& target = boot.session().target();
    const auto place = boot.address("scenario_before_reserve");
    const auto run
        = [&](const std::string& command) { return required(target.execute(command, [] { return false; })); };
    run("hbreak *0x" + core::hexText(place.value).substr(2));
    CHECK(target.usersBreakpointAt(place));
    const std::string list = run("info breakpoints");
    INFO(list);
    CHECK(list.find("to pgtscope") != std::string::npos);
    run("delete");
    CHECK(run("info breakpoints").find("You have set no breakpoints") == 0);
    boot.untilEvent("lab_done");
}
