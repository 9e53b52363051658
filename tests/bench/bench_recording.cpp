// SPDX-License-Identifier: GPL-2.0-or-later
// Cost of a step, of opening a recording and of going anywhere in it, and of differences. No guest is needed.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <random>

#include "core/model/assembly.h"
#include "core/recording/recording.h"
#include "core/recording/recordingwriter.h"
#include "core/steps/diff.h"
#include "core/timeline/timeline.h"

namespace {

using namespace pgtscope::core;

constexpr std::uint64_t tableBits = bit::p | bit::rw | bit::a;
constexpr std::uint64_t pageBits = tableBits | bit::d | bit::g;

/// Page tables of `leafTables` L1 tables, all of them full, as a booted guest's direct map without large
/// pages: 109 of them with their parents are as many tables as Debian 6.1 has with 2 GiB.
class Tables {
public:
    explicit Tables(unsigned leafTables)
    {
        m_parts.cpu.control.cr0 = cr0Pe | cr0Pg | cr0Wp;
        m_parts.cpu.control.cr4 = cr4Pae;
        m_parts.cpu.control.efer = eferLme | eferLma | eferNxe;
        m_parts.cpu.control.cr3 = 0x1000;
        m_parts.root = PhysicalAddress(0x1000);
        m_parts.ramMap = RamMap({{PhysicalAddress(0), PhysicalAddress(8ULL << 30)}});
        add(4);
        add(3);
        const unsigned middle = (leafTables + 511) / 512;
        for (unsigned i = 0; i < middle; ++i)
            add(2);
        for (unsigned i = 0; i < leafTables; ++i)
            add(1);
        set(0, 0, address(1) | tableBits);
        for (unsigned i = 0; i < middle; ++i)
            set(1, i, address(2 + i) | tableBits);
        for (unsigned i = 0; i < leafTables; ++i) {
            set(2 + i / 512, i % 512, address(2 + middle + i) | tableBits);
            for (unsigned j = 0; j < 512; ++j)
                set(2 + middle + i, j, (i * 512ULL + j) * frameBytes | pageBits | bit::xd);
        }
        m_firstLeaf = 2 + middle;
    }

    /// Gives one entry of one L1 table another value.
    EntryChange change(std::mt19937& random)
    {
        const auto tables = static_cast<unsigned>(m_parts.tables.size()) - m_firstLeaf;
        const auto row = m_firstLeaf + static_cast<unsigned>(random() % tables);
        const auto index = static_cast<unsigned>(random() % 512);
        EntryChange change;
        change.address = PhysicalAddress(address(row) + index * 8ULL);
        change.after = m_parts.tables[row].page->words[index] ^ bit::rw;
        set(row, index, change.after);
        return change;
    }

    SnapshotPtr snapshot() const { return *assembleSnapshot(m_parts); }
    const CpuState& cpu() const { return m_parts.cpu; }

private:
    static std::uint64_t address(unsigned row) { return 0x1000 + row * frameBytes; }
    void add(unsigned level)
    {
        Table table;
        table.address = PhysicalAddress(address(static_cast<unsigned>(m_parts.tables.size())));
        table.level = static_cast<std::uint8_t>(level);
        table.page = std::make_shared<TablePage>();
        m_parts.tables.push_back(std::move(table));
    }
    void set(unsigned row, unsigned index, std::uint64_t raw)
    {
        auto page = std::make_shared<TablePage>(*m_parts.tables[row].page);
        page->words[index] = raw;
        m_parts.tables[row].page = std::move(page);
    }

    SnapshotParts m_parts;
    unsigned m_firstLeaf = 0;
};

constexpr unsigned debianLeafTables = 109;
constexpr unsigned millionLeafTables = 2048;

class File {
public:
    explicit File(const char* name)
        : m_path(
            (std::filesystem::temp_directory_path() / name).string() + std::to_string(std::random_device()()))
    {
    }
    ~File()
    {
        std::error_code ignored;
        for (const char* suffix : {"", "-wal", "-shm"})
            std::filesystem::remove(m_path + suffix, ignored);
    }
    const std::string& path() const { return m_path; }

private:
    std::string m_path;
};

template <class T>
T must(Result<T> result)
{
    if (!result) {
        std::cerr << result.error().message() << '\n';
        std::exit(2);
    }
    return std::move(*result);
}

WriteStep writeStep(Tables& tables, std::mt19937& random, std::uint64_t number)
{
    WriteStep write;
    write.step.cause = StepCause::TableWrite;
    write.step.time = number * 1'000 + random() % 1'000;
    write.step.cpu = tables.cpu();
    write.step.cpu.rip = LinearAddress(0xffffffff81000000 + random() % 64);
    write.step.ripSymbol = "set_pte+0x" + std::to_string(random() % 64);
    write.change = tables.change(random);
    write.change.writer = EntryWriter{write.step.cpu.rip, write.step.ripSymbol, 8};
    return write;
}

/// 200,000 single stores, recorded once for all benchmarks.
const std::string& longRecording()
{
    static const File file("pgtscope-bench-long");
    static const bool recorded = [] {
        Tables tables(debianLeafTables);
        std::mt19937 random(1);
        auto writer = must(RecordingWriter::create(file.path(), {}));
        must(writer->append({}, tables.snapshot()));
        for (unsigned i = 0; i < 200; ++i) {
            std::vector<WriteStep> writes;
            for (unsigned j = 0; j < 1000; ++j)
                writes.push_back(writeStep(tables, random, i * 1000 + j));
            must(writer->appendWrites(writes));
        }
        return writer->finish().has_value();
    }();
    if (!recorded)
        std::exit(2);
    return file.path();
}

void appendStop(benchmark::State& state)
{
    Tables tables(static_cast<unsigned>(state.range(0)));
    const File file("pgtscope-bench");
    auto writer = must(RecordingWriter::create(file.path(), {}));
    std::mt19937 random(1);
    must(writer->append({}, tables.snapshot()));
    for (auto _ : state) {
        state.PauseTiming();
        for (int i = 0; i < 16; ++i)
            tables.change(random);
        const SnapshotPtr snapshot = tables.snapshot();
        state.ResumeTiming();
        must(writer->append({}, snapshot));
    }
}
BENCHMARK(appendStop)->Arg(debianLeafTables)->Arg(millionLeafTables)->Unit(benchmark::kMicrosecond);

/// The first step of a recording stores every page.
void appendFirst(benchmark::State& state)
{
    const Tables tables(static_cast<unsigned>(state.range(0)));
    const SnapshotPtr snapshot = tables.snapshot();
    for (auto _ : state) {
        const File file("pgtscope-bench");
        must(must(RecordingWriter::create(file.path(), {}))->append({}, snapshot));
    }
}
BENCHMARK(appendFirst)->Arg(debianLeafTables)->Arg(millionLeafTables)->Unit(benchmark::kMillisecond);

void appendOneWrite(benchmark::State& state)
{
    Tables tables(debianLeafTables);
    const File file("pgtscope-bench");
    auto writer = must(RecordingWriter::create(file.path(), {}));
    std::mt19937 random(1);
    must(writer->append({}, tables.snapshot()));
    std::uint64_t number = 0;
    for (auto _ : state) {
        std::vector<WriteStep> writes;
        for (std::int64_t i = 0; i < state.range(0); ++i)
            writes.push_back(writeStep(tables, random, ++number));
        must(writer->appendWrites(writes));
    }
    state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(appendOneWrite)->Arg(1)->Arg(1000)->Unit(benchmark::kMicrosecond);

void openLong(benchmark::State& state)
{
    const std::string& path = longRecording();
    for (auto _ : state)
        benchmark::DoNotOptimize(must(Recording::open(path))->size());
    state.counters["file MB"] = static_cast<double>(std::filesystem::file_size(path)) / 1e6;
}
BENCHMARK(openLong)->Unit(benchmark::kMillisecond);

/// Anywhere in 200,000 steps, with whatever earlier reads left in the caches.
void seekLong(benchmark::State& state)
{
    auto recording = must(Recording::open(longRecording()));
    std::mt19937 random(2);
    for (auto _ : state)
        benchmark::DoNotOptimize(must(recording->snapshot(random() % recording->size())));
}
BENCHMARK(seekLong)->Unit(benchmark::kMillisecond);

/// The first thing that is read of a recording.
void seekCold(benchmark::State& state)
{
    std::mt19937 random(2);
    for (auto _ : state) {
        state.PauseTiming();
        auto recording = must(Recording::open(longRecording()));
        state.ResumeTiming();
        benchmark::DoNotOptimize(must(recording->snapshot(random() % recording->size())));
    }
}
BENCHMARK(seekCold)->Unit(benchmark::kMillisecond);

void scrubLong(benchmark::State& state)
{
    auto timeline = must(Timeline::open(longRecording()));
    StepNumber number = 100'000;
    for (auto _ : state)
        benchmark::DoNotOptimize(must(timeline->snapshot(number++ % timeline->size())));
}
BENCHMARK(scrubLong)->Unit(benchmark::kMicrosecond);

void scrubLongBackwards(benchmark::State& state)
{
    auto timeline = must(Timeline::open(longRecording()));
    StepNumber number = 100'000'000;
    for (auto _ : state)
        benchmark::DoNotOptimize(must(timeline->snapshot(number-- % timeline->size())));
}
BENCHMARK(scrubLongBackwards)->Unit(benchmark::kMicrosecond);

void readSteps(benchmark::State& state)
{
    auto timeline = must(Timeline::open(longRecording()));
    StepNumber number = 0;
    for (auto _ : state)
        benchmark::DoNotOptimize(must(timeline->step(number++ % timeline->size())));
}
BENCHMARK(readSteps)->Unit(benchmark::kMicrosecond);

void diffOfNeighbours(benchmark::State& state)
{
    Tables tables(static_cast<unsigned>(state.range(0)));
    const SnapshotPtr before = tables.snapshot();
    std::mt19937 random(3);
    for (std::int64_t i = 0; i < state.range(1); ++i)
        tables.change(random);
    const SnapshotPtr after = tables.snapshot();
    for (auto _ : state)
        benchmark::DoNotOptimize(diffSnapshots(*before, *after));
}
BENCHMARK(diffOfNeighbours)
    ->Args({debianLeafTables, 0})
    ->Args({debianLeafTables, 16})
    ->Args({millionLeafTables, 0})
    ->Args({millionLeafTables, 16})
    ->Unit(benchmark::kMicrosecond);

} // namespace
