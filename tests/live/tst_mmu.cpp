// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/live/programmablemmu.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <random>

#include "core/model/capture.h"
#include "core/walk/runs.h"
#include "core/walk/translation.h"
#include "gdb/capture/guestsession.h"
#include "tests/support/tlblines.h"

using namespace pgtscope;
using core::PagingMode;
using core::TranslationEnd;

namespace {

/// Random numbers; the seed of the tables in hand goes into every failure. --rng-seed chooses others.
class Random {
public:
    explicit Random(std::uint64_t seed)
        : m_engine(seed)
    {
    }
    std::uint64_t bits(std::uint64_t mask = ~0ULL) { return m_engine() & mask; }
    std::uint64_t below(std::uint64_t bound) { return m_engine() % bound; }
    bool chance(unsigned percent) { return below(100) < percent; }

private:
    std::mt19937_64 m_engine;
};

/// Which tables to make.
struct Recipe {
    unsigned presentPerMille = 850;
    unsigned largePercent = 15;
    /// References into holes, to tables of any level and to the table itself, reserved bits.
    bool wild = true;
    /// In this share of the pages some reserved bits are set, also where the tables are not wild.
    unsigned reservedPercent = 0;
    /// And in this share of the references to tables.
    unsigned reservedTablePercent = 0;
};

/// Random tables for one paging mode, written into a guest.
class RandomTables {
public:
    RandomTables(Random& random, const core::Paging& paging, const Recipe& recipe)
        : m_random(random)
        , m_paging(paging)
        , m_recipe(recipe)
    {
    }

    /// The value for CR3. The top table is below 4 GiB: outside 64-bit mode the stub sets no more bits.
    std::uint64_t cr3()
    {
        std::uint64_t value = tableAt(m_paging.levels(), 0) | m_random.bits(core::bit::pwt | core::bit::pcd);
        if (m_paging.mode() == PagingMode::Pae)
            value |= m_pdptOffset;
        return value;
    }

    void writeTo(ProgrammableMmu& mmu)
    {
        for (unsigned level = 1; level <= m_paging.levels(); ++level) {
            for (unsigned number = 0; number < tablesPerLevel; ++number) {
                m_page = tableAt(level, number);
                const std::string bytes = page(level);
                mmu.write(m_page, bytes.data(), bytes.size());
            }
        }
    }

    core::LinearAddress address()
    {
        const core::LinearAddress any(m_random.bits());
        if (m_paging.linearBits() != 32 && m_random.chance(5))
            return any;
        return m_paging.canonicalised(any);
    }

private:
    static constexpr unsigned tablesPerLevel = 8;
    static constexpr std::uint64_t lowTables = 0x2000000;

    /// Every other table is above 4 GiB where entries can reach it.
    std::uint64_t tableAt(unsigned level, unsigned number) const
    {
        const std::uint64_t place = (std::uint64_t{level} * tablesPerLevel + number) * 3 * core::frameBytes;
        const bool high = m_paging.entryBytes() == 8 && number % 2 == 1;
        return (high ? ProgrammableMmu::highRam : lowTables) + place;
    }

    std::string page(unsigned level)
    {
        std::string bytes(core::frameBytes, '\0');
        for (std::size_t at = 0; at < bytes.size(); at += m_paging.entryBytes()) {
            const std::uint64_t value = entry(level);
            std::memcpy(bytes.data() + at, &value, m_paging.entryBytes());
        }
        return bytes;
    }

    std::uint64_t entry(unsigned level)
    {
        const core::LevelRules& rules = m_paging.at(level);
        // The four entries of a PDPT are too few to leave out many.
        if (m_random.below(1000) >= (rules.entries == 4 ? 850 : m_recipe.presentPerMille))
            return m_random.bits(~core::bit::p);
        const bool page = level == 1 || (rules.mayBePage() && m_random.chance(m_recipe.largePercent));
        const std::uint64_t reserved = (page ? rules.pageForm : rules.tableForm).reserved;
        std::uint64_t value = page ? m_random.bits(rules.pageForm.address) : table(level);
        value |= ignored(level, page) & ~reserved;
        value |= core::bit::p | (page && level > 1 ? core::bit::ps : 0);
        if (m_random.chance(m_recipe.wild ? 2
                    : page                ? m_recipe.reservedPercent
                                          : m_recipe.reservedTablePercent))
            value |= m_random.bits(reserved);
        return value;
    }

    /// Everything that neither is an address nor decides whether the entry maps a page.
    std::uint64_t ignored(unsigned level, bool page)
    {
        std::uint64_t mask = 0xf7e;
        if (level == 1 || !m_paging.at(level).mayBePage())
            mask |= core::bit::ps;
        if (page && level > 1)
            mask |= core::bit::patLarge;
        if (page)
            mask |= m_paging.at(level).pageForm.movedAddress;
        if (m_paging.entryBytes() == 8)
            mask |= 0x7ffULL << 52U | core::bit::xd;
        return m_random.bits(mask);
    }

    std::uint64_t table(unsigned level)
    {
        const std::uint64_t kind = m_recipe.wild ? m_random.below(100) : 100;
        if (kind < 3)
            return m_page;
        if (kind < 8)
            return tableAt(1 + static_cast<unsigned>(m_random.below(m_paging.levels())), number());
        if (kind < 10)
            return ProgrammableMmu::hole + m_random.bits(0xfff000);
        if (kind < 12 && m_paging.entryBytes() == 8)
            return ProgrammableMmu::endOfRam + m_random.bits(0xfff000);
        return tableAt(level - 1, number());
    }
    unsigned number() { return static_cast<unsigned>(m_random.below(tablesPerLevel)); }

    Random& m_random;
    const core::Paging& m_paging;
    Recipe m_recipe;
    std::uint64_t m_page = 0; ///< Being filled.
    /// A PDPT is aligned to 32 bytes only (SDM vol. 3, table 4-7).
    std::uint64_t m_pdptOffset = m_random.bits(0xfe0);
};

/// A paging mode and the control bits that choose it.
struct Mode {
    const char* name;
    std::uint64_t cr4 = 0;
    std::uint64_t efer = 0;
};

constexpr std::array<Mode, 8> modes{{
    {"32-bit without PSE"},
    {"32-bit with PSE and PSE-36", core::cr4Pse},
    {"PAE without NXE", core::cr4Pae},
    {"PAE", core::cr4Pae | core::cr4Pse, core::eferNxe},
    {"4-level without NXE", core::cr4Pae, core::eferLme},
    {"4-level", core::cr4Pae, core::eferLme | core::eferNxe},
    {"5-level without NXE", core::cr4Pae | core::cr4La57, core::eferLme},
    {"5-level", core::cr4Pae | core::cr4La57, core::eferLme | core::eferNxe},
}};

/// The registers of a mode, once the processor has taken them.
core::ControlRegisters registersOf(const Mode& mode)
{
    core::ControlRegisters control;
    control.cr0 = core::cr0Pe | core::cr0Pg;
    control.cr4 = mode.cr4;
    control.efer = mode.efer | ((mode.efer & core::eferLme) != 0 ? core::eferLma : 0);
    return control;
}

/// Makes tables and lets the guest use them.
core::ControlRegisters load(ProgrammableMmu& mmu, RandomTables& tables, const Mode& mode)
{
    tables.writeTo(mmu);
    core::ControlRegisters wanted = registersOf(mode);
    wanted.cr3 = tables.cr3();
    wanted.efer &= ~core::eferLma;
    const core::ControlRegisters held = mmu.program(wanted);
    CHECK(held.cr3 == wanted.cr3);
    CHECK(
        core::Paging(held, mmu.features()).mode() == core::Paging(registersOf(mode), mmu.features()).mode());
    return held;
}

core::SnapshotPtr capture(
    ProgrammableMmu& mmu, const core::ControlRegisters& control, const core::CaptureOptions& options = {})
{
    core::CpuState cpu;
    cpu.control = control;
    auto snapshot = core::captureSnapshot(mmu.memory(), cpu, mmu.features(), options);
    REQUIRE(snapshot);
    return *snapshot;
}

/// How often each outcome came up.
struct Tally {
    std::array<unsigned, 6> ends{};
    unsigned of(TranslationEnd end) const { return ends.at(static_cast<std::size_t>(end)); }
    void count(TranslationEnd end) { ++ends.at(static_cast<std::size_t>(end)); }
};

/// Compares one address with `gva2gpa` (target/i386/helper.c, x86_cpu_get_phys_page_attrs_debug(), QEMU 7.2).
void compare(ProgrammableMmu& mmu, const core::Snapshot& snapshot, core::LinearAddress linear, Tally& tally)
{
    const core::Translation ours = core::translate(snapshot, linear);
    tally.count(ours.end);
    // Known difference: this function of QEMU's checks no reserved bits, so it goes on where the processor
    // faults, and what it finds then means nothing.
    if (ours.end == TranslationEnd::ReservedBits)
        return;
    const auto theirs = mmu.gva2gpa(linear);
    const bool mapped = ours.end == TranslationEnd::Mapped || ours.end == TranslationEnd::PagingOff;
    // Known difference: QEMU reads zeros where no RAM is, hence "Unmapped"; we do not invent entries.
    const std::string expected = mapped ? core::hexText(ours.physical.value) : "unmapped";
    const std::string answer = theirs ? core::hexText(*theirs) : "unmapped";
    if (answer != expected)
        FAIL("linear " << core::hexText(linear.value) << ": ours " << expected << " (outcome "
                       << static_cast<unsigned>(ours.end) << ", " << ours.steps.size()
                       << " entries), gva2gpa " << answer);
}

} // namespace

TEST_CASE("Addresses go where the emulated MMU says, through random tables of every mode")
{
    // In all eight modes 10^4 addresses; PGTSCOPE_MMU_ADDRESSES: another number.
    const char* wanted = std::getenv("PGTSCOPE_MMU_ADDRESSES");
    constexpr unsigned addressesPerSet = 250;
    const unsigned tableSets = wanted != nullptr
        ? std::max(
            1U, static_cast<unsigned>(std::strtoul(wanted, nullptr, 10) / modes.size() / addressesPerSet))
        : 5;
    ProgrammableMmu mmu;
    for (const Mode& mode : modes) {
        Tally tally;
        for (unsigned set = 0; set < tableSets; ++set) {
            const std::uint64_t seed = std::uint64_t{Catch::rngSeed()} * 1000 + set;
            INFO(mode.name << ", seed " << seed);
            Random random(seed);
            const core::Paging paging(registersOf(mode), mmu.features());
            RandomTables tables(random, paging, {});
            const auto snapshot = capture(mmu, load(mmu, tables, mode));
            for (unsigned i = 0; i < addressesPerSet; ++i)
                compare(mmu, *snapshot, tables.address(), tally);
        }
        INFO(mode.name);
        // The tables must have been worth asking about.
        CHECK(tally.of(TranslationEnd::Mapped) > tableSets * addressesPerSet / 4);
        CHECK(tally.of(TranslationEnd::NotPresent) > tableSets * addressesPerSet / 20);
        CHECK(tally.of(TranslationEnd::Gap) > 0);
        const bool hasReserved = mode.cr4 != 0;
        CHECK((tally.of(TranslationEnd::ReservedBits) > 0) == hasReserved);
        CHECK((tally.of(TranslationEnd::NotCanonical) > 0) == ((mode.efer & core::eferLme) != 0));
    }
}

TEST_CASE("Random tables without faults are listed as info tlb lists them, in every mode")
{
    // All 52 bits, so that QEMU's 50-bit masks show.
    ProgrammableMmu mmu(52);
    for (const Mode& mode : modes) {
        const std::uint64_t seed = Catch::rngSeed();
        INFO(mode.name << ", seed " << seed);
        Random random(seed);
        const core::Paging paging(registersOf(mode), mmu.features());
        Recipe recipe;
        recipe.wild = false;
        // Some thousand lines: each level multiplies them.
        recipe.presentPerMille = paging.levels() == 5 ? 12 : paging.levels() == 4 ? 20 : 60;
        RandomTables tables(random, paging, recipe);
        const auto snapshot = capture(mmu, load(mmu, tables, mode));
        CHECK(test::checkSameTlb(*snapshot, mmu.monitor("info tlb")) > 100);
    }
}

TEST_CASE("Pages whose entries have reserved bits are listed as info tlb lists them")
{
    // Bits 51 to 46 are reserved then.
    ProgrammableMmu mmu(46);
    for (const Mode& mode : modes) {
        const std::uint64_t seed = Catch::rngSeed();
        INFO(mode.name << ", seed " << seed);
        Random random(seed);
        const core::Paging paging(registersOf(mode), mmu.features());
        if (paging.levels() < 4)
            continue;
        Recipe recipe;
        recipe.wild = false;
        recipe.reservedPercent = 50;
        recipe.presentPerMille = paging.levels() == 5 ? 12 : 20;
        RandomTables tables(random, paging, recipe);
        const auto snapshot = capture(mmu, load(mmu, tables, mode));
        std::size_t faulting = 0;
        core::forEachRun(*snapshot, {.merge = false, .expandShared = true}, [&](const core::Run& run) {
            faulting += run.kind == core::RunKind::Reserved ? 1 : 0;
            return true;
        });
        CHECK(faulting > 20);
        CHECK(test::checkSameTlb(*snapshot, mmu.monitor("info tlb")) > 100);
    }
}

TEST_CASE("What is below tables that entries with reserved bits reference is listed as info tlb lists it")
{
    ProgrammableMmu mmu(46);
    for (const Mode& mode : modes) {
        const std::uint64_t seed = Catch::rngSeed();
        INFO(mode.name << ", seed " << seed);
        Random random(seed);
        const core::Paging paging(registersOf(mode), mmu.features());
        if (paging.levels() < 4) // PAE has four entries at its top, which CR3 is loaded with
            continue;
        Recipe recipe;
        recipe.wild = false;
        recipe.reservedTablePercent = 50;
        recipe.presentPerMille = paging.levels() == 5 ? 16 : 30;
        RandomTables tables(random, paging, recipe);
        const auto control = load(mmu, tables, mode);
        core::CaptureOptions options;
        options.asInfoTlb = true;
        const std::size_t lines
            = test::checkSameTlb(*capture(mmu, control, options), mmu.monitor("info tlb"));
        const std::string reached = test::ourTlb(*capture(mmu, control));
        CHECK(lines > test::tlbLines(reached).size());
    }
}

TEST_CASE("Without paging every address is its own physical address")
{
    ProgrammableMmu mmu;
    core::ControlRegisters off;
    off.cr0 = core::cr0Pe;
    const auto snapshot = capture(mmu, mmu.program(off));
    Tally tally;
    for (const std::uint64_t address : {0ULL, 0x1234567ULL, 0xfffffff0ULL})
        compare(mmu, *snapshot, core::LinearAddress(address), tally);
    CHECK(tally.of(TranslationEnd::PagingOff) == 3);
    CHECK(test::checkSameTlb(*snapshot, mmu.monitor("info tlb")) == 0);
}

TEST_CASE("Attached through gdb, the registers, features and tables are those of the emulated MMU")
{
    ProgrammableMmu mmu;
    for (const Mode& mode : {modes[1], modes[3], modes[7]}) {
        const std::uint64_t seed = Catch::rngSeed();
        INFO(mode.name << ", seed " << seed);
        Random random(seed);
        const core::Paging paging(registersOf(mode), mmu.features());
        RandomTables tables(random, paging, {});
        const core::ControlRegisters held = load(mmu, tables, mode);
        core::CancelFlag cancel;
        gdb::SessionOptions options;
        options.endpoint = mmu.guest().stub();
        auto session = gdb::GuestSession::open(options, cancel);
        if (!session)
            FAIL(session.error().message());
        CHECK((*session)->features() == mmu.features());
        const auto snapshot = (*session)->capture({});
        if (!snapshot)
            FAIL(snapshot.error().message());
        CHECK((*snapshot)->cpu().control == held);
        Tally tally;
        for (unsigned i = 0; i < 50; ++i)
            compare(mmu, **snapshot, tables.address(), tally);
        CHECK((*session)->close());
    }
}
