// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/catch.h"

#include <cstdio>
#include <filesystem>
#include <random>
#include <string>

#include <nlohmann/json.hpp>

#include "core/base/numbers.h"
#include "core/timeline/timeline.h"
#include "gdb/host/childprocess.h"
#include "gdb/qemu/qemulauncher.h"
#include "testpaths.h"
#include "tests/support/temporarydirectory.h"
#include "tests/support/writesguest.h"

using namespace pgtscope;
using namespace std::chrono_literals;

namespace {

/// A boot recorded at the grain of every store, with a run directory of its own.
class EveryWrite {
public:
    explicit EveryWrite(std::vector<std::string> words, const char* granularity = "write")
    {
        words.insert(words.begin(), {"record", "-o", file(), "--grain", granularity});
        m_recorded = pgt(words);
        const gdb::QemuLauncher launcher(m_directory.path() / "pgtscope");
        if (const auto guests = launcher.listRunning())
            for (const gdb::RunningGuest& guest : *guests)
                (void)launcher.stop(guest, gdb::WaitLimit::after(10s));
        INFO(m_recorded.errors);
        REQUIRE(m_recorded.exitStatus == 0);
    }

    std::string file() const { return (m_directory / "all.pgtrec").string(); }
    const gdb::ChildOutput& recorded() const { return m_recorded; }
    gdb::ChildOutput pgt(const std::vector<std::string>& words) const
    {
        auto run = gdb::runChild(
            {test::pgtProgram, words, {}, {{"XDG_RUNTIME_DIR", m_directory.path().string()}}, {}},
            gdb::WaitLimit::after(540s));
        REQUIRE(run);
        return *run;
    }
    nlohmann::json json(std::vector<std::string> words) const
    {
        words.push_back("--json");
        const auto run = pgt(words);
        INFO(run.errors);
        REQUIRE(run.exitStatus == 0);
        return nlohmann::json::parse(run.output);
    }

private:
    test::TemporaryDirectory m_directory;
    gdb::ChildOutput m_recorded;
};

/// At every stop the tables that the recorded stores make are those that a fresh walk of the guest found:
/// from the step before to the stop nothing changed but the processor's own flags. Returns the number of
/// stops.
unsigned checkNothingLost(const core::Timeline& timeline)
{
    unsigned stops = 0;
    for (core::StepNumber number = 1; number < timeline.size(); ++number) {
        const core::Step step = timeline.step(number).value();
        if (step.cause == core::StepCause::TableWrite)
            continue;
        INFO("step " << number << " " << step.event);
        const auto before = timeline.snapshot(number - 1).value();
        const auto after = timeline.snapshot(number).value();
        if (!before->paging().enabled() || before->paging().mode() != after->paging().mode())
            continue;
        ++stops;
        const core::StepChanges changes = timeline.changes(number).value();
        for (const core::EntryChange& change : changes.entries) {
            INFO(core::hexText(change.address.value)
                << ": " << core::hexText(change.before) << " -> " << core::hexText(change.after));
            CHECK(change.flagsOnly());
        }
        if (before->root() == after->root())
            for (const core::TableChange& change : changes.tables)
                CHECK((change.detached || change.kind == core::TableChangeKind::Hooked
                    || change.kind == core::TableChangeKind::Unhooked));
    }
    return stops;
}

} // namespace

TEST_CASE("every store of a Debian boot is recorded, none is lost, and each entry has its writer")
{
    const EveryWrite boot({"debian"});
    CHECK(boot.recorded().errors.find("they were the same") != std::string::npos);
    const auto timeline = core::Timeline::open(boot.file()).value();
    CHECK(timeline->finished());
    const auto bytes = std::filesystem::file_size(boot.file());
    std::printf("Debian boot, every store: %llu steps in %llu bytes\n",
        static_cast<unsigned long long>(timeline->size()), static_cast<unsigned long long>(bytes));
    CHECK(bytes < 2'000'000);
    CHECK(checkNothingLost(*timeline) > 20);

    const auto blame = boot.json({"blame", boot.file(), "linux_banner"});
    REQUIRE(blame["levels"].size() >= 3);
    const auto& last = blame["levels"].back()["last"];
    REQUIRE_FALSE(last.is_null());
    CHECK_FALSE(last["writer"]["symbol"].get<std::string>().empty());
    const auto log = boot.json({"log", boot.file(), "linux_banner"});
    CHECK(log["entries"].back()["events"].back()["after"] == log["entries"].back()["value"]);
    const auto writers = boot.json({"writers", boot.file()})["writers"];
    CHECK(writers.size() > 10);
}

TEST_CASE("in the lab guest, which fills its tables before it hooks them in, no store is lost either")
{
    const EveryWrite boot({"lab", "--append", "scenario=exercise-5"});
    CHECK(boot.recorded().errors.find("they were the same") != std::string::npos);
    const auto timeline = core::Timeline::open(boot.file()).value();
    CHECK(checkNothingLost(*timeline) > 5);

    // Who wrote the entry that breaks the rule is told; the lab's kernel asks its checker to.
    const auto check = boot.pgt({"check", boot.file(), "--rule", "xen-ro", "--json"});
    CHECK(check.exitStatus == 0); // its checker refuses nothing: what breaks the rule is hypothetical
    bool named = false;
    const auto report = nlohmann::json::parse(check.output);
    for (const auto& finding : report["findings"]) {
        const auto& writer = finding["origin"]["writer"];
        named = named
            || (!writer.is_null()
                && writer["symbol"].get<std::string>().find("change_entry") != std::string::npos);
    }
    CHECK(named);
}

TEST_CASE("a store that hooks a table in keeps its writer where one function is single-stepped, too")
{
    const EveryWrite boot(
        {"lab", "--append", "scenario=exercise-5", "--writes-in", "plant_writable_alias"}, "event,write");
    const auto timeline = core::Timeline::open(boot.file()).value();
    unsigned hooked = 0;
    for (core::StepNumber number = 1; number < timeline->size(); ++number) {
        const core::StepChanges changes = timeline->changes(number).value();
        if (timeline->step(number)->cause != core::StepCause::TableWrite || changes.tables.empty())
            continue;
        ++hooked;
        for (const core::EntryChange& change : changes.entries) {
            INFO("step " << number);
            CHECK((change.flagsOnly() || change.writer));
        }
    }
    CHECK(hooked == 3);
}

TEST_CASE("stopped at random, a guest's tables are those that the recorded stores make")
{
    struct Boot {
        std::string name, append, begin;
        int longest; ///< Time between two stops, in milliseconds.
        unsigned changes; ///< That there are at least; the lab fills its tables before they are any.
    };
    const auto [name, append, begin, longest, changes] = GENERATE(
        Boot{"debian", "", "start_kernel", 700, 1000}, Boot{"debian-686-pae", "", "start_kernel", 700, 1000},
        Boot{"lab", "scenario=top-rule", "init_memory_mapping", 300, 100});
    const auto seed = std::random_device()();
    INFO(name << ", seed " << seed);
    std::mt19937 random(seed);
    std::uniform_int_distribution<int> milliseconds(longest / 70, longest);
    test::WritesGuest boot(name, append);
    boot.runTo(begin);
    for (int stop = 0; stop < 12; ++stop)
        boot.run(std::chrono::milliseconds(milliseconds(random)));
    boot.run(2s);
    const auto outcome = boot.compare();
    std::printf("%s: %zu stops compared, %llu changes, %zu tables\n", name.c_str(), outcome.stops,
        static_cast<unsigned long long>(outcome.changes), outcome.tables);
    CHECK(outcome.stops >= 12);
    CHECK(outcome.changes > changes);
    CHECK(outcome.differences == std::vector<std::string>{});
}
