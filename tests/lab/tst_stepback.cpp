// SPDX-License-Identifier: GPL-2.0-or-later
// A guest that is live again goes back by single instructions.
#include "tests/support/catch.h"

#include <chrono>
#include <optional>
#include <random>

#include <nlohmann/json.hpp>

#include "core/base/numbers.h"
#include "core/timeline/timeline.h"
#include "gdb/qemu/qemulauncher.h"
#include "gdb/relive/instructionrun.h"
#include "tests/app/pgtrunner.h"
#include "tests/support/required.h"
#include "tests/support/runplace.h"

using namespace pgtscope;
using namespace std::chrono_literals;
using test::required;
using tests::PgtRun;

namespace {

/// A deterministic boot of the lab guest, recorded with every event.
struct Recording {
    explicit Recording(std::vector<std::string> more = {}, const std::string& scenario = "native")
    {
        std::vector<std::string> words{"record", "lab", "-o", file, "--append", "scenario=" + scenario,
            "--deterministic", "--grain", "event"};
        words.insert(words.end(), more.begin(), more.end());
        REQUIRE(tests::runPgt(words).status != 2);
        timeline = core::Timeline::open(file).value();
    }

    core::StepNumber stepOf(const std::string& event) const
    {
        for (core::StepNumber number = 0; number < timeline->size(); ++number)
            if (timeline->step(number)->event == event)
                return number;
        FAIL("no event " << event);
        return 0;
    }
    void relive(core::StepNumber step) const
    {
        REQUIRE(tests::runPgt({"relive", file, "--step", std::to_string(step)}).status == 0);
    }

    test::RunPlace place{"lab"};
    std::string file = place.file("a.pgtrec");
    std::shared_ptr<core::Timeline> timeline;
};

/// The only guest that runs.
gdb::InstructionPlace placeNow()
{
    const auto guests = required(gdb::QemuLauncher().listRunning());
    REQUIRE(guests.size() == 1);
    return required(gdb::instructionPlace(guests.front(), gdb::WaitLimit::after(20s)));
}

void checkSame(const gdb::InstructionPlace& wanted, const gdb::InstructionPlace& found)
{
    CHECK(found.count == wanted.count);
    CHECK(gdb::registerDifference(wanted.registers, found.registers).empty());
}

nlohmann::json stepBack(int status = 0)
{
    const PgtRun run = tests::runPgt({"step", "--back", "--grain", "instruction", "--json"});
    INFO(run.out);
    REQUIRE(run.status == status);
    return nlohmann::json::parse(run.out);
}

void stepForward() { REQUIRE(tests::runPgt({"step", "--grain", "instruction"}).status == 0); }

} // namespace

TEST_CASE("A guest that was stepped on by instructions goes back over each, to the same registers")
{
    const Recording recording({"--checkpoints"});
    const core::StepNumber step = recording.stepOf("lab_handed_back");
    recording.relive(step);
    std::vector<gdb::InstructionPlace> passed{placeNow()};
    for (unsigned i = 0; i < 4; ++i) {
        stepForward();
        passed.push_back(placeNow());
        REQUIRE(passed.back().count == passed[i].count + 1);
    }
    for (unsigned i = 4; i-- > 0;) {
        const auto answer = stepBack();
        CHECK(answer.at("instructions") == passed[i].count);
        CHECK(answer.at("identical") == true);
        checkSame(passed[i], placeNow());
    }
    SECTION("and beyond the recorded stop, from where one instruction leads to it")
    {
        const auto answer = stepBack();
        CHECK(answer.at("step").get<core::StepNumber>() < step);
        CHECK(placeNow().count == passed[0].count - 1);
        const auto rip = core::parseNumber(answer.at("rip").get<std::string>());
        CHECK(rip != recording.timeline->step(step)->cpu.rip.value);
        stepForward();
        checkSame(passed[0], placeNow());
    }
}

TEST_CASE("A guest that ran on to later stops goes back to the instruction before the one that it is at")
{
    const Recording recording; // without checkpoints: from the reset
    recording.relive(recording.stepOf("lab_handed_back"));
    REQUIRE(tests::runPgt({"step"}).status == 0);
    REQUIRE(tests::runPgt({"step"}).status == 0);
    const auto present = placeNow();
    const auto answer = stepBack();
    CHECK(answer.at("identical") == true);
    CHECK(placeNow().count == present.count - 1);
    stepForward();
    checkSame(present, placeNow());
}

TEST_CASE("What was changed by hand is not in the boot that a guest goes back in, which is said")
{
    const Recording recording({"--checkpoints"});
    recording.relive(recording.stepOf("lab_handed_back"));
    SECTION("an entry")
    {
        REQUIRE(tests::runPgt({"poke", "0xffff880000100000", "--set", "g", "--yes"}).status == 0);
        CHECK(stepBack(1).at("identical") == false);
    }
    SECTION("a register, whose guest is at no place of that boot")
    {
        const auto guest = required(gdb::QemuLauncher().find(""));
        gdb::SessionOptions options;
        options.endpoint = guest.gdbEndpoint();
        options.guest = guest;
        core::CancelFlag cancel;
        const auto session = required(gdb::GuestSession::open(options, cancel));
        required(session->target().execute("set $r15 = 0x1234567", [] { return false; }));
        required(session->close(gdb::EndState::Stopped));
        const auto before = placeNow();
        CHECK(tests::runWords({"step", "--back", "--grain", "instruction"}) == 2);
        checkSame(before, placeNow()); // the only guest
    }
}

TEST_CASE("From the handler of an exception a guest goes back to the instruction that raised it")
{
    const Recording recording({}, "missing-handback");
    recording.relive(recording.stepOf("lab_handed_back"));
    // The page fault's: 16 bytes each (resources/guests/lab/entry.S).
    REQUIRE(tests::runPgt({"run-to", "trap_entries+0xe0"}).status == 0);
    const auto present = placeNow();
    const auto answer = stepBack();
    CHECK(answer.at("instructions") == present.count); // QEMU does not count an instruction that faults
    const PgtRun info = tests::runPgt({"info", "--json"});
    const auto at = nlohmann::json::parse(info.out);
    CHECK(at.at("rip") == answer.at("rip"));
    CHECK(at.at("symbol").get<std::string>().starts_with("use_returned_pages"));
    stepForward();
    checkSame(present, placeNow());
}
