// SPDX-License-Identifier: GPL-2.0-or-later
// What a recording adds to a guest's boot to its first process: each boot plain, with a step at every event
// and every page of pgt_buf, and with every store into a page table.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <string>
#include <unistd.h>

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

void plain(benchmark::State& state, const char* name)
{
    const gdb::QemuLauncher launcher;
    auto spec = gdb::launchSpec(need(gdb::fetchGuest(need(gdb::findRecipe(name)), {})));
    spec.append += " nokaslr";
    for (auto _ : state) {
        const auto guest = need(launcher.launch(spec, gdb::Lifetime::EndsWithUs));
        {
            auto qmp = need(gdb::QmpClient::connect(guest.qmpEndpoint(), gdb::WaitLimit::after(5s)));
            need(qmp.execute("cont", gdb::WaitLimit::after(5s)));
        }
        need(gdb::waitForConsole(guest, gdb::userspaceMessage, gdb::WaitLimit::after(600s)));
        need(launcher.stop(guest, gdb::WaitLimit::after(10s)));
    }
}

void recorded(benchmark::State& state, const char* name, const char* grain)
{
    const fs::path self = fs::read_symlink("/proc/self/exe").parent_path();
    const std::string pgt = (self / "../../app/pgt").lexically_normal().string();
    const fs::path file
        = fs::temp_directory_path() / ("bench_boot-" + std::to_string(::getpid()) + ".pgtrec");
    for (auto _ : state) {
        std::error_code ignored;
        fs::remove(file, ignored);
        const auto run
            = need(gdb::runChild({pgt, {"record", name, "--grain", grain, "-o", file.string()}, {}, {}, {}},
                gdb::WaitLimit::after(900s)));
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

} // namespace

#define PGTSCOPE_BOOTS(label, name)                                                                          \
    BENCHMARK_CAPTURE(plain, label, name)->Unit(benchmark::kSecond)->UseRealTime()->Iterations(1);           \
    BENCHMARK_CAPTURE(recorded, label##_steps, name, "event,pgt_buf")                                        \
        ->Unit(benchmark::kSecond)                                                                           \
        ->UseRealTime()                                                                                      \
        ->Iterations(1);                                                                                     \
    BENCHMARK_CAPTURE(recorded, label##_writes, name, "write")                                               \
        ->Unit(benchmark::kSecond)                                                                           \
        ->UseRealTime()                                                                                      \
        ->Iterations(1)

PGTSCOPE_BOOTS(debian, "debian");
PGTSCOPE_BOOTS(debian_686_pae, "debian-686-pae");
PGTSCOPE_BOOTS(xen, "xen");
