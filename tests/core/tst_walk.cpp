// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/catch.h"

#include "core/walk/runmerger.h"
#include "tests/core/tablebuilder.h"

using namespace pgtscope::tests;

namespace {

/// PML4 0x1000 -> PDPT 0x2000 -> PD 0x3000 -> PT 0x4000, each by entry 0.
Guest firstPageMapped()
{
    Guest guest(PagingMode::Level4);
    guest.set(0x1000, 0, 0x2000 | rwu);
    guest.set(0x2000, 0, 0x3000 | rwu);
    guest.set(0x3000, 0, 0x4000 | rwu);
    return guest;
}

LinearRegion region(std::string name, std::uint64_t begin, std::uint64_t end)
{
    return {name, name, {LinearAddress(begin), LinearAddress(end)}};
}

RunOptions everyPage()
{
    RunOptions options;
    options.merge = false;
    return options;
}

} // namespace

TEST_CASE("Paging off has no runs")
{
    Guest guest(PagingMode::Off);
    CHECK(runsText(*guest.capture()).empty());
}

TEST_CASE("32-bit paging: 4 MiB pages, small pages, PSE-36")
{
    Guest guest(PagingMode::Bits32);
    guest.set(0x1000, 0, 0x2000 | rwu);
    guest.set(0x2000, 1, 0x5000 | rw);
    guest.set(0x2000, 2, 0x6000 | rw);
    guest.set(0x1000, 768, 0x00000000 | rw | bit::ps);
    guest.set(0x1000, 769, 0x00400000 | rw | bit::ps);
    guest.set(0x1000, 1023, 0xffc00000 | 3U << 13 | rw | bit::ps);
    CHECK(runsText(*guest.capture())
        == "0x1000 8K L1 rw sup x -> 0x5000\n"
           "0xc0000000 8M L2 rw sup x -> 0x0\n"
           "0xffc00000 4M L2 rw sup x -> 0x3ffc00000\n");
}

TEST_CASE("Runs of 4 MiB pages may pass the 4 GiB border of physical memory")
{
    Guest guest(PagingMode::Bits32);
    guest.set(0x1000, 0, 0xffc00000 | rw | bit::ps);
    guest.set(0x1000, 1, 0x00000000 | 1U << 13 | rw | bit::ps);
    CHECK(runsText(*guest.capture()) == "0x0 8M L2 rw sup x -> 0xffc00000\n");
}

TEST_CASE("CR4.PSE = 0: a PDE with PS references a table")
{
    Guest guest(PagingMode::Bits32);
    guest.cpu.control.cr4 = 0;
    guest.set(0x1000, 0, 0x2000 | rw | bit::ps);
    guest.set(0x2000, 3, 0x9000 | rw);
    CHECK(runsText(*guest.capture()) == "0x3000 4K L1 rw sup x -> 0x9000\n");
}

TEST_CASE("PAE: four PDPTEs at a CR3 that is not page-aligned, NX, 2 MiB pages")
{
    Guest guest(PagingMode::Pae);
    guest.cpu.control.cr3 = 0x10e0;
    guest.set(0x10e0, 0, 0x2000 | p);
    guest.set(0x10e0, 3, 0x3000 | p);
    // What follows the four entries in the same page is no PDPTE.
    guest.set(0x10e0, 4, 0x2000 | p);
    guest.set(0x2000, 1, 0x00200000 | rw | bit::ps | nx);
    guest.set(0x3000, 511, 0x4000 | rw);
    guest.set(0x4000, 511, 0x7000 | p);
    CHECK(runsText(*guest.capture())
        == "0x200000 2M L2 rw sup nx -> 0x200000\n"
           "0xfffff000 4K L1 ro sup x -> 0x7000\n");
}

TEST_CASE("4-level: pages of all three sizes, the upper half sign-extended")
{
    Guest guest = firstPageMapped();
    guest.set(0x4000, 5, 0x9000 | p);
    guest.set(0x3000, 1, 0x00600000 | rw | bit::ps | nx);
    guest.set(0x2000, 1, 0x80000000 | rwu | bit::ps);
    guest.set(0x1000, 511, 0x5000 | rw);
    guest.set(0x5000, 510, 0xc0000000 | rw | bit::ps | nx);
    CHECK(runsText(*guest.capture())
        == "0x5000 4K L1 ro sup x -> 0x9000\n"
           "0x200000 2M L2 rw sup nx -> 0x600000\n"
           "0x40000000 1G L3 rw user x -> 0x80000000\n"
           "0xffffffff80000000 1G L3 rw sup nx -> 0xc0000000\n");
}

TEST_CASE("5-level: one more table on every path")
{
    Guest guest(PagingMode::Level5);
    guest.set(0x1000, 256, 0x2000 | rw);
    guest.set(0x2000, 0, 0x3000 | rw);
    guest.set(0x3000, 0, 0x40000000 | rw | bit::ps);
    CHECK(runsText(*guest.capture()) == "0xff00000000000000 1G L3 rw sup x -> 0x40000000\n");
}

TEST_CASE("Rights are ANDed over R/W and U/S and ORed over XD along the path")
{
    Guest guest(PagingMode::Level4);
    guest.set(0x1000, 0, 0x2000 | rwu | nx);
    guest.set(0x1000, 1, 0x2000 | rw);
    guest.set(0x1000, 2, 0x2000 | p | bit::us);
    guest.set(0x2000, 0, 0x40000000 | rwu | bit::ps);
    CHECK(runsText(*guest.capture())
        == "0x0 1G L3 rw user nx -> 0x40000000\n"
           "0x8000000000 1G L3 rw sup x -> 0x40000000\n"
           "0x10000000000 1G L3 ro user x -> 0x40000000\n");
}

TEST_CASE("Neighbours join while rights, flags, level and physical contiguity hold")
{
    Guest guest = firstPageMapped();
    for (unsigned i = 0; i < 8; ++i)
        guest.set(0x4000, i, (0x10000 + i * 0x1000) | rw);
    guest.set(0x4000, 2, 0x12000 | p);
    guest.set(0x4000, 5, 0x80000 | rw);
    guest.set(0x4000, 7, 0x17000 | rw | bit::g);
    CHECK(runsText(*guest.capture())
        == "0x0 8K L1 rw sup x -> 0x10000\n"
           "0x2000 4K L1 ro sup x -> 0x12000\n"
           "0x3000 8K L1 rw sup x -> 0x13000\n"
           "0x5000 4K L1 rw sup x -> 0x80000\n"
           "0x6000 4K L1 rw sup x -> 0x16000\n"
           "0x7000 4K L1 rw sup x -> 0x17000\n");
    RunOptions loose;
    loose.physicallyContiguous = false;
    CHECK(runsText(*guest.capture(), loose)
        == "0x0 8K L1 rw sup x -> 0x10000\n"
           "0x2000 4K L1 ro sup x -> 0x12000\n"
           "0x3000 16K L1 rw sup x -> 0x13000\n"
           "0x7000 4K L1 rw sup x -> 0x17000\n");
}

TEST_CASE("A run crosses from one table to the next, but not a hole and not a level")
{
    Guest guest = firstPageMapped();
    guest.set(0x3000, 1, 0x5000 | rw);
    guest.set(0x3000, 2, 0x202000 | rw | bit::ps);
    guest.set(0x4000, 510, 0x100000 | rw);
    guest.set(0x4000, 511, 0x101000 | rw);
    guest.set(0x5000, 0, 0x102000 | rw);
    guest.set(0x5000, 2, 0x104000 | rw);
    guest.set(0x3000, 2, 0x200000 | rw | bit::ps);
    CHECK(runsText(*guest.capture())
        == "0x1fe000 12K L1 rw sup x -> 0x100000\n"
           "0x202000 4K L1 rw sup x -> 0x104000\n"
           "0x400000 2M L2 rw sup x -> 0x200000\n");
}

TEST_CASE("Accessed and dirty bits keep runs apart only on demand")
{
    Guest guest = firstPageMapped();
    guest.set(0x4000, 0, 0x10000 | rw | bit::a | bit::d);
    guest.set(0x4000, 1, 0x11000 | rw);
    CHECK(runsText(*guest.capture()) == "0x0 8K L1 rw sup x -> 0x10000\n");
    RunOptions options;
    options.distinguishAccessed = true;
    CHECK(runsText(*guest.capture(), options)
        == "0x0 4K L1 rw sup x -> 0x10000\n"
           "0x1000 4K L1 rw sup x -> 0x11000\n");
    CHECK(runsText(*guest.capture(), everyPage())
        == "0x0 4K L1 rw sup x -> 0x10000\n"
           "0x1000 4K L1 rw sup x -> 0x11000\n");
}

TEST_CASE("Runs end at the borders of regions and carry their names")
{
    Guest guest = firstPageMapped();
    for (unsigned i = 0; i < 6; ++i)
        guest.set(0x4000, i, (0x10000 + i * 0x1000) | rw);
    guest.linearRegions = {region("b", 0x3000, 0x5000), region("a", 0x1000, 0x3000)};
    CHECK(runsText(*guest.capture())
        == "0x0 4K L1 rw sup x -> 0x10000\n"
           "0x1000 8K L1 rw sup x -> 0x11000 [a]\n"
           "0x3000 8K L1 rw sup x -> 0x13000 [b]\n"
           "0x5000 4K L1 rw sup x -> 0x15000\n");
}

TEST_CASE("A region that reaches the top of the address space holds the last page")
{
    Guest guest(PagingMode::Level4);
    guest.set(0x1000, 511, 0x2000 | rw);
    guest.set(0x2000, 511, 0x40000000 | rw | bit::ps);
    guest.linearRegions = {region("top", 0xffffffff00000000, 0)};
    CHECK(runsText(*guest.capture()) == "0xffffffffc0000000 1G L3 rw sup x -> 0x40000000 [top]\n");
}

TEST_CASE("Entries with reserved bits stand alone and are never followed")
{
    Guest guest = firstPageMapped();
    guest.features.physicalAddressBits = 40;
    guest.set(0x4000, 0, 0x10000 | rw | 1ULL << 45);
    guest.set(0x4000, 1, 0x11000 | rw | 1ULL << 45);
    guest.set(0x3000, 1, 0x4000 | rw | 1ULL << 50);
    CHECK(runsText(*guest.capture())
        == "0x0 4K L1 reserved 0x200000000000\n"
           "0x1000 4K L1 reserved 0x200000000000\n"
           "0x200000 2M L2 reserved 0x4000000000000\n");
}

TEST_CASE("XD without NXE is a reserved bit in a run too")
{
    Guest guest = firstPageMapped();
    guest.cpu.control.efer &= ~eferNxe;
    guest.set(0x4000, 0, 0x10000 | rw | nx);
    CHECK(runsText(*guest.capture()) == "0x0 4K L1 reserved 0x8000000000000000\n");
}

TEST_CASE("Tables outside RAM and unreadable ones are gaps with their reason")
{
    Guest guest = firstPageMapped();
    guest.set(0x3000, 1, 0xfee00000 | rw);
    guest.set(0x3000, 2, 0x8000 | rw);
    guest.memory.unreadable = {8};
    guest.set(0x4000, 0, 0x10000 | rw);
    CHECK(runsText(*guest.capture())
        == "0x0 4K L1 rw sup x -> 0x10000\n"
           "0x200000 2M L2 gap: outside RAM\n"
           "0x400000 2M L2 gap: unreadable\n");
}

TEST_CASE("A table reached again with the same rights is told by reference, its neighbours joined")
{
    Guest guest = firstPageMapped();
    guest.set(0x4000, 0, 0x10000 | rwu);
    for (unsigned i = 1; i < 100; ++i)
        guest.set(0x3000, i, 0x4000 | rwu);
    CHECK(runsText(*guest.capture())
        == "0x0 4K L1 rw user x -> 0x10000\n"
           "0x200000 198M L2 same as 0x0 x99\n");
    RunOptions expanded;
    expanded.expandShared = true;
    std::uint64_t runs = 0;
    forEachRun(*guest.capture(), expanded, [&](const Run& run) {
        runs += run.kind == RunKind::Mapping ? 1 : 0;
        return true;
    });
    CHECK(runs == 100);
}

TEST_CASE("A table reached again with other rights is told in full")
{
    Guest guest = firstPageMapped();
    guest.set(0x4000, 0, 0x10000 | rwu);
    guest.set(0x3000, 1, 0x4000 | p);
    guest.set(0x3000, 2, 0x4000 | p);
    CHECK(runsText(*guest.capture())
        == "0x0 4K L1 rw user x -> 0x10000\n"
           "0x200000 4K L1 ro sup x -> 0x10000\n"
           "0x400000 2M L2 same as 0x200000 x1\n");
}

TEST_CASE("A table that references itself (a self-map) is told once for each level")
{
    Guest guest(PagingMode::Level4);
    guest.set(0x1000, 511, 0x1000 | rw);
    // At level 1 the root's own entry maps the root as a page.
    CHECK(runsText(*guest.capture()) == "0xfffffffffffff000 4K L1 rw sup x -> 0x1000\n");
}

TEST_CASE("A cycle through all levels ends")
{
    Guest guest = firstPageMapped();
    guest.set(0x4000, 0, 0x1000 | rw);
    guest.set(0x4000, 1, 0x2000 | rw);
    guest.set(0x3000, 1, 0x1000 | rwu);
    const auto snapshot = guest.capture();
    const std::string text = runsText(*snapshot);
    CHECK(text.substr(0, 30) == "0x0 8K L1 rw sup x -> 0x1000\n0");
    CHECK(std::count(text.begin(), text.end(), '\n') < 20);
}

TEST_CASE("512^4 aliases and two tables in turns are complete in bounded output")
{
    const bool alternating = GENERATE(false, true);
    Guest guest(PagingMode::Level4);
    for (unsigned i = 0; i < 512; ++i) {
        // One table that is its own child everywhere, or A and B that are each other's.
        guest.set(0x1000, i, (alternating && i % 2 == 1 ? 0x2000 : 0x1000) | rw);
        guest.set(0x2000, i, (i % 2 == 1 ? 0x1000 : 0x2000) | rw);
    }
    const auto snapshot = guest.capture();
    CHECK(snapshot->tables().size() == (alternating ? 7 : 4));
    std::uint64_t runs = 0;
    const RunsEnd end = forEachRun(*snapshot, {}, [&](const Run&) { return ++runs < 100'000; });
    CHECK(end == RunsEnd::Complete);
    CHECK(runs <= 7 * 512);
}

TEST_CASE("All eight inherited rights of a shared table are told, then nothing more")
{
    Guest guest(PagingMode::Level4);
    for (unsigned i = 0; i < 512; ++i) {
        const std::uint64_t flags = p | (i & 1U ? bit::rw : 0) | (i & 2U ? bit::us : 0) | (i & 4U ? nx : 0);
        guest.set(0x1000, i, 0x1000 | flags);
    }
    std::uint64_t runs = 0;
    CHECK(
        forEachRun(*guest.capture(), {}, [&](const Run&) { return ++runs < 100'000; }) == RunsEnd::Complete);
    CHECK(runs <= 4 * 8 * 512);
}

TEST_CASE("A limit, a sink that has enough and a cancelled walk say so")
{
    Guest guest(PagingMode::Level4);
    for (unsigned i = 0; i < 512; ++i)
        guest.set(0x1000, i, 0x1000 | rw);
    const auto snapshot = guest.capture();
    RunOptions options;
    options.expandShared = true;
    options.merge = false;
    SECTION("limit")
    {
        options.maxRuns = 1000;
        std::uint64_t runs = 0;
        CHECK(forEachRun(*snapshot, options, [&](const Run&) { return ++runs > 0; }) == RunsEnd::Limit);
        CHECK(runs == 1000);
    }
    SECTION("sink")
    {
        std::uint64_t runs = 0;
        CHECK(forEachRun(*snapshot, options, [&](const Run&) { return ++runs < 7; }) == RunsEnd::SinkStopped);
        CHECK(runs == 7);
    }
    SECTION("cancelled in the midst of 512^4 mappings")
    {
        CancelFlag cancel;
        options.cancel = &cancel;
        std::uint64_t runs = 0;
        const auto sink = [&](const Run&) {
            if (++runs == 5000)
                cancel.cancel();
            return true;
        };
        CHECK(forEachRun(*snapshot, options, sink) == RunsEnd::Cancelled);
        CHECK(runs < 6000);
    }
}

TEST_CASE("A run knows where its first entry stands")
{
    Guest guest = firstPageMapped();
    guest.set(0x4000, 7, 0x10000 | rw);
    guest.set(0x4000, 8, 0x11000 | rw);
    forEachRun(*guest.capture(), {}, [&](const Run& run) {
        CHECK(run.entryAddress.value == 0x4038);
        CHECK(run.entries == 2);
        CHECK(run.first.raw == (0x10000 | rw));
        return true;
    });
}

TEST_CASE("A walk that has reported enough ends at a table that was met before, too")
{
    Guest guest = firstPageMapped();
    guest.set(0x4000, 0, 0x10000 | rwu);
    guest.set(0x3000, 1, 0x4000 | rwu);
    guest.set(0x3000, 3, 0x4000 | rwu);
    RunOptions options;
    options.maxRuns = 1;
    std::string text;
    const auto sink = [&](const Run& run) {
        text += runText(run) + '\n';
        return true;
    };
    CHECK(forEachRun(*guest.capture(), options, sink) == RunsEnd::Limit);
    CHECK(text == "0x0 4K L1 rw user x -> 0x10000\n");
    options.maxRuns = 2;
    text.clear();
    CHECK(forEachRun(*guest.capture(), options, sink) == RunsEnd::Limit);
    CHECK(text == "0x0 4K L1 rw user x -> 0x10000\n0x200000 2M L2 same as 0x0 x1\n");
    // Places that are apart are runs of their own.
    CHECK(runsText(*guest.capture())
        == "0x0 4K L1 rw user x -> 0x10000\n0x200000 2M L2 same as 0x0 x1\n"
           "0x600000 2M L2 same as 0x0 x1\n");
}

TEST_CASE("Runs of several entries are joined as pages are")
{
    Guest guest(PagingMode::Level4);
    const auto snapshot = guest.capture();
    RunOptions options;
    options.physicallyContiguous = GENERATE(true, false);
    std::string text;
    const std::function<bool(const Run&)> sink = [&](const Run& run) {
        text += runText(run) + '\n';
        return true;
    };
    RunMerger merger(*snapshot, options, sink);
    Run run;
    run.first.level = 1;
    run.begin = LinearAddress(0x1000);
    run.physical = PhysicalAddress(0x9000);
    run.bytes = 0x2000;
    run.entries = 2;
    CHECK(merger.add(run));
    run.begin = run.begin + run.bytes;
    run.physical = run.physical + run.bytes;
    CHECK(merger.add(run));
    run.begin = run.begin + run.bytes; // the same place again
    CHECK(merger.add(run));
    CHECK(merger.finish() == RunsEnd::Complete);
    CHECK(text
        == (options.physicallyContiguous
                ? "0x1000 16K L1 rw user x -> 0x9000\n0x5000 8K L1 rw user x -> 0xb000\n"
                : "0x1000 24K L1 rw user x -> 0x9000\n"));
}

TEST_CASE("Under Xen a run goes on where its owner's numbers do, and frames of Xen's own have none")
{
    Guest guest = firstPageMapped();
    for (unsigned i = 0; i < 8; ++i)
        guest.set(0x4000, i, (0x10000 + i * frameBytes) | rwu);
    auto xen = std::make_shared<XenState>();
    xen->domain = 0;
    // Two frames of the domain's, two of Xen's own, two and two of the domain's in another order.
    xen->extents = XenExtents({{FrameNumber(0x10), GuestFrame(0x110), 2, 0},
        {FrameNumber(0x14), GuestFrame(0x118), 2, 0}, {FrameNumber(0x16), GuestFrame(0x116), 2, 0}});
    SnapshotBuilder builder(guest.memory, guest.cpu, guest.features);
    builder.setXen(xen);
    REQUIRE(builder.captureTables({}));
    CHECK(runsText(*builder.finish())
        == "0x0 8K L1 rw user x -> 0x10000\n"
           "0x2000 8K L1 rw user x -> 0x12000\n"
           "0x4000 8K L1 rw user x -> 0x14000\n"
           "0x6000 8K L1 rw user x -> 0x16000\n");
}
