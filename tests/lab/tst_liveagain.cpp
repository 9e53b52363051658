// SPDX-License-Identifier: GPL-2.0-or-later
// A boot recorded with checkpoints, live again from them.
#include "tests/support/catch.h"

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <random>
#include <set>
#include <thread>

#include <nlohmann/json.hpp>

#include "core/recording/compression.h"
#include "core/recording/repair.h"
#include "core/timeline/timeline.h"
#include "gdb/boot/bootrun.h"
#include "gdb/checkpoint/checkpoints.h"
#include "gdb/checkpoint/pagemap.h"
#include "gdb/host/childprocess.h"
#include "gdb/qemu/bootrecipe.h"
#include "gdb/recorder/bootcheckpoints.h"
#include "gdb/recorder/recorder.h"
#include "gdb/relive/liveagain.h"
#include "testpaths.h"
#include "tests/app/pgtrunner.h"
#include "tests/live/pgtprocess.h"
#include "tests/support/liveguest.h"
#include "tests/support/relived.h"
#include "tests/support/required.h"

using namespace pgtscope;
using namespace std::chrono_literals;
using test::relivedStep;
using test::RunPlace;
using tests::PgtRun;
namespace fs = std::filesystem;

namespace {

void record(const std::string& file, std::vector<std::string> words)
{
    words.insert(
        words.begin(), {"record", "lab", "--append", "scenario=native", "--deterministic", "-o", file});
    REQUIRE(tests::runPgt(words).status == 0);
}

gdb::CheckpointIndex indexOf(const std::string& file)
{
    const auto guest = core::Timeline::open(file).value()->guest();
    return test::required(gdb::Checkpoints::open(file, guest)).index();
}

/// As pgt record does it, with a checkpoint at every event.
void recordDensely(const std::string& file, const std::string& scenario,
    std::uint64_t space = gdb::CheckpointOptions::defaultSpace)
{
    gdb::LaunchSpec spec = gdb::launchSpec(test::fetched("lab"));
    spec.append += " scenario=" + scenario + " nokaslr";
    spec.deterministic = true;
    const auto recipe = test::required(gdb::bootRecipe(spec, gdb::WaitLimit::after(60s)));
    spec.machine = recipe.spec.machine;
    const auto guest = test::required(gdb::QemuLauncher().launch(spec, gdb::Lifetime::EndsWithUs));
    gdb::SessionOptions options;
    options.endpoint = guest.gdbEndpoint();
    options.guest = guest;
    core::CancelFlag cancel;
    const auto session = test::required(gdb::GuestSession::open(options, cancel));
    core::GuestDescription description = gdb::describeGuest(guest, "event,pgt_buf", "test");
    description.recipe = gdb::recipeText(recipe);
    const auto recorder = test::required(gdb::Recorder::create(file, description));
    gdb::CheckpointOptions saving;
    saving.distance = 0ms;
    saving.space = space;
    saving.remark = [](const std::string& text) { FAIL(text); };
    const auto checkpoints = test::required(gdb::BootCheckpoints::create(file, description, guest, saving));
    gdb::BootStepperOptions stepping;
    stepping.consoleLog = guest.consoleLog();
    const auto stepper = test::required(gdb::BootStepper::create(*session, stepping));
    test::required(gdb::runBoot(*stepper, {}, [&](const gdb::BootStop& stop) -> core::Result<void> {
        RETURN_IF_ERROR(recorder->add(stop, {}));
        checkpoints->at(stop, *stepper, [&] { return recorder->size() - 1; });
        return {};
    }));
    REQUIRE(recorder->finish(*session));
    REQUIRE(session->close(gdb::EndState::Stopped));
    REQUIRE(gdb::QemuLauncher().stop(guest, gdb::WaitLimit::after(20s)));
}

/// Whether all that the index names is there, as it was written.
void checkChunks(const std::string& file, const gdb::CheckpointIndex& index)
{
    const auto folder = test::required(gdb::LiveFolder::open(file));
    const auto part = [&](const gdb::StoredPart& stored) {
        return test::required(
            core::decompress(test::required(folder.load(stored.chunk, 64U << 20U)), stored.bytes));
    };
    for (const gdb::Checkpoint& one : index.checkpoints) {
        CHECK_FALSE(part(one.device).empty());
        const auto map = test::required(gdb::unpackPageMap(part(one.pages), 1U << 20U));
        for (const gdb::PageMap::Group& group : map.groups)
            CHECK(part({group.chunk, group.pages * gdb::pageBytes}).size() == group.pages * gdb::pageBytes);
    }
}

} // namespace

TEST_CASE("A guest is restored at any checkpoint, identical, and its boot goes on as it was recorded")
{
    const RunPlace place("lab");
    const std::string file = place.file("a.pgtrec");
    recordDensely(file, "native");
    const gdb::CheckpointIndex index = indexOf(file);
    const core::StepNumber steps = core::Timeline::open(file).value()->size();
    REQUIRE(index.checkpoints.size() > 5);
    checkChunks(file, index);
    SECTION("at checkpoints, and between them")
    {
        std::mt19937 random(23);
        std::set<core::StepNumber> wanted{
            steps - 1, index.checkpoints.front().step, index.checkpoints[2].step};
        while (wanted.size() < 6)
            wanted.insert(
                index.checkpoints.front().step + random() % (steps - index.checkpoints.front().step));
        for (const core::StepNumber step : wanted) {
            INFO("step " << step);
            const auto live = relivedStep(file, step);
            CHECK(live.answer.at("identical") == true);
            CHECK(live.answer.at("checkpoint") == index.nearest(step)->step);
        }
    }
    SECTION("before the first one it boots")
    {
        const auto live = relivedStep(file, index.checkpoints.front().step - 1);
        CHECK(live.answer.at("identical") == true);
        CHECK(live.answer.at("checkpoint") == nullptr);
        CHECK(live.said.find("reset") == std::string::npos);
    }
}

TEST_CASE("To save a guest does not change its boot")
{
    const RunPlace place("lab");
    const std::string dense = place.file("a.pgtrec");
    const std::string plain = place.file("b.pgtrec");
    recordDensely(dense, "native");
    record(plain, {});
    const PgtRun diff = tests::runPgt({"diff", dense, plain});
    INFO(diff.out);
    CHECK(diff.status == 0);
    SECTION("one early checkpoint is enough for the whole boot")
    {
        record(place.file("c.pgtrec"), {"--checkpoints", "--grain", "event"});
        const std::string file = place.file("c.pgtrec");
        const core::StepNumber last = core::Timeline::open(file).value()->size() - 1;
        const auto live = relivedStep(file, last);
        CHECK(live.answer.at("identical") == true);
        CHECK(live.answer.at("checkpoint").is_number());
        CHECK(tests::runWords({"recording", "forget-live", file}) == 0);
        CHECK_FALSE(fs::exists(gdb::LiveFolder::pathFor(file)));
        CHECK(tests::runWords({"recording", "forget-live", file}) == 2);
        CHECK(relivedStep(file, 1).answer.at("checkpoint") == nullptr);
    }
}

TEST_CASE("Checkpoints that cannot be used are named, and the guest boots from its reset")
{
    const RunPlace place("lab");
    const std::string file = place.file("a.pgtrec");
    record(file, {"--checkpoints", "--until", "init_memory_mapping"});
    const fs::path folder = gdb::LiveFolder::pathFor(file);
    const gdb::CheckpointIndex index = indexOf(file);
    REQUIRE_FALSE(index.checkpoints.empty());
    const core::StepNumber step = index.checkpoints.front().step;
    const fs::path whole = place.file("whole");
    fs::rename(folder, whole);
    const auto chunk = [&] { return folder / index.checkpoints.front().pages.chunk; };
    const std::vector<std::pair<std::string, std::function<void()>>> damages{
        {"a chunk that was changed", [&] { std::fstream(chunk(), std::ios::in | std::ios::out) << "x"; }},
        {"a chunk that is missing", [&] { fs::remove(chunk()); }},
        {"a chunk that is too large", [&] { fs::resize_file(chunk(), std::uintmax_t{1} << 40); }},
        {"a chunk that is a link",
            [&] {
                fs::remove(chunk());
                fs::create_symlink(whole / chunk().filename(), chunk());
            }},
        {"an index that was cut", [&] { fs::resize_file(folder / "index", 100); }},
        {"a folder that is a link",
            [&] {
                fs::remove_all(folder);
                fs::create_directory_symlink(whole, folder);
            }},
        {"a folder that is a file",
            [&] {
                fs::remove_all(folder);
                std::ofstream(folder.string()) << "x";
            }},
        {"the index of another recording",
            [&] {
                core::GuestDescription other = core::Timeline::open(file).value()->guest();
                other.started += "x";
                std::ofstream(folder / "index") << gdb::indexText(
                    {gdb::recordingId(other), index.checkpoints}, gdb::checkpointKey().value());
            }},
        {"the index of another user",
            [&] { std::ofstream(folder / "index") << gdb::indexText(index, std::string(32, 'k')); }},
        {"a state that says nothing sensible",
            [&] {
                gdb::CheckpointIndex odd = index;
                odd.checkpoints.front().boot = nullptr;
                std::ofstream(folder / "index") << gdb::indexText(odd, gdb::checkpointKey().value());
            }},
    };
    for (const auto& [name, damage] : damages) {
        INFO(name);
        fs::remove_all(folder);
        fs::copy(whole, folder);
        damage();
        const auto live = relivedStep(file, step);
        CHECK(live.answer.at("identical") == true);
        CHECK(live.answer.at("checkpoint") == nullptr);
        CHECK(live.said.find("boots from its reset") != std::string::npos);
    }
    fs::remove_all(folder);
    const auto gone = relivedStep(file, step);
    CHECK(gone.answer.at("checkpoint") == nullptr);
    CHECK(gone.said.find("checkpoints are gone") != std::string::npos);
    fs::rename(whole, folder);
    CHECK(relivedStep(file, step).answer.at("checkpoint") == step);
    std::ofstream(place.file("other")) << "\x7f"
                                          "ELF";
    CHECK(tests::runWords({"relive", file, "--step", std::to_string(step), "--kernel", place.file("other")})
        == 2);
    CHECK(tests::runWords({"record", "lab", "-o", place.file("b.pgtrec"), "--checkpoint-space", "1G"}) == 2);
}

TEST_CASE("No room for a single checkpoint ends them, and not the recording")
{
    const RunPlace place("lab");
    const std::string file = place.file("a.pgtrec");
    record(file, {"--checkpoints", "--checkpoint-space", "64K", "--until", "init_memory_mapping"});
    CHECK(core::Timeline::open(file).value()->size() > 2);
    CHECK(indexOf(file).checkpoints.empty());
    CHECK(gdb::liveBytes(file) < 64U << 10U);
}

TEST_CASE("For newer checkpoints the oldest are removed, and what is left is whole")
{
    const RunPlace place("lab");
    const std::string all = place.file("a.pgtrec");
    recordDensely(all, "native");
    const auto every = indexOf(all).checkpoints;
    const std::uint64_t space = gdb::liveBytes(all) * 2 / 3;
    const std::string file = place.file("b.pgtrec");
    recordDensely(file, "native", space);
    const gdb::CheckpointIndex index = indexOf(file);
    REQUIRE_FALSE(index.checkpoints.empty());
    CHECK(index.checkpoints.size() < every.size());
    CHECK(index.checkpoints.front().step > every.front().step);
    CHECK(index.checkpoints.back().step == every.back().step);
    // The index itself is beside the chunks.
    CHECK(gdb::liveBytes(file) <= space + fs::file_size(gdb::LiveFolder::pathFor(file) / "index"));
    checkChunks(file, index);
    for (const gdb::Checkpoint* one : {&index.checkpoints.front(), &index.checkpoints.back()})
        CHECK(relivedStep(file, one->step).answer.at("checkpoint") == one->step);
    const core::StepNumber before = index.checkpoints.front().step - 1;
    CHECK(relivedStep(file, before).answer.at("checkpoint") == nullptr);
}

TEST_CASE("A disk that fills ends the checkpoints, and neither the recording nor what was saved")
{
    const RunPlace place("lab");
    const std::string file = place.file("a.pgtrec");
    const std::string folder = gdb::LiveFolder::pathFor(file).string();
    const std::string saved = place.file("saved");
    fs::create_directory(folder);
    // A disk of its own, which one checkpoint fits on, and not all of them.
    const std::string script = "mount -t tmpfs -o size=$3 none \"$2\" || exit 77\n"
                               "\"$1\" record lab --append scenario=native --deterministic --checkpoints "
                               "--checkpoint-space 1G -o \"$4\"\n"
                               "status=$?\n"
                               "cp -r \"$2\" \"$5\" && exit $status";
    for (const char* size : {"64k", "300k"}) {
        INFO(size);
        fs::remove(file);
        fs::remove_all(saved);
        const auto run
            = test::required(gdb::runChild({"unshare",
                                               {"--user", "--map-root-user", "--mount", "sh", "-c", script,
                                                   "sh", test::pgtProgram, folder, size, file, saved},
                                               {}, {}, {}},
                gdb::WaitLimit::after(120s)));
        if (run.exitStatus == 77 || run.errors.find("unshare") != std::string::npos) {
            WARN("no user namespaces here: a full disk was not tried");
            return;
        }
        INFO(run.errors);
        CHECK(run.exitStatus == 0);
        CHECK(run.errors.find("no more checkpoints: ") != std::string::npos);
        CHECK(test::required(core::checkRecording(file)).whole());
        fs::remove(folder);
        fs::copy(saved, folder);
        if (fs::exists(folder + "/index"))
            checkChunks(file, indexOf(file));
        fs::remove_all(folder);
        fs::create_directory(folder);
    }
}

TEST_CASE("Twenty kills while a guest is restored leave no guest, and the checkpoints as they were")
{
    const RunPlace place("lab");
    const std::string file = place.file("a.pgtrec");
    record(file, {"--checkpoints"});
    const core::StepNumber last = core::Timeline::open(file).value()->size() - 1;
    std::mt19937 random(23);
    for (int kill = 0; kill < 20; ++kill) {
        INFO("kill " << kill);
        const auto pgt = test::required(gdb::startProcess(test::pgtProgram,
            {"relive", file, "--step", std::to_string(last)}, place.file("log"), gdb::Lifetime::EndsWithUs));
        std::this_thread::sleep_for(std::chrono::milliseconds(random() % 1500));
        ::kill(pgt.pid, SIGKILL);
        for (const auto end = std::chrono::steady_clock::now() + 20s; !gdb::exitOf(pgt);) {
            REQUIRE(std::chrono::steady_clock::now() < end);
            std::this_thread::sleep_for(1ms);
        }
        // Whoever looks ends what has no owner; a guest that had come to its step stays.
        for (const gdb::RunningGuest& guest : test::required(gdb::QemuLauncher().listRunning())) {
            const auto origin = gdb::liveOrigin(guest);
            REQUIRE(origin);
            CHECK(origin->step == last);
        }
        RunPlace::endGuests();
        checkChunks(file, indexOf(file));
    }
    CHECK(relivedStep(file, last).answer.at("identical") == true);
}

TEST_CASE("Twenty kills while checkpoints are saved leave the recording and the checkpoints readable")
{
    const RunPlace place("lab");
    std::mt19937 random(23);
    std::size_t saved = 0;
    for (int kill = 0; kill < 20; ++kill) {
        const std::string file = place.file("k" + std::to_string(kill) + ".pgtrec");
        const fs::path folder = gdb::LiveFolder::pathFor(file);
        {
            Pgt pgt({"record", "lab", "--append", "scenario=native", "--deterministic", "--checkpoints", "-o",
                QString::fromStdString(file)});
            std::error_code error;
            // Saving begins with the first chunk.
            for (const auto end = std::chrono::steady_clock::now() + 60s;
                 fs::is_empty(folder, error) || error;) {
                error.clear();
                REQUIRE(std::chrono::steady_clock::now() < end);
                std::this_thread::sleep_for(1ms);
            }
            std::this_thread::sleep_for(std::chrono::milliseconds(random() % 60));
            pgt.signal(SIGKILL);
            REQUIRE(pgt.ends());
        }
        INFO("kill " << kill);
        const auto check = test::required(core::checkRecording(file));
        CHECK(check.unreadable.empty());
        CHECK(check.damage.empty());
        REQUIRE(check.steps > 0);
        if (!fs::exists(folder / "index"))
            continue;
        const gdb::CheckpointIndex index = indexOf(file);
        checkChunks(file, index);
        saved += index.checkpoints.size();
        for (const gdb::Checkpoint& one : index.checkpoints)
            CHECK(one.step < check.steps);
        if (kill == 19 && !index.checkpoints.empty())
            CHECK(relivedStep(file, index.checkpoints.back().step).answer.at("identical") == true);
    }
    CHECK(saved > 0);
}
