// SPDX-License-Identifier: GPL-2.0-or-later
// What a recording adds to a guest's boot to its first process: each boot plain, with a step at every event
// and every page of pgt_buf, and with every store into a page table; on the usual QEMU, and on the one that
// PGTSCOPE_NEWER_QEMU names (tests/run bench fetches it). "times" is the ratio to the plain boot on the same
// QEMU.
#include <benchmark/benchmark.h>

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
            add(prefix + "writes", [boot](benchmark::State& state) { recorded(state, boot, "write"); });
        }
    return true;
}

const bool registered = registerBoots();

} // namespace
