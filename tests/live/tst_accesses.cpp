// SPDX-License-Identifier: GPL-2.0-or-later
// What our page tables allow and refuse, and with which error code, against an MMU that is asked by accesses.
#include "tests/live/accessagent.h"

#include <cstdlib>
#include <iostream>
#include <map>
#include <random>

#include "core/model/capture.h"
#include "core/walk/translation.h"

using namespace pgtscope;

namespace {

/// How many accesses in all; PGTSCOPE_ACCESSES: another number.
std::size_t wantedAccesses()
{
    const char* wanted = std::getenv("PGTSCOPE_ACCESSES");
    return wanted != nullptr ? std::strtoul(wanted, nullptr, 10) : 1000;
}

/// Paths through tables of their own, one for an entry of the top table, to one page full of `ret`
/// instructions.
class ProbePaths {
public:
    static constexpr unsigned count = 40;
    static constexpr std::uint64_t target
        = 0x40000000; ///< So aligned that pages of each size can begin there.

    ProbePaths(std::mt19937_64& random, ProgrammableMmu& mmu, bool fiveLevels)
        : m_random(random)
        , m_mmu(mmu)
        , m_levels(fiveLevels ? 5 : 4)
    {
        const std::vector<std::uint8_t> returns(core::frameBytes, 0xc3);
        m_mmu.write(target, returns.data(), returns.size());
    }

    /// Fills the paths anew, and returns an address of each.
    std::vector<std::uint64_t> fill(bool noExecute)
    {
        std::vector<std::uint64_t> addresses;
        for (unsigned probe = 0; probe < count; ++probe) {
            std::uint64_t linear = m_random() % core::frameBytes;
            std::uint64_t table = AccessAgent::root;
            for (unsigned level = m_levels; level > 0; --level) {
                // The pages are large or small, and so is what their address leaves of the lower indices.
                const std::uint64_t index = level > 2 ? 1 + (probe * 12 + level * 7) % 511 : 0;
                linear |= index << (12 + 9 * (level - 1));
                const std::uint64_t next = tableOf(probe, level - 1);
                m_mmu.write64(table + index * 8, entry(level, next, noExecute));
                table = next;
            }
            const unsigned unused = m_levels == 5 ? 7 : 16;
            addresses.push_back(
                static_cast<std::uint64_t>(static_cast<std::int64_t>(linear << unused) >> unused));
        }
        return addresses;
    }

private:
    bool chance(unsigned percent) { return m_random() % 100 < percent; }

    /// Every other path's tables are above 4 GiB.
    static std::uint64_t tableOf(unsigned probe, unsigned level)
    {
        return (probe % 2 == 1 ? ProgrammableMmu::highRam : AccessAgent::root) + 0x100000
            + (std::uint64_t{probe} * 5 + level) * core::frameBytes;
    }

    /// From the manual alone (SDM vol. 3, tables 4-14 to 4-20): what is tested describes the same as data.
    std::uint64_t entry(unsigned level, std::uint64_t table, bool noExecute)
    {
        const bool page = level == 1 || ((level == 2 || level == 3) && chance(20));
        std::uint64_t value = page ? target : table;
        const auto set = [&](std::uint64_t bits, unsigned percent) { value |= chance(percent) ? bits : 0; };
        set(core::bit::p, 97);
        set(core::bit::rw, 75);
        set(core::bit::us, 70);
        set(core::bit::xd, noExecute ? 20 : 3);
        value |= m_random()
            & (core::bit::pwt | core::bit::pcd | core::bit::a | core::bit::d | core::bit::g | 0xe00);
        value |= m_random() & (0x7ffULL << 52U); // software's, and the protection key
        if (page && level > 1)
            value |= core::bit::ps | (m_random() & core::bit::patLarge);
        else if (level == 1)
            value |= m_random() & core::bit::patSmall;
        else if (level > 3)
            set(core::bit::ps, 2);
        if (page && level > 1 && chance(8))
            value |= m_random() & ((1ULL << (12 + 9 * (level - 1))) - 0x2000);
        // Of an address too high for the processor; one that it could have would lead to no RAM.
        const unsigned width = m_mmu.features().physicalAddressBits;
        if (width < 52 && chance(3))
            value |= 1ULL << (width + m_random() % (52 - width));
        return value;
    }

    std::mt19937_64& m_random;
    ProgrammableMmu& m_mmu;
    unsigned m_levels;
};

core::ControlRegisters anyRegisters(std::mt19937_64& random, bool fiveLevels)
{
    const auto maybe = [&](std::uint64_t bits) { return random() % 2 == 0 ? bits : 0; };
    core::ControlRegisters control;
    control.cr0 = core::cr0Pe | core::cr0Pg | maybe(core::cr0Wp);
    control.cr3 = AccessAgent::root;
    control.cr4 = core::cr4Pae | (fiveLevels ? core::cr4La57 : 0) | maybe(core::cr4Smep)
        | maybe(core::cr4Smap) | maybe(core::cr4Pke);
    control.efer = core::eferLme | core::eferLma | maybe(core::eferNxe);
    return control;
}

/// How often each result came up.
using Tally = std::map<std::uint32_t, std::size_t>;

/// What the snapshot says of an access, as the agent would report it.
std::uint32_t expected(const core::Snapshot& snapshot, const AccessAgent::Access& access)
{
    const auto kind = static_cast<core::AccessKind>(access.what & 3U);
    const core::Translation translation = core::translate(snapshot, core::LinearAddress(access.linear));
    const auto code
        = translation.pageFault(snapshot.paging(), kind, (access.what & AccessAgent::byUser) != 0);
    return code.value_or(AccessAgent::fine);
}

/// Known difference: QEMU up to 8 clears the present bit where a reserved one is set.
std::uint32_t asInManual(std::uint32_t code)
{
    const bool reserved = code != AccessAgent::fine && (code & core::fault::reserved) != 0;
    return reserved ? code | core::fault::present : code;
}

void compareBatch(ProgrammableMmu& mmu, AccessAgent& agent, ProbePaths& paths,
    const core::ControlRegisters& control, Tally& tally)
{
    std::vector<AccessAgent::Access> accesses;
    for (const std::uint64_t linear : paths.fill((control.efer & core::eferNxe) != 0))
        for (const std::uint32_t by : {std::uint32_t{0}, AccessAgent::byUser})
            for (std::uint32_t kind = 0; kind < 3; ++kind)
                accesses.push_back({linear, kind | by, 0});
    core::CpuState cpu;
    cpu.control = control;
    const auto snapshot = core::captureSnapshot(mmu.memory(), cpu, mmu.features());
    REQUIRE(snapshot);
    agent.run(control, accesses);
    for (const AccessAgent::Access& access : accesses) {
        const std::uint32_t ours = expected(**snapshot, access);
        ++tally[ours];
        if (asInManual(access.result) != ours)
            FAIL("linear " << core::hexText(access.linear) << ", access " << access.what << ", CR0 "
                           << core::hexText(control.cr0) << ", CR4 " << core::hexText(control.cr4)
                           << ", EFER " << core::hexText(control.efer) << ": ours " << core::hexText(ours)
                           << ", the MMU's " << core::hexText(access.result));
    }
}

} // namespace

TEST_CASE("Every access ends as the MMU ends it: done, or with the same error code, under all control bits")
{
    const bool fiveLevels = GENERATE(false, true);
    const unsigned width = GENERATE(36U, 40U, 46U, 52U);
    constexpr std::size_t machines = 8;
    ProgrammableMmu mmu(width);
    AccessAgent agent(mmu, fiveLevels);
    std::size_t done = 0;
    Tally tally;
    for (std::uint64_t batch = 0; done * machines < wantedAccesses(); ++batch) {
        const std::uint64_t seed
            = (std::uint64_t{Catch::rngSeed()} * 1000 + width * 10 + (fiveLevels ? 5 : 4)) * 100'000 + batch;
        INFO((fiveLevels ? "5" : "4") << " levels, " << width << " bits, seed " << seed);
        std::mt19937_64 random(seed);
        ProbePaths paths(random, mmu, fiveLevels);
        compareBatch(mmu, agent, paths, anyRegisters(random, fiveLevels), tally);
        done += ProbePaths::count * 6;
    }
    if (std::getenv("PGTSCOPE_ACCESSES") != nullptr) {
        std::cerr << (fiveLevels ? "5" : "4") << " levels, " << width << " bits: " << done << " accesses";
        for (const auto& [code, times] : tally)
            std::cerr << ", " << (code == AccessAgent::fine ? "fine" : core::hexText(code)) << ' ' << times;
        std::cerr << '\n';
    }
    // The tables must have been worth asking about.
    CHECK(tally[AccessAgent::fine] > done / 20);
    CHECK(done - tally[AccessAgent::fine] > done / 10);
}
