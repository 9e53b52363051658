// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/catch.h"

#include <limits>

#include "core/model/assembly.h"
#include "core/walk/aliascounts.h"
#include "core/walk/framemappings.h"
#include "tests/core/tablebuilder.h"

using namespace pgtscope::tests;

namespace {

constexpr std::uint64_t all4 = 512ULL * 512 * 512 * 512;

std::vector<Alias> aliases(const Snapshot& snapshot, std::uint64_t frame)
{
    const auto reached = reachedTables(snapshot);
    const FrameMappings mappings(snapshot, reached, {FrameNumber(frame)}, 100'000, ReachChoice::Every);
    return mappings.aliases(FrameNumber(frame), 100'000);
}

std::uint64_t paths(const std::vector<Alias>& found)
{
    std::uint64_t sum = 0;
    for (const Alias& alias : found)
        sum += alias.reach.paths;
    return sum;
}

Guest selfMapped()
{
    Guest guest(PagingMode::Level4);
    for (unsigned i = 0; i < 512; ++i)
        guest.set(0x1000, i, 0x1000 | rw);
    return guest;
}

} // namespace

TEST_CASE("Every mapping of a frame is found: small pages, large pages, each with its path's rights")
{
    Guest guest(PagingMode::Level4);
    guest.set(0x1000, 0, 0x2000 | rwu);
    guest.set(0x2000, 0, 0x3000 | rwu);
    guest.set(0x2000, 1, 0x00000000 | rw | bit::ps | nx);
    guest.set(0x3000, 0, 0x4000 | p);
    guest.set(0x3000, 1, 0x00200000 | rw | bit::ps);
    guest.set(0x4000, 9, 0x00212000 | rwu);
    const auto found = aliases(*guest.capture(), 0x212);
    REQUIRE(found.size() == 3);
    std::string text;
    for (const Alias& alias : found)
        text += hexText(alias.linear.value) + " L" + std::to_string(alias.entry.level) + " by "
            + hexText(alias.entryAddress.value) + (alias.rights.write ? " rw" : " ro") + "\n";
    CHECK(text
        == "0x40212000 L3 by 0x2008 rw\n"
           "0x212000 L2 by 0x3008 rw\n"
           "0x9000 L1 by 0x4048 ro\n");
}

TEST_CASE("A frame that nothing maps has an empty list, not no list")
{
    Guest guest(PagingMode::Level4);
    CHECK(aliases(*guest.capture(), 77).empty());
}

TEST_CASE("A shared table's paths are counted, the lowest address is told")
{
    Guest guest(PagingMode::Level4);
    guest.set(0x1000, 300, 0x2000 | rw);
    for (unsigned i = 0; i < 512; ++i)
        guest.set(0x2000, i, 0x3000 | rw);
    for (unsigned i = 0; i < 128; ++i)
        guest.set(0x3000, 511 - i, 0x4000 | rw);
    guest.set(0x4000, 5, 0x9000 | rw);
    const auto found = aliases(*guest.capture(), 9);
    REQUIRE(found.size() == 1);
    CHECK(found[0].reach.paths == 65'536);
    CHECK(found[0].linear.value == 0xffff960030005000);
    CHECK_FALSE(found[0].reach.detached);
}

TEST_CASE("The same entry under different rights is two aliases")
{
    Guest guest(PagingMode::Level4);
    guest.set(0x1000, 0, 0x2000 | rwu);
    guest.set(0x1000, 1, 0x2000 | p);
    guest.set(0x1000, 2, 0x2000 | rwu);
    guest.set(0x2000, 0, 0x40000000 | rwu | bit::ps);
    const auto found = aliases(*guest.capture(), 0x40000);
    REQUIRE(found.size() == 2);
    CHECK(paths(found) == 3);
    CHECK(found[0].rights.write != found[1].rights.write);
}

TEST_CASE("512^4 aliases of one page are counted exactly")
{
    Guest guest = selfMapped();
    const auto snapshot = guest.capture();
    const auto found = aliases(*snapshot, 1);
    // 512 entries at level 1, each reached by 512^3 paths.
    REQUIRE(found.size() == 512);
    CHECK(found[0].reach.paths == all4 / 512);
    CHECK(paths(found) == 68'719'476'736);
    const AliasCounts counts(*snapshot, reachedTables(*snapshot));
    CHECK(counts.most(FrameNumber(1), 1) == 68'719'476'736);
    CHECK(counts.most(FrameNumber(2), 1) == 0);
    CHECK(counts.most(FrameNumber(0), 1) == 0);
}

TEST_CASE("Two tables that reference each other in turns share the 512^4 paths")
{
    Guest guest(PagingMode::Level4);
    for (unsigned i = 0; i < 512; ++i) {
        guest.set(0x1000, i, (i % 2 == 0 ? 0x1000 : 0x2000) | rw);
        guest.set(0x2000, i, (i % 2 == 0 ? 0x2000 : 0x1000) | rw);
    }
    const auto snapshot = guest.capture();
    CHECK(paths(aliases(*snapshot, 1)) + paths(aliases(*snapshot, 2)) == all4);
    CHECK(paths(aliases(*snapshot, 1)) == all4 / 2);
}

TEST_CASE("512^5 paths of 5-level paging still fit; nothing wraps")
{
    Guest guest(PagingMode::Level5);
    for (unsigned i = 0; i < 512; ++i)
        guest.set(0x1000, i, 0x1000 | rw);
    const auto snapshot = guest.capture();
    CHECK(paths(aliases(*snapshot, 1)) == all4 * 512);
    const AliasCounts counts(*snapshot, reachedTables(*snapshot));
    CHECK(counts.most(FrameNumber(0), 100) == all4 * 512);
}

TEST_CASE("Detached tables count as mappings and are marked")
{
    Guest guest(PagingMode::Level4);
    guest.set(0x1000, 0, 0x2000 | rw);
    guest.set(0x2000, 0, 0x40000000 | rw | bit::ps);
    guest.set(0x8000, 4, 0x9000 | rw);
    guest.set(0x9000, 3, 0xa000 | rw);
    CaptureOptions options;
    options.detached = {{PhysicalAddress(0x8000), 2}};
    const auto snapshot = guest.capture(options);
    const auto found = aliases(*snapshot, 0xa);
    REQUIRE(found.size() == 1);
    CHECK(found[0].reach.detached);
    CHECK(found[0].reach.paths == 1);
    CHECK(found[0].entryAddress.value == 0x9018);
    const AliasCounts counts(*snapshot, reachedTables(*snapshot));
    CHECK(counts.most(FrameNumber(0xa), 1) == 0);
}

TEST_CASE("Unusable entries and unreadable tables map nothing")
{
    Guest guest(PagingMode::Level4);
    guest.features.physicalAddressBits = 40;
    guest.set(0x1000, 0, 0x2000 | rw);
    guest.set(0x2000, 0, 0x40000000 | rw | bit::ps | 1ULL << 44);
    guest.set(0x2000, 1, 0x90000000 | rw);
    CHECK(aliases(*guest.capture(), 0x40000).empty());
}

TEST_CASE("Counts of overlapping large and small pages add up frame by frame")
{
    Guest guest(PagingMode::Level4);
    guest.set(0x1000, 0, 0x2000 | rw);
    guest.set(0x2000, 0, 0x3000 | rw);
    guest.set(0x3000, 0, 0x4000 | rw);
    guest.set(0x3000, 1, 0x00200000 | rw | bit::ps);
    guest.set(0x4000, 0, 0x00201000 | rw);
    guest.set(0x4000, 1, 0x00201000 | rw);
    const auto snapshot = guest.capture();
    const AliasCounts counts(*snapshot, reachedTables(*snapshot));
    CHECK(counts.most(FrameNumber(0x200), 1) == 1);
    CHECK(counts.most(FrameNumber(0x201), 1) == 3);
    CHECK(counts.most(FrameNumber(0x200), 512) == 3);
    CHECK(counts.most(FrameNumber(0x202), 510) == 1);
    CHECK(counts.most(FrameNumber(0x400), 1) == 0);
    // From the midst of a stretch on, up to its end and beyond, and before the first.
    CHECK(counts.most(FrameNumber(0x300), 1) == 1);
    CHECK(counts.most(FrameNumber(0x3ff), 10) == 1);
    CHECK(counts.most(FrameNumber(0x100000), 1) == 0);
    CHECK(counts.most(FrameNumber(0x1f0), 16) == 0);
    CHECK(counts.most(FrameNumber(0x1f0), 17) == 1);
}

TEST_CASE("Of a table that a root and a detached table lead to, the root's path counts, whatever comes first")
{
    Guest guest(PagingMode::Level4);
    guest.set(0x1000, 7, 0x2000 | rw);
    guest.set(0x2000, 1, 0x3000 | rw);
    guest.set(0x8000, 2, 0x3000 | rw);
    guest.set(0x3000, 3, 0x4000 | rw);
    guest.set(0x4000, 4, 0x9000 | rw);
    CaptureOptions options;
    options.detached = {{PhysicalAddress(0x8000), 3}};
    SnapshotParts parts = partsOf(*guest.capture(options));
    REQUIRE(parts.tables.back().address == PhysicalAddress(0x8000));
    SECTION("as captured") { }
    // A recording may have its tables in any order.
    SECTION("the detached one first") { std::swap(parts.tables[1], parts.tables.back()); }
    const auto found = aliases(*assembleSnapshot(parts).value(), 9);
    REQUIRE(found.size() == 1);
    CHECK_FALSE(found[0].reach.detached);
    CHECK(found[0].reach.paths == 1);
    CHECK(found[0].linear.value == 0x38040604000);
}

TEST_CASE("Without tables nothing is reached, and of no frames there are no mappings")
{
    Guest off(PagingMode::Off);
    CHECK(reachedTables(*off.capture()).empty());
    Guest guest(PagingMode::Level4);
    guest.set(0x1000, 0, 0x1000 | rw);
    const auto snapshot = guest.capture();
    const auto reached = reachedTables(*snapshot);
    CHECK(FrameMappings(*snapshot, reached, {}).frames().empty());
    TableDigests digests;
    CHECK(FrameMappings(*snapshot, reached, {}, digests.of(*snapshot)).frames().empty());
    const FrameMappings mappings(*snapshot, reached, {FrameNumber(3), FrameNumber(1), FrameNumber(3)});
    CHECK(mappings.frames() == std::vector{FrameNumber(1), FrameNumber(3)});
    CHECK(mappings.positionOf(FrameNumber(3)) == 1);
    CHECK(mappings.positionOf(FrameNumber(2)) == 2);
    CHECK(mappings.positionOf(FrameNumber(4)) == 2);
    CHECK(mappings.aliases(FrameNumber(1), 8).size() == 1);
    CHECK(mappings.aliases(FrameNumber(2), 8).empty());
}

TEST_CASE("A root that maps pages itself has mappings as any table")
{
    Guest guest(PagingMode::Bits32);
    guest.set(0x1000, 3, 0x00c00000 | rw | bit::ps);
    const auto snapshot = guest.capture();
    const auto reached = reachedTables(*snapshot);
    const FrameMappings mappings(*snapshot, reached, {FrameNumber(0xc05)});
    CHECK(mappings.tally(0).writable == 1);
    REQUIRE(mappings.listed(0) == 1);
    CHECK(mappings.alias(0, 0).linear.value == 0xc05000);
}

TEST_CASE("A list of mappings is complete as long as there is room for the last of them")
{
    Guest guest(PagingMode::Level4);
    guest.set(0x1000, 0, 0x2000 | rw);
    guest.set(0x2000, 0, 0x3000 | rw);
    guest.set(0x3000, 0, 0x4000 | rw);
    guest.set(0x4000, 7, 0x8000 | rw);
    guest.set(0x4000, 8, 0x9000 | p);
    const auto snapshot = guest.capture();
    const auto reached = reachedTables(*snapshot);
    for (const std::size_t room : {0U, 1U, 2U, 3U}) {
        const FrameMappings mappings(
            *snapshot, reached, {FrameNumber(5), FrameNumber(8), FrameNumber(9)}, room);
        CHECK(mappings.complete() == (room >= 2));
        CHECK(mappings.listed(0) == 0);
        CHECK(mappings.listed(1) == (room > 0 ? 1 : 0));
        CHECK(mappings.listed(2) == (room > 1 ? 1 : 0));
        CHECK(mappings.tally(1).writable == 1);
        CHECK(mappings.tally(2).entries == 1);
        CHECK(mappings.tally(2).writable == 0);
    }
}

TEST_CASE(
    "A digest has runs of pages that follow each other, wherever in the run a bit or the page is another")
{
    Guest guest(PagingMode::Level4);
    guest.features.physicalAddressBits = 36;
    guest.set(0x1000, 0, 0x2000 | rw);
    guest.set(0x2000, 0, 0x3000 | rw);
    guest.set(0x3000, 0, 0x4000 | rw);
    const std::uint64_t last = 0xfffffe000; // the last page but one below MAXPHYADDR
    const std::uint64_t entries[] = {0x10000 | rw, 0x11000 | rw, 0x12000 | rw | bit::a, 0x13000 | rw | bit::d,
        0x14000 | bit::p, 0x15000 | bit::p, 0x17000 | bit::p, 0, 0x18000 | bit::p, last | rw,
        (last + 0x1000) | rw, (last + 0x2000) | rw};
    for (unsigned i = 0; i < std::size(entries); ++i)
        guest.set(0x4000, i, entries[i]);
    TableDigests digests;
    const auto snapshot = guest.capture();
    const TableDigest& digest = *digests.of(*snapshot).at(3);
    std::vector<std::array<std::uint64_t, 3>> runs;
    for (const LeafExtent& run : digest.leaves)
        runs.push_back({run.frame.value, run.index, run.entries});
    CHECK(runs
        == std::vector<std::array<std::uint64_t, 3>>{
            {0x10, 0, 4}, {0x14, 4, 2}, {0x17, 6, 1}, {0x18, 8, 1}, {last >> 12, 9, 2}});
    CHECK(digest.reserved == std::vector<std::uint16_t>{11});
}

TEST_CASE("Digests are made again where the mode, and with it what an entry means, has changed")
{
    Guest guest(PagingMode::Level4);
    guest.features.physicalAddressBits = 40;
    guest.set(0x1000, 0, 0x2000 | rw);
    guest.set(0x2000, 0, 0x40000000 | rw | bit::ps);
    guest.set(0x2000, 1, 0x80000000 | rw | bit::ps | nx);
    guest.set(0x2000, 2, 0x10'0000'0000 | rw | bit::ps);
    TableDigests digests;
    const auto reserved = [&] {
        const auto snapshot = guest.capture();
        return digests.of(*snapshot).at(1)->reserved.size();
    };
    CHECK(reserved() == 0);
    guest.cpu.control.efer &= ~eferNxe;
    CHECK(reserved() == 1);
    guest.features.physicalAddressBits = 36;
    CHECK(reserved() == 2);
    guest.cpu.control.cr2 = 77; // decides nothing
    CHECK(reserved() == 2);
    guest.set(0x1000, 0, 0); // the table is gone, and comes again
    CHECK(digests.of(*guest.capture()).size() == 1);
    guest.set(0x1000, 0, 0x2000 | rw);
    CHECK(reserved() == 2);
}
