// SPDX-License-Identifier: GPL-2.0-or-later
// Rules over synthetic snapshots, without a guest. Tables and what they map lie in one direct map, so that
// every table page has a writable mapping: a native boot, the case with the most findings.
#include <benchmark/benchmark.h>

#include "core/model/assembly.h"
#include "core/rules/rule.h"

namespace {

using namespace pgtscope::core;

constexpr std::uint64_t kernelTable = bit::p | bit::rw | bit::a | bit::d;
constexpr unsigned entries = 512;

/// A direct map of `leafTables` * 2 MiB by 4 KiB pages. The tables themselves are its first frames.
SnapshotPtr directMap(unsigned leafTables)
{
    const unsigned pmds = (leafTables + entries - 1) / entries;
    const unsigned count = 2 + pmds + leafTables;
    std::vector<std::shared_ptr<TablePage>> pages(count);
    for (auto& page : pages)
        page = std::make_shared<TablePage>();
    const auto entry = [](unsigned frame) { return std::uint64_t{frame} << frameShift | kernelTable; };
    pages[0]->words[273] = entry(1);
    for (unsigned pmd = 0; pmd < pmds; ++pmd)
        pages[1]->words[pmd] = entry(2 + pmd);
    for (unsigned leaf = 0; leaf < leafTables; ++leaf) {
        pages[2 + leaf / entries]->words[leaf % entries] = entry(2 + pmds + leaf);
        for (unsigned i = 0; i < entries; ++i)
            pages[2 + pmds + leaf]->words[i] = entry(leaf * entries + i) | bit::g | bit::xd;
    }
    SnapshotParts parts;
    parts.cpu.control = {cr0Pe | cr0Wp | cr0Pg, 0, 0, cr4Pae, eferLme | eferLma | eferNxe};
    parts.ramMap = RamMap({{PhysicalAddress(0), PhysicalAddress(std::uint64_t{leafTables} << 21)}});
    parts.channel = "benchmark";
    for (unsigned i = 0; i < count; ++i) {
        const unsigned level = i == 0 ? 4U : i == 1 ? 3U : i < 2 + pmds ? 2U : 1U;
        Table table;
        table.address = addressOf(FrameNumber(i));
        table.level = static_cast<std::uint8_t>(level);
        table.page = pages[i];
        parts.tables.push_back(std::move(table));
    }
    auto snapshot = assembleSnapshot(std::move(parts));
    return snapshot ? *snapshot : nullptr;
}

void checkRule(benchmark::State& state, const char* name)
{
    const SnapshotPtr snapshot = directMap(static_cast<unsigned>(state.range(0)));
    const Rule* rule = findRule(name);
    if (!snapshot || !rule) {
        state.SkipWithError("no snapshot or no rule");
        return;
    }
    std::uint64_t findings = 0;
    for (auto _ : state) {
        const RuleContext context(snapshot);
        findings = checkRules(context, {rule}).front().total();
        benchmark::DoNotOptimize(findings);
    }
    state.counters["tables"] = static_cast<double>(snapshot->tables().size());
    state.counters["findings"] = static_cast<double>(findings);
}

/// All mappings of all table pages.
void tableMappings(benchmark::State& state)
{
    const SnapshotPtr snapshot = directMap(static_cast<unsigned>(state.range(0)));
    if (!snapshot) {
        state.SkipWithError("no snapshot");
        return;
    }
    std::size_t frames = 0;
    for (auto _ : state) {
        const RuleContext context(snapshot);
        frames = context.bufferMappings().frames().size();
        benchmark::DoNotOptimize(frames);
    }
    state.counters["frames"] = static_cast<double>(frames);
}

void allRulesTogether(benchmark::State& state)
{
    const SnapshotPtr snapshot = directMap(static_cast<unsigned>(state.range(0)));
    if (!snapshot) {
        state.SkipWithError("no snapshot");
        return;
    }
    std::vector<const Rule*> rules;
    for (const auto& rule : allRules())
        rules.push_back(rule.get());
    for (auto _ : state) {
        const RuleContext context(snapshot);
        benchmark::DoNotOptimize(checkRules(context, rules));
    }
}

} // namespace

BENCHMARK(tableMappings)->Arg(107)->Arg(4000)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(checkRule, xenRo, "xen-ro")->Arg(107)->Arg(4000)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(checkRule, writeExecute, "w-x")->Arg(107)->Arg(4000)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(checkRule, userKernel, "user-kernel")->Arg(107)->Arg(4000)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(checkRule, reservedBits, "reserved-bits")
    ->Arg(107)
    ->Arg(4000)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(checkRule, aliasAttr, "alias-attr")->Arg(107)->Arg(4000)->Unit(benchmark::kMillisecond);
BENCHMARK(allRulesTogether)->Arg(107)->Arg(4000)->Unit(benchmark::kMillisecond);
