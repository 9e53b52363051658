// SPDX-License-Identifier: GPL-2.0-or-later
// The same guests on another QEMU than the system's: the one that PGTSCOPE_NEWER_QEMU names, which tests/run
// fetches.
#include "tests/support/catch.h"

#include <cstdlib>
#include <string>

#include <nlohmann/json.hpp>

#include "core/timeline/timeline.h"
#include "gdb/host/childprocess.h"
#include "testpaths.h"
#include "tests/support/catch/run.h"
#include "tests/support/temporarydirectory.h"

using namespace pgtscope;
using namespace std::chrono_literals;

namespace {

std::string newerQemu()
{
    const char* program = std::getenv("PGTSCOPE_NEWER_QEMU");
    if (program == nullptr || *program == '\0')
        tests::skipCase("PGTSCOPE_NEWER_QEMU names no QEMU that is newer than the system's");
    return program;
}

/// pgt with a run directory of its own, on the newer QEMU.
class NewerPgt {
public:
    gdb::ChildOutput run(const std::vector<std::string>& words) const
    {
        auto ran = gdb::runChild(
            {test::pgtProgram, words, {},
                {{"XDG_RUNTIME_DIR", m_directory.path().string()}, {"PGTSCOPE_QEMU", m_qemu}}, {}},
            gdb::WaitLimit::after(540s));
        REQUIRE(ran);
        return *ran;
    }
    nlohmann::json json(std::vector<std::string> words) const
    {
        words.push_back("--json");
        const auto ran = run(words);
        INFO(ran.errors);
        REQUIRE(ran.exitStatus == 0);
        return nlohmann::json::parse(ran.output);
    }
    /// The same on the system's QEMU.
    gdb::ChildOutput runOnUsual(const std::vector<std::string>& words) const
    {
        auto ran = gdb::runChild(
            {test::pgtProgram, words, {}, {{"XDG_RUNTIME_DIR", m_directory.path().string()}}, {}},
            gdb::WaitLimit::after(540s));
        REQUIRE(ran);
        return *ran;
    }
    std::string file() const { return (m_directory / "boot.pgtrec").string(); }
    const std::string& qemu() const { return m_qemu; }

private:
    const std::string m_qemu = newerQemu();
    test::TemporaryDirectory m_directory;
};

/// Records a guest's boot with checkpoints, and restores it at the last step; its number.
std::string restoredAtLast(const NewerPgt& pgt, const std::vector<std::string>& guest)
{
    std::vector<std::string> words{
        "record", "--deterministic", "--checkpoints", "--grain", "event", "-o", pgt.file()};
    words.insert(words.end(), guest.begin(), guest.end());
    const auto recorded = pgt.run(words);
    INFO(recorded.errors);
    REQUIRE(recorded.exitStatus == 0);
    std::string last = std::to_string(core::Timeline::open(pgt.file()).value()->size() - 1);
    const auto live = pgt.json({"relive", pgt.file(), "--step", last});
    CHECK(live["identical"] == true);
    CHECK(live["checkpoint"].is_number());
    return last;
}

} // namespace

TEST_CASE("on a newer QEMU a Debian boot's events, allocations and every store are recorded as well")
{
    const NewerPgt pgt;
    // With RAM on both sides of the hole below 4 GiB: physical addresses are no offsets in RAM there.
    const auto recorded
        = pgt.run({"record", "debian", "--memory", "5G", "-o", pgt.file(), "--grain", "event,pgt_buf,write"});
    INFO(recorded.errors);
    REQUIRE(recorded.exitStatus == 0);
    CHECK(recorded.errors.find("they were the same") != std::string::npos);
    const auto timeline = core::Timeline::open(pgt.file()).value();
    CHECK(timeline->finished());
    CHECK(timeline->size() > 50'000);

    // What builds the direct map calls a setter for each entry.
    const auto writers = pgt.json({"writers", pgt.file()})["writers"];
    bool viaSetter = false;
    for (const auto& writer : writers)
        viaSetter = viaSetter
            || writer["function"].get<std::string>().starts_with("phys_pmd_init via native_set_pmd");
    CHECK(viaSetter);
    // So many steps: the stops are checked and the single stores between them are not, which is no "clean".
    const auto checked = pgt.run({"check", pgt.file()});
    INFO(checked.errors << checked.output);
    CHECK(checked.exitStatus == 3);
    CHECK(checked.output.find("no broken findings at any of ") != std::string::npos);
    CHECK(pgt.run({"check", pgt.file(), "--step", std::to_string(timeline->size() - 1)}).exitStatus == 0);
}

TEST_CASE("a guest that a newer QEMU runs is launched, read, stepped and stopped")
{
    const NewerPgt pgt;
    REQUIRE(pgt.run({"launch", "lab", "--append", "scenario=native"}).exitStatus == 0);
    for (int step = 0; step < 3; ++step) {
        const auto stepped = pgt.run({"step"});
        INFO(stepped.errors);
        CHECK(stepped.exitStatus == 0);
    }
    CHECK(pgt.json({"info"})["cr3"].is_string());
    CHECK(pgt.run({"guest", "stop"}).exitStatus == 0);
}

TEST_CASE("a newer QEMU's guest is restored from its checkpoints, on that QEMU and on no other")
{
    const NewerPgt pgt;
    const std::string last = restoredAtLast(pgt, {"lab", "--append", "scenario=native"});
    CHECK(pgt.run({"step", "--back"}).exitStatus == 0);
    CHECK(pgt.run({"step", "--back", "--grain", "instruction"}).exitStatus == 0);
    CHECK(pgt.run({"guest", "stop"}).exitStatus == 0);
    const auto refused = pgt.runOnUsual({"relive", pgt.file(), "--step", last});
    CHECK(refused.exitStatus == 2);
    CHECK(refused.errors.find("it ran in QEMU emulator version") != std::string::npos);
    CHECK(pgt.runOnUsual({"relive", pgt.file(), "--step", last, "--qemu", pgt.qemu()}).exitStatus == 0);
    CHECK(pgt.runOnUsual({"guest", "stop"}).exitStatus == 0);
}

TEST_CASE("a newer QEMU's checkpoint of Debian leaves out the guest's RAM, which is saved by its content")
{
    const NewerPgt pgt;
    restoredAtLast(pgt, {"debian"});
    CHECK(pgt.run({"guest", "stop"}).exitStatus == 0);
}
