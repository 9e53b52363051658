// SPDX-License-Identifier: GPL-2.0-or-later
// Debian's kernel, booted to userspace in 2 GiB: one capture of all its tables through every memory channel,
// beside QEMU's own "info tlb" in the same run; and the lab guest with a million leaves.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <iostream>
#include <sstream>
#include <thread>

#include "core/report/runwriter.h"
#include "core/symbols/kallsyms.h"
#include "core/symbols/kernelimage.h"
#include "gdb/capture/guestsession.h"
#include "gdb/debian/initramfs.h"
#include "gdb/host/childprocess.h"
#include "gdb/net/serversocket.h"
#include "gdb/qemu/qemulauncher.h"
#include "gdb/qmp/qmpclient.h"

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

/// A guest that benchmarks look at, booted when the first asks.
class BootedGuest {
public:
    BootedGuest(const char* name, const char* append, std::string_view message)
    {
        const auto recipe = need(gdb::findRecipe(name));
        auto spec = gdb::launchSpec(need(gdb::fetchGuest(recipe, {})));
        spec.append += append;
        m_guest = need(m_launcher.launch(spec, gdb::Lifetime::EndsWithUs));
        run();
        const auto seen = gdb::waitForConsole(m_guest, message, gdb::WaitLimit::after(300s));
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
        options.endpoint = m_endpoint.value_or(m_guest.gdbEndpoint());
        options.guest = m_guest;
        options.channel = channel;
        return need(gdb::GuestSession::open(options, m_cancel));
    }
    const gdb::RunningGuest& guest() const { return m_guest; }
    /// Moves the stub from its unix socket to a loopback port, for good.
    void listenOnTcp()
    {
        if (m_endpoint)
            return;
        auto free = need(gdb::ServerSocket::listen({{}, "127.0.0.1", 0}));
        m_endpoint = free.endpoint();
        free.close();
        auto qmp = monitor();
        need(qmp.monitor("gdbserver tcp:" + m_endpoint->text(), gdb::WaitLimit::after(5s)));
    }

private:
    void run()
    {
        auto qmp = monitor();
        need(qmp.execute("cont", gdb::WaitLimit::after(5s)));
    }

    gdb::QemuLauncher m_launcher;
    gdb::RunningGuest m_guest;
    std::optional<gdb::Endpoint> m_endpoint; ///< Empty: the guest's own.
    core::CancelFlag m_cancel;
};

BootedGuest& booted()
{
    static BootedGuest guest("debian", "", gdb::userspaceMessage);
    return guest;
}

BootedGuest& millionLeaves()
{
    static BootedGuest guest("lab", " generate=leaves count=1048576", "LAB: generated root");
    return guest;
}

void captureOf(benchmark::State& state, BootedGuest& guest, const char* channel)
{
    const auto session = guest.session(channel);
    const auto cpus = need(session->target().cpus());
    core::SnapshotPtr snapshot;
    for (auto _ : state)
        benchmark::DoNotOptimize(
            snapshot = need(core::captureSnapshot(session->memory(), cpus.front(), session->features())));
    state.counters["tables"] = static_cast<double>(snapshot->tableFrames());
}

void capture(benchmark::State& state, const char* channel) { captureOf(state, booted(), channel); }
BENCHMARK_CAPTURE(capture, mapped, "mapped")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(capture, procmem, "procmem")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(capture, rsp, "rsp")->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK_CAPTURE(capture, pmemsave, "pmemsave")->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK_CAPTURE(capture, gdb, "gdb")->Unit(benchmark::kMillisecond)->UseRealTime();

void captureMillion(benchmark::State& state, const char* channel)
{
    captureOf(state, millionLeaves(), channel);
}
BENCHMARK_CAPTURE(captureMillion, mapped, "mapped")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(captureMillion, rsp, "rsp")->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK_CAPTURE(captureMillion, gdb, "gdb")->Unit(benchmark::kMillisecond)->UseRealTime();

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

/// The program from its start to its end, as a user runs it: gdb is started, attached, and let go.
void walkCommand(benchmark::State& state)
{
    const gdb::RunningGuest& guest = booted().guest();
    const gdb::ChildCommand command{PGTSCOPE_PGT,
        {"walk", "--connect", guest.gdbEndpoint().text(), "--kernel", guest.spec.kernel}, {}, {}, {}};
    std::size_t lines = 0;
    for (auto _ : state) {
        const auto run = need(gdb::runChild(command, gdb::WaitLimit::after(60s)));
        if (run.exitStatus != 0)
            state.SkipWithError(run.errors.c_str());
        lines = static_cast<std::size_t>(std::count(run.output.begin(), run.output.end(), '\n'));
    }
    state.counters["lines"] = static_cast<double>(lines);
}
BENCHMARK(walkCommand)->Unit(benchmark::kMillisecond)->UseRealTime();

/// What `pgt walk` prints, from a session that is there already, as a command at gdb's own prompt works.
void walkInSession(benchmark::State& state)
{
    const auto session = booted().session("");
    gdb::CaptureRequest request;
    for (auto _ : state) {
        const auto snapshot = need(session->capture(request));
        std::ostringstream out;
        const auto writer = core::makeRunWriter(core::RunFormat::Text, *snapshot, out);
        core::writeRuns(*writer, *snapshot, core::runOptions(core::RunFormat::Text));
        benchmark::DoNotOptimize(out.str());
    }
}
BENCHMARK(walkInSession)->Unit(benchmark::kMillisecond)->UseRealTime();

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

/// Last of all: the stub leaves its unix socket.
void captureOverTcp(benchmark::State& state, const char* channel)
{
    booted().listenOnTcp();
    captureOf(state, booted(), channel);
}
BENCHMARK_CAPTURE(captureOverTcp, rsp, "rsp")->Unit(benchmark::kMillisecond)->UseRealTime();

} // namespace
