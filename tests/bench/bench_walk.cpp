// SPDX-License-Identifier: GPL-2.0-or-later
// Capture, walk and filter over tables in mapped memory of this process, without a guest.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <cstring>
#include <memory>
#include <ostream>
#include <streambuf>

#include "core/filter/runsubject.h"
#include "core/model/capture.h"
#include "core/report/runwriter.h"
#include "core/walk/aliascounts.h"
#include "core/walk/runs.h"

namespace {

using namespace pgtscope::core;

constexpr std::uint64_t table = bit::p | bit::rw | bit::a;
constexpr std::uint64_t page = table | bit::d;

/// Guest RAM as a shared memory backend would show it.
class MappedRam : public PhysicalMemory {
public:
    explicit MappedRam(std::uint64_t bytes)
        : m_bytes(static_cast<std::byte*>(std::aligned_alloc(frameBytes, bytes)))
        , m_ram({{PhysicalAddress(0), PhysicalAddress(bytes)}})
    {
        std::memset(m_bytes.get(), 0, bytes);
    }

    Result<void> read(std::span<PhysicalRead>) override { return {}; }
    const std::byte* mappedFrame(FrameNumber frame) const override
    {
        return m_bytes.get() + addressOf(frame).value;
    }
    const RamMap& ramMap() const override { return m_ram; }
    std::string name() const override { return "benchmark"; }

    /// The next unused frame, as a table.
    std::uint64_t newTable() { return (m_used += frameBytes) - frameBytes; }
    void set(std::uint64_t tableAddress, unsigned index, std::uint64_t raw)
    {
        std::memcpy(m_bytes.get() + tableAddress + index * std::size_t{8}, &raw, sizeof raw);
    }

private:
    struct Free {
        void operator()(std::byte* bytes) const { std::free(bytes); }
    };
    std::unique_ptr<std::byte, Free> m_bytes;
    RamMap m_ram;
    std::uint64_t m_used = frameBytes;
};

struct Guest {
    explicit Guest(std::uint64_t bytes)
        : ram(bytes)
    {
        cpu.control.cr0 = cr0Pe | cr0Wp | cr0Pg;
        cpu.control.cr3 = ram.newTable();
        cpu.control.cr4 = cr4Pae;
        cpu.control.efer = eferLme | eferLma | eferNxe;
    }
    SnapshotPtr capture(const Snapshot* previous = nullptr)
    {
        CaptureOptions options;
        options.previous = previous;
        return *captureSnapshot(ram, cpu, {}, options);
    }

    MappedRam ram;
    CpuState cpu;
};

/// A new table below `parent`'s entry `index`.
std::uint64_t below(Guest& guest, std::uint64_t parent, unsigned index)
{
    const std::uint64_t child = guest.ram.newTable();
    guest.ram.set(parent, index, child | table);
    return child;
}

/// The shape of a booted Debian 6.1 with 2 GiB: 111 table pages, visited 2,161 times by a walker that does
/// not know them again, with 75,572 leaves, 65,536 of which are the espfix area's.
std::unique_ptr<Guest> debianGuest()
{
    auto guest = std::make_unique<Guest>(16ULL << 20);
    const std::uint64_t root = guest->cpu.control.cr3;
    // espfix: four references to one PD, which references one table 512 times, which has 32 pages.
    const std::uint64_t espPdpt = below(*guest, root, 510);
    const std::uint64_t espPd = guest->ram.newTable();
    const std::uint64_t espTable = guest->ram.newTable();
    for (unsigned i = 0; i < 4; ++i)
        guest->ram.set(espPdpt, i, espPd | table);
    for (unsigned i = 0; i < 512; ++i)
        guest->ram.set(espPd, i, espTable | table);
    for (unsigned i = 0; i < 32; ++i)
        guest->ram.set(espTable, i * 16, 0x100000 | page);
    // The direct map: 2 GiB in 2 MiB pages; then 9,012 small pages scattered over 96 tables.
    const std::uint64_t pdpt = below(*guest, root, 273);
    for (unsigned i = 0; i < 2; ++i) {
        const std::uint64_t pd = below(*guest, pdpt, i);
        for (unsigned j = 0; j < 512; ++j)
            guest->ram.set(pd, j, (i * 512ULL + j) << 21 | page | bit::ps | bit::xd);
    }
    std::uint64_t pd = 0;
    for (unsigned i = 0; i < 96; ++i) {
        if (i % 24 == 0)
            pd = below(*guest, below(*guest, root, 300 + i / 24), 0);
        const std::uint64_t pt = below(*guest, pd, i % 24);
        for (unsigned j = 0; j < (i < 84 ? 94U : 93U); ++j)
            guest->ram.set(pt, j * 5, (i * 512ULL + j) << 12 | page | (j % 3 == 0 ? bit::xd : 0));
    }
    return guest;
}

/// 1,048,576 different pages of 4 KiB, their frames in an order that no run survives.
std::unique_ptr<Guest> millionGuest(bool contiguous)
{
    auto guest = std::make_unique<Guest>(64ULL << 20);
    const std::uint64_t pdpt = below(*guest, guest->cpu.control.cr3, 0);
    std::uint64_t frame = 0;
    for (unsigned i = 0; i < 4; ++i) {
        const std::uint64_t pd = below(*guest, pdpt, i);
        for (unsigned j = 0; j < 512; ++j) {
            const std::uint64_t pt = below(*guest, pd, j);
            for (unsigned k = 0; k < 512; ++k, ++frame)
                guest->ram.set(pt, k, (contiguous ? frame : frame * 77'777 % 1'048'576) << 12 | page);
        }
    }
    return guest;
}

/// A root whose entries all reference itself.
std::unique_ptr<Guest> selfMappedGuest()
{
    auto guest = std::make_unique<Guest>(1ULL << 20);
    for (unsigned i = 0; i < 512; ++i)
        guest->ram.set(guest->cpu.control.cr3, i, guest->cpu.control.cr3 | table | (i % 8) << 1);
    return guest;
}

std::uint64_t countRuns(const Snapshot& snapshot, const RunOptions& options)
{
    std::uint64_t runs = 0;
    forEachRun(snapshot, options, [&](const Run&) { return ++runs != 0; });
    return runs;
}

class NullBuffer : public std::streambuf {
protected:
    int overflow(int c) override { return c; }
    std::streamsize xsputn(const char*, std::streamsize n) override { return n; }
};

void debianCapture(benchmark::State& state)
{
    const auto guest = debianGuest();
    for (auto _ : state)
        benchmark::DoNotOptimize(guest->capture());
    state.counters["tables"] = static_cast<double>(guest->capture()->tableFrames());
}
BENCHMARK(debianCapture)->Unit(benchmark::kMillisecond);

void debianCaptureAgain(benchmark::State& state)
{
    const auto guest = debianGuest();
    const auto before = guest->capture();
    for (auto _ : state)
        benchmark::DoNotOptimize(guest->capture(before.get()));
}
BENCHMARK(debianCaptureAgain)->Unit(benchmark::kMillisecond);

void debianCaptureAndWalk(benchmark::State& state)
{
    const auto guest = debianGuest();
    std::uint64_t runs = 0;
    for (auto _ : state)
        runs = countRuns(*guest->capture(), {});
    state.counters["runs"] = static_cast<double>(runs);
}
BENCHMARK(debianCaptureAndWalk)->Unit(benchmark::kMillisecond);

/// What "info tlb" says: every leaf, shared tables told each time.
void debianTlb(benchmark::State& state)
{
    const auto guest = debianGuest();
    const auto snapshot = guest->capture();
    NullBuffer nothing;
    std::ostream out(&nothing);
    for (auto _ : state)
        writeRuns(*makeRunWriter(RunFormat::Tlb, *snapshot, out), *snapshot, runOptions(RunFormat::Tlb));
    state.counters["leaves"] = static_cast<double>(countRuns(*snapshot, runOptions(RunFormat::Tlb)));
}
BENCHMARK(debianTlb)->Unit(benchmark::kMillisecond);

void millionLeaves(benchmark::State& state)
{
    const auto guest = millionGuest(state.range(0) != 0);
    std::uint64_t runs = 0;
    for (auto _ : state)
        runs = countRuns(*guest->capture(), {});
    state.counters["runs"] = static_cast<double>(runs);
}
BENCHMARK(millionLeaves)->ArgName("contiguous")->Arg(1)->Arg(0)->Unit(benchmark::kMillisecond);

void millionLeavesCaptureOnly(benchmark::State& state)
{
    const auto guest = millionGuest(true);
    for (auto _ : state)
        benchmark::DoNotOptimize(guest->capture());
}
BENCHMARK(millionLeavesCaptureOnly)->Unit(benchmark::kMillisecond);

void millionLeavesFiltered(benchmark::State& state, const char* text)
{
    const auto snapshot = millionGuest(true)->capture();
    const Filter filter = *Filter::parse(text);
    std::uint64_t runs = 0;
    for (auto _ : state) {
        runs = 0;
        forEachRun(*snapshot, {}, filter, {}, [&](const Run&) { return ++runs != 0; });
    }
    state.counters["runs"] = static_cast<double>(runs);
}
BENCHMARK_CAPTURE(millionLeavesFiltered, rights, "eff.rw and not eff.nx")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(
    millionLeavesFiltered, many, "(va in 1G..2G or pa < 512M) and level == 1 and not (g or pcd)")
    ->Unit(benchmark::kMillisecond);

/// 1,048,576 evaluations alone.
void filterEvaluation(benchmark::State& state)
{
    const auto snapshot = millionGuest(true)->capture();
    Run run;
    forEachRun(*snapshot, {}, [&](const Run& first) {
        run = first;
        return false;
    });
    run.bytes = frameBytes;
    const Filter filter = *Filter::parse("(va in 1G..2G or pa < 512M) and level == 1 and not (g or pcd)");
    const FilterKnowledge knowledge;
    for (auto _ : state) {
        for (unsigned i = 0; i < 1'048'576; ++i) {
            run.begin = LinearAddress(std::uint64_t{i} << 12);
            benchmark::DoNotOptimize(filter.matches(RunSubject(*snapshot, run, knowledge)));
        }
    }
}
BENCHMARK(filterEvaluation)->Unit(benchmark::kMillisecond);

/// 512^4 linear addresses.
void selfMapped(benchmark::State& state)
{
    const auto guest = selfMappedGuest();
    std::uint64_t runs = 0;
    for (auto _ : state)
        runs = countRuns(*guest->capture(), {});
    state.counters["runs"] = static_cast<double>(runs);
}
BENCHMARK(selfMapped)->Unit(benchmark::kMillisecond);

void selfMappedAliases(benchmark::State& state)
{
    const auto guest = selfMappedGuest();
    const auto snapshot = guest->capture();
    for (auto _ : state) {
        const auto reached = reachedTables(*snapshot);
        benchmark::DoNotOptimize(AliasCounts(*snapshot, reached).most(FrameNumber(1), 1));
    }
}
BENCHMARK(selfMappedAliases)->Unit(benchmark::kMillisecond);

void millionAliasCounts(benchmark::State& state)
{
    const auto snapshot = millionGuest(false)->capture();
    for (auto _ : state) {
        const auto reached = reachedTables(*snapshot);
        benchmark::DoNotOptimize(AliasCounts(*snapshot, reached).most(FrameNumber(1), 1));
    }
}
BENCHMARK(millionAliasCounts)->Unit(benchmark::kMillisecond);

} // namespace
