// SPDX-License-Identifier: GPL-2.0-or-later
// QEMU killed under pgt, at each stage of what it does: each ends in one sentence, soon.
#include <filesystem>
#include <regex>
#include <thread>

#include "core/timeline/timeline.h"
#include "tests/live/pgtprocess.h"

using namespace pgtscope;

namespace {

/// Kills the guest as soon as pgt has printed `text`; empty: as soon as it has a guest.
void killGuestAt(Pgt& pgt, const std::string& text)
{
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    for (;;) {
        const pid_t qemu = pgt.child("qemu-system-x86");
        if (qemu != 0 && pgt.output().find(text) != std::string::npos) {
            ::kill(qemu, SIGKILL);
            return;
        }
        REQUIRE(std::chrono::steady_clock::now() < deadline);
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
}

} // namespace

TEST_CASE("However far a recording was when QEMU was killed, a sentence says so, and the steps are there")
{
    const std::string stage = GENERATE("", "step 0 ", "step 3 ", "step 9 ");
    INFO("killed at: " << stage);
    const test::TemporaryDirectory directory;
    const std::string file = (directory / "killed.pgtrec").string();
    Pgt pgt({"record", "lab", "-o", QString::fromStdString(file)});
    killGuestAt(pgt, stage);
    REQUIRE(pgt.ends(std::chrono::seconds(12)));
    INFO(pgt.error());
    CHECK(pgt.status() == 2);
    static const std::regex sentence("pgt: could not [^\n]+; [^\n]+\n");
    CHECK(std::regex_match(pgt.error(), sentence));
    if (stage.empty())
        return;
    CHECK(pgt.complains("QEMU has ended"));
    const auto timeline = core::Timeline::open(file);
    REQUIRE(timeline);
    CHECK((*timeline)->size() >= 1);
}
