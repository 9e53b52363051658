// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/catch.h"

#include <set>
#include <string_view>

#include "core/steps/diff.h"
#include "core/walk/translation.h"
#include "tests/core/bootstory.h"

using namespace pgtscope::core;
using namespace pgtscope::tests;

namespace {

std::string text(const std::optional<MappedAs>& page)
{
    if (!page)
        return "-";
    return hexText(page->physical.value) + (page->rights.write ? " rw" : " ro")
        + (page->rights.user ? " user" : " sup") + (page->rights.execute ? " x" : " nx");
}

/// One line a change: "BEGIN SIZE BEFORE => AFTER".
std::string text(const SnapshotDiff& diff)
{
    std::string lines;
    for (const MappingChange& change : diff.mappings) {
        lines += hexText(change.begin.value) + ' ' + sizeText(change.bytes) + ' ';
        if (change.sameAs)
            lines += "as at " + hexText(change.sameAs->value) + '\n';
        else
            lines += text(change.before) + " => " + text(change.after) + '\n';
    }
    return lines;
}

/// Three levels down to an L1 table at 0x4000 that maps the first 2 MiB.
Guest guestWithTables()
{
    Guest guest(PagingMode::Level4);
    guest.set(0x1000, 0, 0x2000 | rwu);
    guest.set(0x2000, 0, 0x3000 | rwu);
    guest.set(0x3000, 0, 0x4000 | rwu);
    for (unsigned i = 0; i < 512; ++i)
        guest.set(0x4000, i, 0x100000 + i * frameBytes + rw);
    return guest;
}

MappedAs mapped(const Translation& translation)
{
    const Entry& leaf = translation.steps.back().entry;
    // Where the page's first byte lies, plus the offset in it.
    return {translation.physical, translation.rights, static_cast<std::uint8_t>(leaf.patIndex()), leaf.pkey};
}

} // namespace

TEST_CASE("every difference that is no table's has a row of its own")
{
    // A member without a row would never be set.
    CHECK(otherChanges().size() == sizeof(OtherChanges));
    std::set<std::string_view> keys;
    for (const OtherChange& change : otherChanges())
        keys.insert(change.key);
    CHECK(keys.size() == otherChanges().size());
}

TEST_CASE("Nothing changed")
{
    Guest guest = guestWithTables();
    const SnapshotPtr before = guest.capture();
    const SnapshotDiff diff = diffSnapshots(*before, *guest.capture());
    CHECK(diff.tables.empty());
    CHECK(diff.mappings.empty());
    CHECK(diff.other == OtherChanges{});
}

TEST_CASE("Changed entries are told with their place, level and both values")
{
    Guest guest = guestWithTables();
    const SnapshotPtr before = guest.capture();
    guest.set(0x4000, 5, 0x105000 | p);
    guest.set(0x4000, 6, 0x106000 | p);
    guest.set(0x4000, 9, 0);
    const SnapshotDiff diff = diffSnapshots(*before, *guest.capture());
    REQUIRE(diff.tables.entries.size() == 3);
    const EntryChange& first = diff.tables.entries[0];
    CHECK(first.address == PhysicalAddress(0x4028));
    CHECK(first.level() == 1);
    CHECK(first.before == (0x105000 | rw));
    CHECK(first.after == (0x105000 | p));
    CHECK(diff.tables.tables.empty());
    CHECK(text(diff)
        == "0x5000 8K 0x105000 rw sup x => 0x105000 ro sup x\n"
           "0x9000 4K 0x109000 rw sup x => -\n");
}

TEST_CASE("A right taken from a table is taken from all that it maps")
{
    Guest guest = guestWithTables();
    const SnapshotPtr before = guest.capture();
    guest.set(0x2000, 0, 0x3000 | p | bit::us);
    CHECK(
        text(diffSnapshots(*before, *guest.capture())) == "0x0 2M 0x100000 rw sup x => 0x100000 ro sup x\n");
}

TEST_CASE("Splitting a large page into the same small ones changes no mapping")
{
    Guest guest = guestWithTables();
    guest.set(0x3000, 0, 0x200000 | rw | bit::ps);
    const SnapshotPtr before = guest.capture();
    guest.set(0x3000, 0, 0x4000 | rw);
    for (unsigned i = 0; i < 512; ++i)
        guest.set(0x4000, i, 0x200000 + i * frameBytes + (i == 7 ? p : rw));
    const SnapshotDiff diff = diffSnapshots(*before, *guest.capture());
    CHECK(text(diff) == "0x7000 4K 0x207000 rw sup x => 0x207000 ro sup x\n");
    REQUIRE(diff.tables.tables.size() == 1);
    CHECK(diff.tables.tables[0].kind == TableChangeKind::Appeared);
    CHECK(diff.tables.tables[0].address == PhysicalAddress(0x4000));
}

TEST_CASE("Accessed and dirty bits are entries that changed, but no mapping")
{
    Guest guest = guestWithTables();
    const SnapshotPtr before = guest.capture();
    guest.set(0x4000, 5, 0x105000 | rw | bit::a | bit::d);
    const SnapshotDiff diff = diffSnapshots(*before, *guest.capture());
    CHECK(diff.tables.entries.size() == 1);
    CHECK(diff.mappings.empty());
}

TEST_CASE("A detached table that is hooked in brings its mappings")
{
    Guest guest = guestWithTables();
    guest.set(0x5000, 1, 0x300000 | rw);
    CaptureOptions options;
    options.detached = {{PhysicalAddress(0x5000), 1}};
    const SnapshotPtr before = guest.capture(options);
    guest.set(0x3000, 2, 0x5000 | rw);
    const SnapshotDiff diff = diffSnapshots(*before, *guest.capture());
    REQUIRE(diff.tables.tables.size() == 1);
    CHECK(diff.tables.tables[0].kind == TableChangeKind::Hooked);
    CHECK(text(diff) == "0x401000 4K - => 0x300000 rw sup x\n");
}

TEST_CASE("Tables that went take their mappings along")
{
    Guest guest = guestWithTables();
    const SnapshotPtr before = guest.capture();
    guest.set(0x2000, 0, 0);
    const SnapshotDiff diff = diffSnapshots(*before, *guest.capture());
    REQUIRE(diff.tables.tables.size() == 2);
    CHECK(diff.tables.tables[0].kind == TableChangeKind::Removed);
    CHECK(text(diff) == "0x0 2M 0x100000 rw sup x => -\n");
}

TEST_CASE("A table shared by many places is told once")
{
    Guest guest = guestWithTables();
    for (unsigned i = 1; i < 512; ++i)
        guest.set(0x3000, i, 0x4000 | rwu);
    const SnapshotPtr before = guest.capture();
    guest.set(0x4000, 5, 0);
    CHECK(text(diffSnapshots(*before, *guest.capture()))
        == "0x5000 4K 0x105000 rw sup x => -\n0x200000 1022M as at 0x0\n");
}

TEST_CASE("A table that references itself on all levels ends soon")
{
    Guest guest(PagingMode::Level4);
    for (unsigned i = 0; i < 512; ++i)
        guest.set(0x1000, i, 0x1000 | rwu);
    const SnapshotPtr before = guest.capture();
    guest.set(0x1000, 511, 0);
    const SnapshotDiff diff = diffSnapshots(*before, *guest.capture());
    CHECK(diff.tables.entries.size() == 1);
    CHECK(diff.tables.entries[0].levels == 0x1e);
    CHECK_FALSE(diff.mappingsTruncated);
    CHECK(diff.mappings.size() < 3000);
}

TEST_CASE("Limits end a difference and are told")
{
    Guest guest = guestWithTables();
    const SnapshotPtr before = guest.capture();
    for (unsigned i = 0; i < 512; i += 2)
        guest.set(0x4000, i, 0);
    const SnapshotPtr after = guest.capture();
    DiffOptions options;
    options.maxEntries = 10;
    options.maxMappings = 20;
    const SnapshotDiff diff = diffSnapshots(*before, *after, options);
    CHECK(diff.tables.entries.size() == 10);
    CHECK(diff.entriesTruncated);
    CHECK(diff.mappings.size() == 20);
    CHECK(diff.mappingsTruncated);
}

TEST_CASE("Entries of four bytes are told one by one")
{
    Guest guest(PagingMode::Bits32);
    guest.set(0x1000, 0, 0x2000 | rw);
    guest.set(0x2000, 3, 0x5000 | rw);
    const SnapshotPtr before = guest.capture();
    guest.set(0x2000, 2, 0x6000 | rw);
    const SnapshotDiff diff = diffSnapshots(*before, *guest.capture());
    REQUIRE(diff.tables.entries.size() == 1);
    CHECK(diff.tables.entries[0].address == PhysicalAddress(0x2008));
    CHECK(diff.tables.entries[0].bytes == 4);
    CHECK(text(diff) == "0x2000 4K - => 0x6000 rw sup x\n");
}

TEST_CASE("What is in the frame of a PAE root but no entry of it is not told")
{
    Guest guest(PagingMode::Pae);
    const SnapshotPtr before = guest.capture();
    guest.set(0x1000, 200, 1);
    CHECK(diffSnapshots(*before, *guest.capture()).tables.entries.empty());
}

TEST_CASE("Other differences are named")
{
    Guest guest = guestWithTables();
    const SnapshotPtr before = guest.capture();
    guest.linearRegions = {{"low", "Low", {LinearAddress(0), LinearAddress(0x1000)}}};
    guest.cpu.control.cr0 &= ~cr0Wp;
    guest.cpu.control.cr2 = 5;
    OtherChanges expected;
    expected.linearRegions = true;
    expected.controlRegisters = true;
    CHECK(diffSnapshots(*before, *guest.capture()).other == expected);
    guest.cpu.control = registersFor(PagingMode::Off, 0x1000);
    CHECK(diffSnapshots(*before, *guest.capture()).other.pagingMode);
}

TEST_CASE("What a difference says of an address is what translating it in both snapshots says")
{
    BootStory story(GENERATE(1u, 2u, 3u, 4u));
    for (int i = 0; i < 20; ++i)
        story.next();
    for (int round = 0; round < 60; ++round) {
        const SnapshotPtr before = story.next().second;
        const SnapshotPtr after = story.next().second;
        const SnapshotDiff diff = diffSnapshots(*before, *after);
        for (const MappingChange& change : diff.mappings) {
            if (change.sameAs)
                continue;
            for (const LinearAddress linear : {change.begin, change.end() - frameBytes}) {
                const std::uint64_t offset = linear - change.begin;
                const auto expect = [&](const Snapshot& snapshot, std::optional<MappedAs> reported) {
                    const Translation translation = translate(snapshot, linear);
                    REQUIRE((translation.end == TranslationEnd::Mapped) == reported.has_value());
                    if (reported) {
                        reported->physical = reported->physical + offset;
                        CHECK(mapped(translation) == *reported);
                    }
                };
                expect(*before, change.before);
                expect(*after, change.after);
            }
        }
    }
}

TEST_CASE("Every address that leads elsewhere lies in a range of the difference")
{
    BootStory story(77);
    for (int i = 0; i < 30; ++i)
        story.next();
    for (int round = 0; round < 40; ++round) {
        const SnapshotPtr before = story.next().second;
        const SnapshotPtr after = story.next().second;
        const SnapshotDiff diff = diffSnapshots(*before, *after);
        RunOptions runs;
        runs.merge = false;
        forEachRun(*after, runs, [&](const Run& run) {
            if (run.kind != RunKind::Mapping)
                return true;
            const Translation old = translate(*before, run.begin);
            const bool same = old.end == TranslationEnd::Mapped && old.physical == run.physical
                && old.rights == run.rights;
            bool reported = false;
            for (const MappingChange& change : diff.mappings)
                reported = reported || run.begin - change.begin < change.bytes;
            CHECK(same != reported);
            return true;
        });
    }
}
