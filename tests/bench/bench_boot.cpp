// SPDX-License-Identifier: GPL-2.0-or-later
// What a recording adds to a guest's boot to its first process: each boot plain, with a step at every event
// and every page of pgt_buf, and with every store into a page table; on the usual QEMU, and on the one that
// PGTSCOPE_NEWER_QEMU names (tests/run bench fetches it). "times" is the ratio to the plain boot on the same
// QEMU. "live": what checkpoints add to a deterministic recording, as a ratio and in bytes, and how long it
// takes until a guest is live at 20 steps spread over the boot, and at one that has a checkpoint, in seconds.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <map>
#include <string>
#include <tuple>
#include <unistd.h>
#include <vector>

#include "core/timeline/timeline.h"
#include "gdb/checkpoint/checkpoints.h"
#include "gdb/debian/guestfetch.h"
#include "gdb/debian/initramfs.h"
#include "gdb/host/childprocess.h"
#include "gdb/qemu/qemulauncher.h"
#include "gdb/qmp/qmpclient.h"

namespace {

using namespace pgtscope;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

template <class T>
T need(core::Result<T> result)
{
    if (!result) {
        std::cerr << result.error().message() << '\n';
        std::exit(2);
    }
    if constexpr (!std::is_void_v<T>)
        return std::move(*result);
}

/// A boot, and what runs it.
struct Boot {
    const char* name;
    std::string emulator;

    bool operator<(const Boot& other) const
    {
        return std::tie(emulator, name) < std::tie(other.emulator, other.name);
    }
};

std::map<Boot, double>& plainSeconds()
{
    static std::map<Boot, double> seconds;
    return seconds;
}

double since(std::chrono::steady_clock::time_point begin)
{
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

void plain(benchmark::State& state, const Boot& boot)
{
    const gdb::QemuLauncher launcher;
    auto spec = gdb::launchSpec(need(gdb::fetchGuest(need(gdb::findRecipe(boot.name)), {})));
    spec.append += " nokaslr";
    spec.emulator = boot.emulator;
    for (auto _ : state) {
        const auto begin = std::chrono::steady_clock::now();
        const auto guest = need(launcher.launch(spec, gdb::Lifetime::EndsWithUs));
        {
            auto qmp = need(gdb::QmpClient::connect(guest.qmpEndpoint(), gdb::WaitLimit::after(5s)));
            need(qmp.execute("cont", gdb::WaitLimit::after(5s)));
        }
        need(gdb::waitForConsole(guest, gdb::userspaceMessage, gdb::WaitLimit::after(600s)));
        plainSeconds()[boot] = since(begin);
        need(launcher.stop(guest, gdb::WaitLimit::after(10s)));
    }
}

void recorded(benchmark::State& state, const Boot& boot, const char* granularity)
{
    const fs::path self = fs::read_symlink("/proc/self/exe").parent_path();
    const std::string pgt = (self / "../../app/pgt").lexically_normal().string();
    const fs::path file
        = fs::temp_directory_path() / ("bench_boot-" + std::to_string(::getpid()) + ".pgtrec");
    for (auto _ : state) {
        std::error_code ignored;
        fs::remove(file, ignored);
        const auto begin = std::chrono::steady_clock::now();
        const auto run = need(gdb::runChild(
            {pgt, {"record", boot.name, "--qemu", boot.emulator, "--grain", granularity, "-o", file.string()},
                {}, {}, {}},
            gdb::WaitLimit::after(900s)));
        if (const auto known = plainSeconds().find(boot); known != plainSeconds().end())
            state.counters["times"] = since(begin) / known->second;
        if (run.exitStatus != 0) {
            state.SkipWithError(run.errors.c_str());
            break;
        }
    }
    if (const auto timeline = core::Timeline::open(file.string())) {
        state.counters["steps"] = static_cast<double>((*timeline)->size());
        state.counters["bytes"] = static_cast<double>(fs::file_size(file));
    }
    fs::remove(file);
}

/// pgt's exit status, and how long it took.
struct Ran {
    int status = 0;
    double seconds = 0;
};

Ran runPgt(const std::vector<std::string>& words)
{
    const fs::path self = fs::read_symlink("/proc/self/exe").parent_path();
    const std::string pgt = (self / "../../app/pgt").lexically_normal().string();
    const auto begin = std::chrono::steady_clock::now();
    const auto run = need(gdb::runChild({pgt, words, {}, {}, {}}, gdb::WaitLimit::after(900s)));
    return {run.exitStatus, since(begin)};
}

/// Until the guest is live at that step, in seconds; it is ended.
double liveSeconds(const Boot& boot, const std::string& file, core::StepNumber step, int& identical)
{
    const Ran run = runPgt({"relive", file, "--step", std::to_string(step), "--qemu", boot.emulator});
    identical += run.status == 0 ? 1 : 0;
    if (run.status != 2)
        (void)runPgt({"guest", "stop"});
    return run.seconds;
}

/// `count` steps spread over a boot, less those at which no guest can be stopped again.
std::vector<core::StepNumber> spreadSteps(const core::Timeline& timeline, core::StepNumber count)
{
    std::vector<core::StepNumber> steps;
    for (core::StepNumber i = 0; i < count; ++i) {
        const core::StepNumber step = i * (timeline.size() - 1) / (count - 1);
        if (need(timeline.step(step)).cause != core::StepCause::UserStop)
            steps.push_back(step);
    }
    return steps;
}

void liveAgain(benchmark::State& state, const Boot& boot)
{
    const fs::path place = fs::temp_directory_path() / ("bench_boot-live-" + std::to_string(::getpid()));
    const std::string without = (place / "a.pgtrec").string();
    const std::string with = (place / "b.pgtrec").string();
    for (auto _ : state) {
        fs::remove_all(place);
        fs::create_directories(place);
        const std::vector<std::string> words{
            "record", boot.name, "--qemu", boot.emulator, "--deterministic", "-o"};
        auto plainly = words;
        plainly.push_back(without);
        auto saving = words;
        saving.insert(saving.end(), {with, "--checkpoints"});
        const double seconds = runPgt(plainly).seconds;
        state.counters["record"] = runPgt(saving).seconds / seconds;
        state.counters["bytes"] = static_cast<double>(gdb::liveBytes(with));
        const auto timeline = need(core::Timeline::open(with));
        double slowest = 0;
        double sum = 0;
        int identical = 0;
        const auto steps = spreadSteps(*timeline, 20);
        for (const core::StepNumber step : steps) {
            const double took = liveSeconds(boot, with, step, identical);
            slowest = std::max(slowest, took);
            sum += took;
        }
        const auto saved = need(gdb::Checkpoints::open(with, timeline->guest()));
        state.counters["steps"] = static_cast<double>(steps.size());
        state.counters["identical"] = identical;
        state.counters["slowest"] = slowest;
        state.counters["mean"] = sum / static_cast<double>(steps.size());
        state.counters["at_checkpoint"]
            = liveSeconds(boot, with, saved.index().checkpoints.back().step, identical);
    }
    fs::remove_all(place);
}

/// The usual QEMU, and the newer one if there is one.
std::vector<std::pair<std::string, std::string>> emulators()
{
    std::vector<std::pair<std::string, std::string>> all{{"QEMU", gdb::usualEmulator()}};
    const char* newer = std::getenv("PGTSCOPE_NEWER_QEMU");
    if (newer != nullptr && *newer != '\0')
        all.emplace_back("newer_QEMU", newer);
    return all;
}

bool registerBoots()
{
    const auto add = [](const std::string& name, auto measure) {
        benchmark::RegisterBenchmark(name.c_str(), measure)
            ->Unit(benchmark::kSecond)
            ->UseRealTime()
            ->Iterations(1);
    };
    for (const char* name : {"debian", "debian-686-pae", "xen"})
        for (const auto& [label, program] : emulators()) {
            const Boot boot{name, program};
            const std::string prefix = std::string(name) + "/" + label + "/";
            add(prefix + "plain", [boot](benchmark::State& state) { plain(state, boot); });
            add(prefix + "steps",
                [boot](benchmark::State& state) { recorded(state, boot, "event,pgt_buf"); });
            add(prefix + "live", [boot](benchmark::State& state) { liveAgain(state, boot); });
            add(prefix + "writes", [boot](benchmark::State& state) { recorded(state, boot, "write"); });
        }
    return true;
}

const bool registered = registerBoots();

} // namespace
