// SPDX-License-Identifier: GPL-2.0-or-later
// Debian's kernel, booted to userspace in 2 GiB: one capture of all its tables through every memory channel,
// beside QEMU's own "info tlb" in the same run.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <iostream>
#include <sstream>
#include <thread>

#include "core/format/runwriter.h"
#include "core/symbols/kallsyms.h"
#include "core/symbols/kernelimage.h"
#include "gdb/launch/initramfs.h"
#include "gdb/launch/qemulauncher.h"
#include "gdb/qmp/qmpclient.h"
#include "gdb/session/guestsession.h"

namespace {

using namespace pgtscope;
using namespace std::chrono_literals;

template <class T>
T need(core::Result<T> result)
{
    if (result)
        return std::move(*result);
    std::cerr << result.error().message() << '\n';
    std::exit(2);
}

/// The guest all benchmarks look at, booted when the first asks.
class BootedGuest {
public:
    BootedGuest()
    {
        const auto recipe = need(gdb::findRecipe("debian"));
        m_guest = need(m_launcher.launch(gdb::launchSpec(need(gdb::fetchGuest(recipe, {})))));
        run();
        const auto seen = gdb::waitForConsole(m_guest, gdb::userspaceMessage, gdb::WaitLimit::after(300s));
        if (!seen)
            std::cerr << seen.error().message() << '\n';
        // What the kernel still frees and maps in the background comes to rest.
        std::this_thread::sleep_for(2s);
    }
    ~BootedGuest()
    {
        if (const auto stopped = m_launcher.stop(m_guest, gdb::WaitLimit::after(10s)); !stopped)
            std::cerr << stopped.error().message() << '\n';
    }

    gdb::QmpClient monitor() const
    {
        return need(gdb::QmpClient::connect(m_guest.qmpEndpoint(), gdb::WaitLimit::after(5s)));
    }

    std::unique_ptr<gdb::GuestSession> session(const std::string& channel)
    {
        gdb::SessionOptions options;
        options.endpoint = m_guest.gdbEndpoint();
        options.guest = m_guest;
        options.channel = channel;
        return need(gdb::GuestSession::open(options, m_cancel));
    }
    const gdb::RunningGuest& guest() const { return m_guest; }

private:
    void run()
    {
        auto qmp = monitor();
        need(qmp.execute("cont", gdb::WaitLimit::after(5s)));
    }

    gdb::QemuLauncher m_launcher;
    gdb::RunningGuest m_guest;
    core::CancelFlag m_cancel;
};

BootedGuest& booted()
{
    static BootedGuest guest;
    return guest;
}

void capture(benchmark::State& state, const char* channel)
{
    const auto session = booted().session(channel);
    const auto cpus = need(session->target().cpus());
    core::SnapshotPtr snapshot;
    for (auto _ : state)
        benchmark::DoNotOptimize(
            snapshot = need(core::captureSnapshot(session->memory(), cpus.front(), session->features())));
    state.counters["tables"] = static_cast<double>(snapshot->tableFrames());
}
BENCHMARK_CAPTURE(capture, mapped, "mapped")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(capture, procmem, "procmem")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(capture, rsp, "rsp")->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK_CAPTURE(capture, pmemsave, "pmemsave")->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK_CAPTURE(capture, gdb, "gdb")->Unit(benchmark::kMillisecond)->UseRealTime();

/// Registers, tables, names, pgt_buf: what one step of a boot costs us.
void captureWithNames(benchmark::State& state)
{
    const auto session = booted().session("mapped");
    gdb::CaptureRequest request;
    for (auto _ : state)
        benchmark::DoNotOptimize(request.previous = need(session->capture(request)));
}
BENCHMARK(captureWithNames)->Unit(benchmark::kMillisecond)->UseRealTime();

void tlbOurs(benchmark::State& state)
{
    const auto session = booted().session("mapped");
    const auto cpus = need(session->target().cpus());
    std::size_t lines = 0;
    for (auto _ : state) {
        const auto snapshot
            = need(core::captureSnapshot(session->memory(), cpus.front(), session->features()));
        std::ostringstream out;
        const auto writer = core::makeRunWriter(core::RunFormat::Tlb, *snapshot, out);
        core::writeRuns(*writer, *snapshot, core::runOptions(core::RunFormat::Tlb));
        const std::string text = out.str();
        lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
    }
    state.counters["lines"] = static_cast<double>(lines);
}
BENCHMARK(tlbOurs)->Unit(benchmark::kMillisecond)->UseRealTime();

void tlbOfQemu(benchmark::State& state)
{
    auto qmp = booted().monitor();
    need(qmp.execute("stop", gdb::WaitLimit::after(5s)));
    std::size_t lines = 0;
    for (auto _ : state) {
        const std::string text = need(qmp.monitor("info tlb", gdb::WaitLimit::after(60s)));
        lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
    }
    need(qmp.execute("cont", gdb::WaitLimit::after(5s)));
    state.counters["lines"] = static_cast<double>(lines);
}
BENCHMARK(tlbOfQemu)->Unit(benchmark::kMillisecond)->UseRealTime();

void attach(benchmark::State& state)
{
    for (auto _ : state)
        benchmark::DoNotOptimize(booted().session(""));
}
BENCHMARK(attach)->Unit(benchmark::kMillisecond)->UseRealTime();

void unpackKernel(benchmark::State& state)
{
    for (auto _ : state)
        benchmark::DoNotOptimize(need(core::KernelImage::open(booted().guest().spec.kernel.string())));
}
BENCHMARK(unpackKernel)->Unit(benchmark::kMillisecond);

void kallsyms(benchmark::State& state)
{
    const auto image = need(core::KernelImage::open(booted().guest().spec.kernel.string()));
    std::size_t symbols = 0;
    for (auto _ : state)
        symbols = need(core::decodeKallsyms(image.bytes())).symbols.size();
    state.counters["symbols"] = static_cast<double>(symbols);
}
BENCHMARK(kallsyms)->Unit(benchmark::kMillisecond);

} // namespace
