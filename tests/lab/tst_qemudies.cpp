// SPDX-License-Identifier: GPL-2.0-or-later
// QEMU killed under pgt, at each stage of what it does: each ends in one sentence, soon.
#include <filesystem>
#include <regex>
#include <thread>

#include "core/timeline/timeline.h"
#include "tests/live/pgtprocess.h"

using namespace pgtscope;

namespace {

/// Its guest, as soon as there is one; 0 if there is none in time.
pid_t guestOf(const Pgt& pgt)
{
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    pid_t guest = 0;
    while (guest == 0 && std::chrono::steady_clock::now() < deadline) {
        guest = pgt.child("qemu-system-x86", "-pidfile"); // others are asked for their version
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    return guest;
}

} // namespace

TEST_CASE("However far a recording was when QEMU was killed, a sentence says so, and the steps are there")
{
    const std::string stage = GENERATE("", "step 0 ", "step 3 ", "step 9 ");
    INFO("killed at: " << stage);
    const test::TemporaryDirectory directory;
    const std::string file = (directory / "killed.pgtrec").string();
    Pgt pgt({"record", "lab", "-o", QString::fromStdString(file)});
    const pid_t guest = guestOf(pgt);
    REQUIRE(guest != 0);
    REQUIRE(pgt.prints(stage));
    ::kill(guest, SIGKILL);
    REQUIRE(pgt.ends(std::chrono::seconds(12)));
    INFO(pgt.error());
    CHECK(pgt.status() == 2);
    static const std::regex sentence("pgt: could not [^\n]+\n");
    CHECK(std::regex_match(pgt.error(), sentence));
    if (stage.empty())
        return;
    CHECK(pgt.complains("QEMU has ended"));
    const auto timeline = core::Timeline::open(file);
    REQUIRE(timeline);
    CHECK((*timeline)->size() >= 1);
}
