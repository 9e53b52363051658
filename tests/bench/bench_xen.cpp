// SPDX-License-Identifier: GPL-2.0-or-later
// A dom0 as Linux lays it out under Xen, without a guest: a direct map of 4 KiB pages, every table of it
// typed and read-only, and Xen's frame_table and machine-to-physical table for all of the machine's memory.
// RAM is mapped, as with a guest that pgtscope launched.
#include <benchmark/benchmark.h>

#include <array>
#include <cstring>
#include <functional>

#include <sys/mman.h>

#include "core/model/capture.h"
#include "core/model/xenlayout.h"
#include "core/rules/findinghistory.h"
#include "core/rules/rule.h"
#include "core/walk/framemappings.h"
#include "core/xen/xenprobe.h"

namespace {

using namespace pgtscope::core;

constexpr unsigned entries = 512;
constexpr std::uint64_t mib = 1U << 20;

/// The machine: dom0's memory, and 1 GiB more for Xen. Pages that nobody wrote cost nothing.
class Machine : public PhysicalMemory {
public:
    explicit Machine(std::uint64_t dom0Bytes)
        : m_dom0Frames(dom0Bytes >> frameShift)
        , m_bytes(dom0Bytes + 1024 * mib)
        , m_ram({{PhysicalAddress(0), PhysicalAddress(m_bytes)}})
        , m_memory(static_cast<std::byte*>(::mmap(
              nullptr, m_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)))
        , m_nextXen(m_dom0Frames + 16)
    {
        buildDirectMap();
        buildXen();
    }
    ~Machine() override { ::munmap(m_memory, m_bytes); }
    Machine(const Machine&) = delete;
    Machine& operator=(const Machine&) = delete;

    Result<void> read(std::span<PhysicalRead> batch) override
    {
        for (PhysicalRead& read : batch) {
            read.ok = m_ram.contains(read.address, read.bytes.size());
            if (read.ok)
                std::memcpy(read.bytes.data(), m_memory + read.address.value, read.bytes.size());
        }
        return {};
    }
    const std::byte* mappedFrame(FrameNumber frame) const override
    {
        return frame.value < m_bytes >> frameShift ? m_memory + (frame.value << frameShift) : nullptr;
    }
    std::span<const std::byte> mappedRange(PhysicalAddress begin, std::uint64_t bytes) const override
    {
        return {m_memory + begin.value, std::min(bytes, m_bytes - begin.value)};
    }
    const RamMap& ramMap() const override { return m_ram; }
    std::string name() const override { return "benchmark"; }

    CpuState cpu() const
    {
        CpuState state;
        state.control = {cr0Pe | cr0Wp | cr0Pg, 0, root << frameShift, cr4Pae, eferLme | eferLma | eferNxe};
        state.cs = 0xe033;
        return state;
    }
    std::uint64_t tables() const { return m_nextTable - root; }
    /// One entry of the direct map, of a page that is no table.
    void flipLeaf() { word(m_nextTable - 1, 7) ^= bit::rw; }

private:
    static constexpr std::uint64_t root = 0x1000;

    std::uint64_t& word(std::uint64_t frame, std::uint64_t index)
    {
        return reinterpret_cast<std::uint64_t*>(m_memory + (frame << frameShift))[index];
    }

    void buildDirectMap()
    {
        constexpr std::uint64_t link = bit::p | bit::rw | bit::us;
        const std::uint64_t leaves = m_dom0Frames / entries;
        const std::uint64_t pud = root + 1, pmd = pud + 1, pte = pmd + (leaves + entries - 1) / entries;
        word(root, 273) = pud << frameShift | link;
        for (std::uint64_t i = 0; i < pte - pmd; ++i)
            word(pud, i) = (pmd + i) << frameShift | link;
        m_nextTable = pte + leaves;
        for (std::uint64_t leaf = 0; leaf < leaves; ++leaf) {
            word(pmd + leaf / entries, leaf % entries) = (pte + leaf) << frameShift | link;
            for (std::uint64_t i = 0; i < entries; ++i) {
                const std::uint64_t frame = leaf * entries + i;
                const bool table = frame >= root && frame < m_nextTable;
                word(pte + leaf, i)
                    = frame << frameShift | bit::p | bit::us | bit::xd | (table ? 0 : bit::rw);
            }
        }
        m_levels = {root, pud, pmd, pte, m_nextTable};
    }

    /// 2 MiB pages of Xen's, from `linear` on.
    void mapXen(LinearAddress linear, std::uint64_t frame, std::uint64_t bytes, std::uint64_t flags)
    {
        for (std::uint64_t done = 0; done < bytes; done += 2 * mib) {
            const std::uint64_t at = linear.value + done;
            std::uint64_t table = root;
            for (unsigned shift = 39; shift > 21; shift -= 9) {
                std::uint64_t& entry = word(table, at >> shift & 511);
                if (entry == 0)
                    entry = m_nextXen++ << frameShift | (flags & ~(bit::ps | bit::xd));
                table = (entry & 0xffffffffff000) >> frameShift;
            }
            word(table, at >> 21 & 511) = ((frame << frameShift) + done) | flags | bit::ps;
        }
    }

    void buildXen()
    {
        const std::uint64_t frames = m_bytes >> frameShift;
        const std::uint64_t guests = m_dom0Frames + 0x4000; // 64 MiB behind dom0's memory
        const std::uint64_t infos = m_dom0Frames + 0x10000;
        mapXen(xen::machineToPhysical, guests, frames * 8, bit::p | bit::us);
        mapXen(xen::frameTable, infos, frames * xen::frameInfoBytes, bit::p | bit::rw);
        mapXen(xen::directMap, 0, 64 * mib, bit::p | bit::rw);
        word(root, xen::linearTablesSlot) = root << frameShift | bit::p | bit::rw;
        const std::uint64_t owner = m_dom0Frames + 8;
        for (std::uint64_t frame = 0; frame < frames; ++frame) {
            const bool dom0 = frame < m_dom0Frames;
            word(guests, frame) = dom0 ? frame : ~std::uint64_t{0};
            std::byte* info = m_memory + (infos << frameShift) + frame * xen::frameInfoBytes;
            const std::uint64_t count = dom0 ? xen::allocated | 1 : 0, type = dom0 ? typeOf(frame) : 0;
            std::memcpy(info + xen::countInfo, &count, sizeof count);
            std::memcpy(info + xen::typeInfo, &type, sizeof type);
            std::memcpy(info + xen::ownerFrame, &owner, sizeof(std::uint32_t));
        }
    }

    std::uint64_t typeOf(std::uint64_t frame) const
    {
        std::uint64_t type = 7; // writable
        for (unsigned level = 4; level >= 1; --level)
            if (frame >= m_levels[4 - level] && frame < m_levels[5 - level])
                type = level;
        return type << xen::typeShift | xen::validated | 1;
    }

    std::uint64_t m_dom0Frames;
    std::uint64_t m_bytes;
    RamMap m_ram;
    std::byte* m_memory;
    std::uint64_t m_nextXen;
    std::uint64_t m_nextTable = 0;
    std::array<std::uint64_t, 5> m_levels{};
};

SnapshotPtr capture(Machine& machine, const SnapshotPtr& previous)
{
    auto state = probeXen(machine, machine.cpu(), {});
    if (!state || !*state)
        return nullptr;
    SnapshotBuilder builder(machine, machine.cpu(), {});
    builder.setXen(*state);
    CaptureOptions options;
    options.previous = previous.get();
    for (const XenTable& table : (*state)->tables)
        options.detached.push_back({addressOf(table.frame), table.level()});
    if (!builder.captureTables(options))
        return nullptr;
    PageTableBuffer buffer;
    buffer.enforced = true;
    builder.setPgtBuf(buffer);
    return builder.finish();
}

void onDom0(benchmark::State& state, const std::function<bool(Machine&, const SnapshotPtr&)>& work)
{
    Machine machine(static_cast<std::uint64_t>(state.range(0)) * mib);
    const SnapshotPtr first = capture(machine, nullptr);
    if (!first || !first->xen()->complete) {
        state.SkipWithError("no snapshot");
        return;
    }
    for (auto _ : state)
        if (!work(machine, first))
            state.SkipWithError("it failed");
    state.counters["tables"] = static_cast<double>(machine.tables());
}

/// What Xen tells of all frames, and every table copied: the first capture.
void BM_CaptureDom0(benchmark::State& state)
{
    onDom0(state, [](Machine& machine, const SnapshotPtr&) { return capture(machine, nullptr) != nullptr; });
}
BENCHMARK(BM_CaptureDom0)->Arg(8192)->Arg(4096)->Unit(benchmark::kMillisecond);

/// The tables alone, by a state of Xen that is known.
void BM_CaptureDom0Tables(benchmark::State& state)
{
    onDom0(state, [](Machine& machine, const SnapshotPtr& first) {
        SnapshotBuilder builder(machine, machine.cpu(), {});
        builder.setXen(first->xenState());
        return builder.captureTables({}).has_value();
    });
}
BENCHMARK(BM_CaptureDom0Tables)->Arg(8192)->Unit(benchmark::kMillisecond);

/// A later stop: pages that did not change are shared, then both of Xen's rules.
void BM_StepDom0(benchmark::State& state)
{
    onDom0(state, [](Machine& machine, const SnapshotPtr& first) {
        const SnapshotPtr next = capture(machine, first);
        const RuleContext context(next);
        const auto reports = checkRules(context, {findRule("xen-ro"), findRule("xen-types")});
        return reports[0].total() == 0 && reports[1].total() == 0;
    });
}
BENCHMARK(BM_StepDom0)->Arg(4096)->Unit(benchmark::kMillisecond);

/// Every mapping of every table page.
void BM_AliasesOfAllTables(benchmark::State& state)
{
    onDom0(state, [](Machine&, const SnapshotPtr& first) {
        std::vector<FrameNumber> frames;
        for (const Table& table : first->tables())
            frames.push_back(table.frame());
        const auto reached = reachedTables(*first);
        const FrameMappings mappings(*first, reached, std::move(frames));
        return mappings.complete();
    });
}
BENCHMARK(BM_AliasesOfAllTables)->Arg(8192)->Unit(benchmark::kMillisecond);

/// Every rule on the next step of a boot, in which one entry of one table changed: what "pgt check" does for
/// each step.
void BM_RulesOfNextStep(benchmark::State& state)
{
    Machine machine(static_cast<std::uint64_t>(state.range(0)) * mib);
    SnapshotPtr steps[2];
    steps[0] = capture(machine, nullptr);
    machine.flipLeaf();
    steps[1] = steps[0] ? capture(machine, steps[0]) : nullptr;
    if (!steps[1]) {
        state.SkipWithError("no snapshot");
        return;
    }
    RuleLimits limits;
    limits.findings = 0;
    TableDigests digests;
    FindingHistory history;
    std::uint64_t step = 0;
    for (auto _ : state) {
        const RuleContext context(steps[step % 2], limits, digests);
        std::vector<RuleReport> reports;
        for (const auto& rule : allRules())
            reports.push_back(rule->check(context));
        history.note(step++, reports);
    }
    state.counters["tables"] = static_cast<double>(machine.tables());
}
BENCHMARK(BM_RulesOfNextStep)->Arg(5120)->Arg(1536)->Unit(benchmark::kMillisecond);

} // namespace
