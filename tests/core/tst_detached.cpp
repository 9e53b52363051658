// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/catch.h"

#include <sstream>

#include "core/filter/runsubject.h"
#include "core/linux/detached.h"
#include "core/report/runwriter.h"
#include "ruleguest.h"

using namespace pgtscope::tests;

namespace {

struct DetachedGuest : RuleGuest {
    DetachedTables find(std::span<const LevelHint> hints = {})
    {
        auto found = findDetachedTables(*capture(), memory, buffer, hints);
        REQUIRE(found);
        return *found;
    }
};

/// "0x20 L1 its entries can only map pages"
std::string text(const DetachedTables& tables)
{
    std::string result;
    for (const DetachedTable& table : tables.tables)
        result += hexText(table.frame.value) + " L" + std::to_string(table.level) + ' '
            + std::string(evidenceText(table.evidence)) + '\n';
    return result;
}

const std::string empty = "all zero: not filled yet\n";

} // namespace

TEST_CASE("pages that were handed out and not filled yet are told")
{
    DetachedGuest guest;
    const DetachedTables found = guest.find();
    CHECK(text(found) == "0x20 L0 " + empty + "0x21 L0 " + empty + "0x22 L0 " + empty + "0x23 L0 " + empty);
    CHECK(found.roots().empty());
}

TEST_CASE("a page that a root reaches is not detached")
{
    DetachedGuest guest;
    guest.set(RuleGuest::pmdTable, 5, 0x21000 | rw);
    CHECK(guest.find().tables.size() == 3);
}

TEST_CASE("entries that reference no table are leaves")
{
    DetachedGuest guest;
    guest.set(0x20000, 3, 0x100000 | rw);
    guest.set(0x20000, 4, 0x101000 | rw);
    const DetachedTables found = guest.find();
    CHECK(found.tables[0].level == 1);
    CHECK(found.tables[0].evidence == LevelEvidence::MapsPages);
    REQUIRE(found.roots().size() == 1);
    CHECK(found.roots()[0].address == PhysicalAddress(0x20000));
}

TEST_CASE("a direct map of the tables themselves is a page table, although it references nothing else")
{
    DetachedGuest guest;
    for (const unsigned frame : {0x01U, 0x02U, 0x21U, 0x22U})
        guest.set(0x20000, frame, frame * 0x1000ULL | rw);
    CHECK(guest.find().tables[0].level == 1);
    CHECK(guest.find().tables[0].evidence == LevelEvidence::MapsPages);
}

TEST_CASE("a chain of detached tables is settled from the bottom")
{
    DetachedGuest guest;
    guest.set(0x23000, 0, 0x22000 | rw);
    guest.set(0x22000, 0, 0x21000 | rw);
    guest.set(0x21000, 7, 0x100000 | rw);
    const DetachedTables found = guest.find();
    CHECK(found.tables[1].level == 1);
    CHECK(found.tables[2].level == 2);
    CHECK(found.tables[3].level == 3);
    CHECK(found.tables[3].evidence == LevelEvidence::PointsAtTables);
    // Parents first, so that one capture reaches all.
    const auto roots = found.roots();
    REQUIRE(roots.size() == 3);
    CHECK(roots.front().level == 3);
    CHECK(roots.back().level == 1);
}

TEST_CASE("a table that references an empty one makes it a table")
{
    DetachedGuest guest;
    guest.set(0x22000, 0, 0x21000 | rw);
    const DetachedTables found = guest.find();
    CHECK(found.tables[2].level == 2);
    CHECK(found.tables[1].level == 1);
    CHECK(found.tables[1].evidence == LevelEvidence::Referenced);
}

TEST_CASE("a table above a reachable one is a level higher")
{
    DetachedGuest guest;
    guest.set(0x20000, 0, RuleGuest::pmdTable | rw);
    CHECK(guest.find().tables[0].level == 3);
}

TEST_CASE("large pages tell their level by their distance")
{
    DetachedGuest guest;
    guest.set(0x20000, 0, 0x00000000 | rw | bit::ps);
    guest.set(0x20000, 1, 0x00200000 | rw | bit::ps);
    guest.set(0x21000, 0, 0x00000000 | rw | bit::ps);
    guest.set(0x21000, 1, 0x40000000 | rw | bit::ps);
    guest.set(0x22000, 0, 0x40000000 | rw | bit::ps);
    guest.set(0x23000, 5, 0x00105000 | rw | bit::patSmall);
    const DetachedTables found = guest.find();
    CHECK(found.tables[0].level == 2);
    CHECK(found.tables[1].level == 3);
    CHECK(found.tables[2].level == 2);
    CHECK(found.tables[3].level == 1);
}

TEST_CASE("a hint wins over content, unless it is absurd")
{
    DetachedGuest guest;
    guest.set(0x20000, 0, 0x100000 | rw);
    const std::vector<LevelHint> hints{
        {FrameNumber(0x20), 3}, {FrameNumber(0x21), 2}, {FrameNumber(0x22), 9}};
    const DetachedTables found = guest.find(hints);
    CHECK(found.tables[0].level == 3);
    CHECK(found.tables[0].evidence == LevelEvidence::Hint);
    CHECK(found.tables[1].level == 2);
    CHECK(found.tables[2].level == 0);
}

TEST_CASE("earlier epochs and pages from memblock are searched too")
{
    DetachedGuest guest;
    guest.buffer.epochs.insert(guest.buffer.epochs.begin(),
        PgtBufEpoch{GuestFrame(0x40), GuestFrame(0x41), GuestFrame(0x50), false});
    guest.buffer.beyond = {{GuestFrame(0x60), GuestFrame(0x61)}};
    const DetachedTables found = guest.find();
    CHECK(found.tables.size() == 6);
    CHECK(found.tables.back().frame == FrameNumber(0x60));
}

TEST_CASE("what the buffer's values no longer tell is not looked for")
{
    DetachedGuest guest;
    guest.buffer.trust = PgtBufTrust::Stale;
    CHECK(guest.find().tables.empty());
}

TEST_CASE("a hostile buffer is cut, unreadable pages are told, a broken channel is an error")
{
    DetachedGuest guest;
    guest.memory.unreadable = {0x21};
    CHECK(guest.find().tables[1].evidence == LevelEvidence::Unreadable);
    guest.buffer.epochs = {{GuestFrame(0x20), GuestFrame(1ULL << 52), GuestFrame(1ULL << 52), false}};
    CHECK(guest.find().cut);
    guest.buffer.epochs = {{GuestFrame(1ULL << 40), GuestFrame(1ULL << 52), GuestFrame(1ULL << 52), false}};
    const DetachedTables none = guest.find();
    CHECK(none.cut);
    CHECK(none.tables.empty());
    const auto snapshot = guest.capture();
    guest.memory.broken = true;
    guest.buffer.epochs = {{GuestFrame(0x20), GuestFrame(0x24), GuestFrame(0x28), false}};
    CHECK_FALSE(findDetachedTables(*snapshot, guest.memory, guest.buffer));
}

TEST_CASE("tables that reference each other settle to nothing and end")
{
    DetachedGuest guest;
    guest.set(0x20000, 1, 0x21000 | rw);
    guest.set(0x21000, 1, 0x20000 | rw);
    guest.set(0x22000, 1, 0x22000 | rw);
    for (const DetachedTable& table : guest.find().tables)
        CHECK(table.level <= 4);
}

TEST_CASE("the second step of a capture decodes what was found")
{
    DetachedGuest guest;
    guest.set(0x22000, 0, 0x21000 | rw);
    guest.set(0x21000, 7, 0x23000 | rw);
    SnapshotBuilder builder(guest.memory, guest.cpu, guest.features);
    REQUIRE(builder.captureTables({}));
    const auto found = findDetachedTables(builder.peek(), guest.memory, guest.buffer);
    REQUIRE(found);
    REQUIRE(builder.captureDetached(found->roots(), {}));
    builder.setPgtBuf(guest.buffer);
    const RuleContext context(builder.finish());
    CHECK(findingsText(check(context, "xen-ro")) == "violation 0x23 at 0x21038 detached\n");
}

namespace {

/// The snapshot with two detached tables, one below the other, that map 0x437eb000 and its neighbour.
SnapshotPtr withDetachedMapping(DetachedGuest& guest)
{
    guest.set(0x22000, 3, 0x21000 | rw);
    guest.set(0x21000, 5, 0x437eb000 | rw);
    guest.set(0x21000, 6, 0x437ec000 | rw);
    SnapshotBuilder builder(guest.memory, guest.cpu, guest.features);
    CaptureOptions options;
    options.detached = guest.find().roots();
    REQUIRE(builder.captureTables(options));
    builder.setPgtBuf(guest.buffer);
    return builder.finish();
}

std::string filteredRuns(const SnapshotPtr& snapshot, std::string_view filter, RunFormat format)
{
    std::ostringstream out;
    const auto writer = makeRunWriter(format, *snapshot, out);
    forEachRun(*snapshot, {.detached = true}, *Filter::parse(filter, {}), {},
        [&](const Run& run) { return writer->write(run); });
    return out.str();
}

} // namespace

TEST_CASE("who maps a frame is found in tables that no root reaches")
{
    DetachedGuest guest;
    const SnapshotPtr snapshot = withDetachedMapping(guest);
    CHECK(filteredRuns(snapshot, "pfn == 0x437eb", RunFormat::Text)
        == "---[ Detached tables: no root reaches them ]---\n"
           "entry at 0x21028                                4K     RW                     x  pte -> "
           "0x0000437eb000\n");
    CHECK(filteredRuns(snapshot, "pfn == 0x437eb", RunFormat::Csv).find("0x21028") != std::string::npos);
    // Both neighbours, once, and as one run.
    std::vector<Run> runs;
    forEachRun(*snapshot, {.detached = true}, *Filter::parse("eff.rw", {}), {}, [&](const Run& run) {
        runs.push_back(run);
        return true;
    });
    REQUIRE(runs.size() == 1);
    CHECK(runs[0].entries == 2);
    CHECK(runs[0].detached());
    CHECK(runs[0].region == nullptr);
}

TEST_CASE("the buffer is a region by the name of pgt_buf, while its values are to be trusted")
{
    DetachedGuest guest;
    const auto pages = [&] {
        std::size_t count = 0;
        guest.map(0x1f, rw);
        guest.map(0x20, rw);
        guest.map(0x27, rw);
        guest.map(0x28, rw);
        SnapshotBuilder builder(guest.memory, guest.cpu, guest.features);
        REQUIRE(builder.captureTables({}));
        builder.setPgtBuf(guest.buffer);
        RunOptions single;
        single.merge = false;
        forEachRun(*builder.finish(), single, *Filter::parse("region == pgt_buf", {}), {},
            [&](const Run&) { return ++count != 0; });
        return count;
    };
    CHECK(pages() == 2);
    guest.buffer.trust = PgtBufTrust::HandedBack;
    CHECK(pages() == 2);
    guest.buffer.trust = PgtBufTrust::Stale;
    CHECK(pages() == 0);
}

TEST_CASE("a detached mapping has no linear address, and is left out where only translations count")
{
    DetachedGuest guest;
    const SnapshotPtr snapshot = withDetachedMapping(guest);
    CHECK(filteredRuns(snapshot, "va < 0x100000000", RunFormat::Text).empty());
    CHECK(filteredRuns(snapshot, "pfn == 0x437eb", RunFormat::Csv).find(",0x437eb000,") != std::string::npos);
    CHECK(filteredRuns(snapshot, "pfn == 0x437eb", RunFormat::Csv).starts_with("page,,,"));
    std::size_t runs = 0;
    forEachRun(*snapshot, {}, [&](const Run&) { return ++runs != 0; });
    CHECK(runs == 0);
}
