// SPDX-License-Identifier: GPL-2.0-or-later
// The one door to entries: those of a table as a range, and walk() with its callbacks.
#include "tests/support/catch.h"

#include "core/walk/walk.h"
#include "tests/core/tablebuilder.h"

using namespace pgtscope::tests;

namespace {

template <class Range>
std::string entriesText(const Range& entries)
{
    std::string text;
    for (const EntryAt& at : entries)
        text += std::to_string(at.index) + " at " + hexText(at.address.value) + ": " + hexText(at.entry.raw)
            + (at.entry.isPage()         ? " page "
                    : at.entry.isTable() ? " table "
                                         : " - ")
            + hexText(at.entry.target.value) + '\n';
    return text;
}

/// Prints what it is called with; goes past tables below `deepest` and stops at the address `last`.
struct Printer {
    const Snapshot& snapshot;
    unsigned deepest = 1;
    LinearAddress last{1};
    std::string text = {};

    WalkAction print(LinearAddress linear, const std::string& what)
    {
        text += hexText(linear.value) + ' ' + what + '\n';
        return linear == last ? WalkAction::Stop : WalkAction::Continue;
    }
    static std::string entryText(const WalkedEntry& walked)
    {
        return 'L' + std::to_string(walked.entry.level) + '[' + std::to_string(walked.index) + "] at "
            + hexText(walked.address.value);
    }

    WalkAction page(const WalkedEntry& walked)
    {
        return print(walked.linear,
            entryText(walked) + " page " + hexText(walked.entry.target.value)
                + (walked.rights.write ? " rw" : " ro"));
    }
    WalkAction table(const WalkedEntry& walked, TableId child)
    {
        const WalkAction action = print(walked.linear,
            entryText(walked) + " table " + hexText(snapshot.table(child).address.value)
                + (walked.rights.write ? " rw" : " ro"));
        return action == WalkAction::Continue && walked.entry.level <= deepest ? WalkAction::Skip : action;
    }
    WalkAction gap(const WalkedEntry& walked, TableState state)
    {
        return print(walked.linear, entryText(walked) + " gap " + std::string(stateText(state)));
    }
};

struct HolePrinter : Printer {
    WalkAction hole(const Hole& hole)
    {
        return print(hole.begin,
            (hole.level == 0
                    ? "not canonical "
                    : "hole L" + std::to_string(hole.level) + '[' + std::to_string(hole.index) + "] ")
                + sizeText(hole.bytes));
    }
};

/// Pages at 0x5000 (read-only through its PMD) and 0x40000000, a table outside RAM at 0x80000000.
Guest smallGuest()
{
    Guest guest(PagingMode::Level4);
    guest.features.physicalAddressBits = 40;
    guest.set(0x1000, 0, 0x2000 | rwu);
    guest.set(0x2000, 0, 0x3000 | rwu);
    guest.set(0x2000, 1, 0x40000000 | rw | bit::ps);
    guest.set(0x2000, 2, 0xfee00000 | rw);
    guest.set(0x3000, 0, 0x4000 | p);
    guest.set(0x4000, 5, 0x9000 | rw);
    guest.set(0x4000, 6, 0xa000 | rw | 1ULL << 45);
    return guest;
}

} // namespace

TEST_CASE("The present entries of a table, with index, address and meaning")
{
    const auto snapshot = smallGuest().capture();
    CHECK(entriesText(snapshot->table(1).entries(snapshot->paging()))
        == "0 at 0x2000: 0x3007 table 0x3000\n"
           "1 at 0x2008: 0x40000083 page 0x40000000\n"
           "2 at 0x2010: 0xfee00003 table 0xfee00000\n");
    CHECK(entriesText(snapshot->table(1).entries(snapshot->paging(), 1, 2))
        == "1 at 0x2008: 0x40000083 page 0x40000000\n");
    // What an entry leads to is known without decoding it.
    for (const TableId id : {0U, 1U, 2U, 3U}) {
        const auto entries = snapshot->table(id).entries(snapshot->paging());
        for (auto next = entries.begin(); next != entries.end(); ++next)
            CHECK(next.target() == (*next).entry.target);
    }
}

TEST_CASE("All entries of a table, those that are not present as well")
{
    Guest guest(PagingMode::Pae);
    guest.cpu.control.cr3 = 0x10e0;
    guest.set(0x10e0, 1, 0x2000 | p);
    guest.set(0x10e0, 3, 0x1234 << 1);
    // What follows the four entries in the same page is no PDPTE.
    guest.set(0x10e0, 4, 0x2000 | p);
    const auto snapshot = guest.capture();
    CHECK(entriesText(snapshot->table(0).allEntries(snapshot->paging()))
        == "0 at 0x10e0: 0x0 - 0x0\n"
           "1 at 0x10e8: 0x2001 table 0x2000\n"
           "2 at 0x10f0: 0x0 - 0x0\n"
           "3 at 0x10f8: 0x2468 - 0x0\n");
    CHECK(
        entriesText(snapshot->table(0).entries(snapshot->paging())) == "1 at 0x10e8: 0x2001 table 0x2000\n");
}

TEST_CASE("Entries of four bytes")
{
    Guest guest(PagingMode::Bits32);
    guest.set(0x1000, 0, 0xffc00000 | 3U << 13 | rw | bit::ps);
    guest.set(0x1000, 1023, 0x2000 | rw);
    const auto snapshot = guest.capture();
    CHECK(entriesText(snapshot->table(0).entries(snapshot->paging()))
        == "0 at 0x1000: 0xffc06083 page 0x3ffc00000\n"
           "1023 at 0x1ffc: 0x2003 table 0x2000\n");
}

TEST_CASE("A table that could not be read has no entries")
{
    const auto snapshot = smallGuest().capture();
    const Table& unread = snapshot->table(snapshot->find(PhysicalAddress(0xfee00000), 2));
    CHECK(unread.state == TableState::OutsideRam);
    CHECK(entriesText(unread.entries(snapshot->paging())).empty());
    CHECK(entriesText(unread.allEntries(snapshot->paging())).empty());
}

TEST_CASE("A walk meets pages, tables and gaps in the order of linear addresses")
{
    const auto snapshot = smallGuest().capture();
    Printer printer{*snapshot};
    CHECK(walk(*snapshot, printer));
    CHECK(printer.text
        == "0x0 L4[0] at 0x1000 table 0x2000 rw\n"
           "0x0 L3[0] at 0x2000 table 0x3000 rw\n"
           "0x0 L2[0] at 0x3000 table 0x4000 ro\n"
           "0x5000 L1[5] at 0x4028 page 0x9000 ro\n"
           "0x6000 L1[6] at 0x4030 gap \n"
           "0x40000000 L3[1] at 0x2008 page 0x40000000 rw\n"
           "0x80000000 L3[2] at 0x2010 gap outside RAM\n");
}

TEST_CASE("A walk skips what is below a table, or stops, when a callback says so")
{
    const auto snapshot = smallGuest().capture();
    Printer shallow{*snapshot, 3};
    CHECK(walk(*snapshot, shallow));
    CHECK(shallow.text
        == "0x0 L4[0] at 0x1000 table 0x2000 rw\n"
           "0x0 L3[0] at 0x2000 table 0x3000 rw\n"
           "0x40000000 L3[1] at 0x2008 page 0x40000000 rw\n"
           "0x80000000 L3[2] at 0x2010 gap outside RAM\n");
    Printer stopped{*snapshot, 1, LinearAddress(0x5000)};
    CHECK_FALSE(walk(*snapshot, stopped));
    CHECK(stopped.text
        == "0x0 L4[0] at 0x1000 table 0x2000 rw\n"
           "0x0 L3[0] at 0x2000 table 0x3000 rw\n"
           "0x0 L2[0] at 0x3000 table 0x4000 ro\n"
           "0x5000 L1[5] at 0x4028 page 0x9000 ro\n");
}

TEST_CASE("Holes fill what entries leave out, table by table; what is not canonical is its own")
{
    const auto snapshot = smallGuest().capture();
    HolePrinter printer{{*snapshot, 1}};
    CHECK(walk(*snapshot, printer));
    CHECK(printer.text
        == "0x0 L4[0] at 0x1000 table 0x2000 rw\n"
           "0x0 L3[0] at 0x2000 table 0x3000 rw\n"
           "0x0 L2[0] at 0x3000 table 0x4000 ro\n"
           "0x0 hole L1[0] 20K\n"
           "0x5000 L1[5] at 0x4028 page 0x9000 ro\n"
           "0x6000 L1[6] at 0x4030 gap \n"
           "0x7000 hole L1[7] 2020K\n"
           "0x200000 hole L2[1] 1022M\n"
           "0x40000000 L3[1] at 0x2008 page 0x40000000 rw\n"
           "0x80000000 L3[2] at 0x2010 gap outside RAM\n"
           "0xc0000000 hole L3[3] 509G\n"
           "0x8000000000 hole L4[1] 130560G\n"
           "0x800000000000 not canonical 16776960T\n"
           "0xffff800000000000 hole L4[256] 128T\n");
    HolePrinter stopped{{*snapshot, 1, LinearAddress(0x800000000000)}};
    CHECK_FALSE(walk(*snapshot, stopped));
    CHECK(stopped.text.ends_with("0x800000000000 not canonical 16776960T\n"));
    HolePrinter early{{*snapshot, 1, LinearAddress(0x7000)}};
    CHECK_FALSE(walk(*snapshot, early));
    CHECK(early.text.ends_with("0x7000 hole L1[7] 2020K\n"));
    HolePrinter late{{*snapshot, 1, LinearAddress(0xffff800000000000)}};
    CHECK_FALSE(walk(*snapshot, late));
    CHECK(late.text == printer.text);
    Guest guest = smallGuest();
    guest.set(0x4000, 20, 0x9000 | p);
    const auto between = guest.capture();
    HolePrinter before{{*between, 1, LinearAddress(0x7000)}};
    CHECK_FALSE(walk(*between, before));
    CHECK(before.text.ends_with("0x7000 hole L1[7] 52K\n"));
}

TEST_CASE("Pages, holes and gaps add up to the whole space in every mode")
{
    const auto mode = GENERATE(PagingMode::Bits32, PagingMode::Pae, PagingMode::Level4, PagingMode::Level5);
    struct Sum {
        const Paging& paging;
        LinearAddress next = LinearAddress(0);
        bool contiguous = true;

        WalkAction add(LinearAddress begin, std::uint64_t bytes)
        {
            contiguous = contiguous && begin == next;
            next = begin + bytes;
            return WalkAction::Continue;
        }
        WalkAction page(const WalkedEntry& walked)
        {
            return add(walked.linear, paging.span(walked.entry.level));
        }
        WalkAction gap(const WalkedEntry& walked, TableState) { return page(walked); }
        WalkAction hole(const Hole& hole) { return add(hole.begin, hole.bytes); }
    };
    Guest guest(mode);
    const unsigned last = mode == PagingMode::Pae ? 3 : mode == PagingMode::Bits32 ? 1023 : 511;
    // A self-map, a hole on both sides of it, and entries on the border of the halves.
    for (const unsigned index : {1U, last / 2, last / 2 + 1, last})
        guest.set(0x1000, index, 0x1000 | p);
    const auto snapshot = guest.capture();
    Sum sum{snapshot->paging()};
    CHECK(walk(*snapshot, sum));
    CHECK(sum.contiguous);
    CHECK(sum.next.value == (snapshot->paging().linearBits() == 32 ? 1ULL << 32 : 0));
}

TEST_CASE(
    "With the tables it has visited left out, a walk of hostile tables takes as long as there are tables")
{
    struct Counter {
        VisitedTables visited;
        std::uint64_t entries = 0;

        WalkAction page(const WalkedEntry&) { return ++entries, WalkAction::Continue; }
        WalkAction table(const WalkedEntry& walked, TableId child)
        {
            ++entries;
            const LinearAddress before = visited.visit(child, walked.rights, walked.linear);
            return before == VisitedTables::notYet ? WalkAction::Continue : WalkAction::Skip;
        }
    };
    Guest guest(PagingMode::Level5);
    for (unsigned i = 0; i < 512; ++i)
        guest.set(0x1000, i, 0x1000 | rw);
    const auto snapshot = guest.capture();
    Counter counter{VisitedTables(*snapshot)};
    CHECK(walk(*snapshot, counter));
    CHECK(counter.entries == 5 * 512);
}
