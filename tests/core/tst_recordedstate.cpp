// SPDX-License-Identifier: GPL-2.0-or-later
// Tables carried forward by records that need not be true.
#include "tests/support/catch.h"

#include "core/recording/recordedstate.h"
#include "core/steps/tablediff.h"
#include "tests/core/tablebuilder.h"

using namespace pgtscope::tests;

namespace {

TablePagePtr pageOf(std::uint64_t word)
{
    auto page = std::make_shared<TablePage>();
    page->words.fill(word);
    return page;
}

/// Page 0x77 is none that can be read; every other one holds its own number in each word.
Result<TablePagePtr> load(PageId id)
{
    if (id == 0x77)
        return failure("read a page", "it is missing");
    return pageOf(id);
}

TableListPiece newTable(std::uint64_t address, std::uint8_t level, PageId page)
{
    TableListPiece piece;
    piece.table.address = PhysicalAddress(address);
    piece.table.level = level;
    piece.page = page;
    return piece;
}

TableListPiece copied(std::uint64_t first, std::uint64_t count)
{
    TableListPiece piece;
    piece.first = first;
    piece.count = count;
    return piece;
}

std::string apply(RecordedState& state, std::vector<TableListPiece> pieces)
{
    StepRecord record;
    record.delta.tableList = std::move(pieces);
    const auto done = state.apply(record, load);
    return done ? "" : done.error().happened;
}

EntryChange store(std::uint64_t address, std::uint64_t before, std::uint64_t after, std::uint8_t bytes = 8)
{
    EntryChange change;
    change.address = PhysicalAddress(address);
    change.bytes = bytes;
    change.before = before;
    change.after = after;
    return change;
}

/// Two tables, at 0x1000 and 0x2000, whose words are 1 and 2.
RecordedState twoTables()
{
    RecordedState state;
    CHECK(apply(state, {newTable(0x1000, 2, 1), newTable(0x2000, 1, 2)}) == "");
    return state;
}

} // namespace

TEST_CASE("A list of tables refers to the previous one, and to nothing that is not in it")
{
    RecordedState state = twoTables();
    SECTION("tables are kept, put elsewhere and added")
    {
        CHECK(apply(state, {copied(1, 1), newTable(0x3000, 1, 3), copied(0, 2)}) == "");
        std::string text;
        for (const Table& table : state.parts().tables)
            text += hexText(table.address.value) + ' ';
        CHECK(text == "0x2000 0x3000 0x1000 0x2000 ");
        CHECK(state.tablesIn(FrameNumber(2)) == std::vector<std::size_t>{0, 3});
    }
    SECTION("from beyond its end")
    {
        CHECK(apply(state, {copied(3, 1)}) == "it refers to tables that do not exist");
    }
    SECTION("past its end")
    {
        CHECK(apply(state, {copied(1, 2)}) == "it refers to tables that do not exist");
    }
    SECTION("more than there can be, at once or together")
    {
        CHECK(apply(state, {copied(0, ~0ULL)}) == "it has more tables than can be recorded");
        CHECK(apply(state, {copied(0, 1), copied(0, ~0ULL)}) == "it has more tables than can be recorded");
    }
    SECTION("a page that cannot be read")
    {
        CHECK(apply(state, {newTable(0x3000, 1, 0x77)}) == "it is missing");
    }
    SECTION("the page of another table of the frame")
    {
        CHECK(apply(state, {copied(0, 2), newTable(0x1000, 1, 0)}) == "");
        CHECK(state.parts().tables[2].page == state.parts().tables[0].page);
    }
    SECTION("the page of a frame that has none")
    {
        CHECK(apply(state, {newTable(0x3000, 1, 0)}) == "it refers to a page that does not exist");
    }
    SECTION("a table that was not read needs no page")
    {
        TableListPiece unread = newTable(0x3000, 1, 5);
        unread.table.state = TableState::Unreadable;
        CHECK(apply(state, {copied(0, 2), unread}) == "");
        CHECK_FALSE(state.parts().tables[2].page);
        CHECK(state.tablesIn(FrameNumber(3)).empty());
        CHECK_FALSE(state.entryAt(PhysicalAddress(0x3000), 8));
    }
}

TEST_CASE("A frame has one content, whatever a record says of its tables")
{
    RecordedState state;
    CHECK(apply(state, {newTable(0x1000, 2, 1), newTable(0x1000, 1, 2), newTable(0x4000, 1, 4)}) == "");
    CHECK(state.parts().tables[0].page == state.parts().tables[1].page);
    CHECK(state.parts().tables[2].page->words[0] == 4);
    CHECK(state.write(store(0x1008, 1, 9)));
    CHECK(state.parts().tables[1].page->words[1] == 9);
}

TEST_CASE("An entry is changed where its old value is what the record says, and nowhere else")
{
    RecordedState state = twoTables();
    const auto change = [&](const EntryChange& entry) {
        StepRecord record;
        record.delta.entries = {entry};
        const auto done = state.apply(record, load);
        return done ? "" : done.error().happened;
    };
    const std::string differs = "an entry differs from its recorded old value";
    CHECK(change(store(0x1010, 1, 7)) == "");
    CHECK(state.entryAt(PhysicalAddress(0x1010), 8) == 7U);
    CHECK(change(store(0x1010, 1, 8)) == differs);
    CHECK(change(store(0x3000, 0, 8)) == differs); // no table is there
    CHECK(change(store(0x1014, 1, 8)) == differs); // in the midst of an entry
    CHECK(change(store(0x1010, 7, 8, 2)) == differs); // no entry has that size
    CHECK(change(store(0x1012, 0, 8, 4)) == differs);
    // The halves of a word are entries of their own in 32-bit paging.
    CHECK(change(store(0x2004, 0, 0xffff'ffff'0000'0005, 4)) == "");
    CHECK(change(store(0x2000, 2, 6, 4)) == "");
    CHECK(state.entryAt(PhysicalAddress(0x2000), 8) == 0x5'0000'0006U);
    CHECK(state.entryAt(PhysicalAddress(0x2004), 4) == 5U);
}

TEST_CASE("A change leaves the snapshots of earlier steps as they are")
{
    RecordedState state;
    Guest guest(PagingMode::Level4);
    state.adopt(partsOf(*guest.capture()));
    const SnapshotPtr before = state.snapshot().value();
    CHECK(state.write(store(0x1008, 0, 0x5000)));
    CHECK(before->table(0).page->words[1] == 0);
    CHECK(state.snapshot().value()->table(0).page->words[1] == 0x5000);
    // While nothing shares the page it is changed in place.
    const TablePage* page = state.parts().tables[0].page.get();
    CHECK(state.write(store(0x1008, 0x5000, 0x6000)));
    CHECK(state.parts().tables[0].page.get() == page);
}

TEST_CASE("A page is exchanged where there is one, for one that can be read")
{
    RecordedState state = twoTables();
    const auto change = [&](std::uint64_t frame, PageId page) {
        StepRecord record;
        record.delta.pages.push_back({FrameNumber(frame), 8, 2, 1, page});
        const auto done = state.apply(record, load);
        return done ? "" : done.error().happened;
    };
    CHECK(change(1, 9) == "");
    CHECK(state.entryAt(PhysicalAddress(0x1000), 8) == 9U);
    CHECK(change(3, 9) == "it changes a page that does not exist");
    CHECK(change(1, 0x77) == "it is missing");
}

TEST_CASE("What an old recording has of pgt_buf under Xen is brought to the kernel's own count")
{
    auto xen = std::make_shared<XenState>();
    xen->domain = 1;
    xen->extents = XenExtents({{FrameNumber(0x10), GuestFrame(0x100), 0x10, 1},
        {FrameNumber(0x20), GuestFrame(0x900), 0x10, 2}, {FrameNumber(0x30), GuestFrame(0x200), 0x10, 1}});
    PageTableBuffer buffer;
    buffer.trust = PgtBufTrust::Live;
    buffer.epochs = {{GuestFrame(0x12), GuestFrame(0x14), GuestFrame(0x18), true}};
    // Over the end of one extent, over one of another domain, into the midst of the last.
    buffer.beyond = {{GuestFrame(0x1c), GuestFrame(0x34)}, {GuestFrame(0x25), GuestFrame(0x26)}};
    StepRecord record;
    record.delta.facts[&SnapshotFacts::pgtBuf] = buffer;
    record.delta.xen = xenDelta(nullptr, xen.get());
    RecordedState state;
    SECTION("a recording of today says it in that count")
    {
        REQUIRE(state.apply(record, load));
        CHECK(state.parts().pgtBuf == buffer);
    }
    SECTION("an old one in the machine's")
    {
        record.delta.pgtBufOfMachine = true;
        REQUIRE(state.apply(record, load));
        PageTableBuffer own;
        own.trust = PgtBufTrust::Live;
        own.epochs = {{GuestFrame(0x102), GuestFrame(0x104), GuestFrame(0x108), true}};
        own.beyond = {{GuestFrame(0x10c), GuestFrame(0x110)}, {GuestFrame(0x200), GuestFrame(0x204)}};
        CHECK(state.parts().pgtBuf == own);
    }
    SECTION("an old one without Xen: both counts are one")
    {
        record.delta.pgtBufOfMachine = true;
        record.delta.xen.reset();
        REQUIRE(state.apply(record, load));
        CHECK(state.parts().pgtBuf == buffer);
    }
    SECTION("an old one that has no epoch")
    {
        record.delta.pgtBufOfMachine = true;
        record.delta.facts[&SnapshotFacts::pgtBuf]->epochs.clear();
        REQUIRE(state.apply(record, load));
        CHECK(state.parts().pgtBuf.trust == PgtBufTrust::HandedBack);
    }
}

namespace {

/// A guest with one table of each level, and what a recording keeps of its changes.
struct ChangingGuest : Guest {
    explicit ChangingGuest(PagingMode mode)
        : Guest(mode)
        , levels(Paging(cpu.control, features).levels())
        , root(mode == PagingMode::Pae ? 0x1fe0 : 0x1000)
        , leaf(0x1000 * std::uint64_t{levels})
    {
        cpu.control.cr3 = root;
        for (unsigned level = levels; level > 1; --level)
            set(level == levels ? root : 0x1000 * (levels - level + 1ULL), 0,
                0x1000 * (levels - level + 2ULL) | (mode == PagingMode::Pae && level == levels ? p : rw));
        first = capture();
    }
    PageId keep(const TablePage& page)
    {
        pages.push_back(page);
        return pages.size();
    }
    StateDelta deltaOf(const SnapshotParts& from, const SnapshotParts& to)
    {
        return deltaBetween(from, to, [this](const TablePage& page) { return keep(page); });
    }
    /// What differs, which carries the one state on to the other.
    StateDelta follow(const SnapshotPtr& from, const SnapshotPtr& to)
    {
        RecordedState state;
        state.adopt(partsOf(*from));
        StepRecord record;
        record.step.cpu = to->cpu();
        record.delta = deltaOf(partsOf(*from), partsOf(*to));
        REQUIRE(state.apply(record, [this](PageId id) -> Result<TablePagePtr> {
            return std::make_shared<const TablePage>(pages.at(static_cast<std::size_t>(id - 1)));
        }));
        REQUIRE(state.parts().tables.size() == to->tables().size());
        for (std::size_t i = 0; i < to->tables().size(); ++i) {
            CHECK(state.parts().tables[i].address == to->tables()[i].address);
            CHECK(state.parts().tables[i].state == to->tables()[i].state);
            CHECK((!to->tables()[i].page || *state.parts().tables[i].page == *to->tables()[i].page));
        }
        return record.delta;
    }

    unsigned levels;
    std::uint64_t root, leaf;
    SnapshotPtr first;
    std::vector<TablePage> pages;
};

} // namespace

TEST_CASE("What a step changes is put into few words, and those words carry the state forward")
{
    ChangingGuest guest(GENERATE(PagingMode::Level4, PagingMode::Pae, PagingMode::Bits32));
    SECTION("nothing")
    {
        const StateDelta delta = guest.follow(guest.first, guest.capture());
        CHECK_FALSE(delta.tableList);
        CHECK(delta.entries.empty());
    }
    SECTION("a few entries: each of them")
    {
        guest.set(guest.leaf, 3, 0x9000 | rw);
        guest.set(guest.leaf, 5, 0xa000 | rw);
        CHECK(guest.follow(guest.first, guest.capture()).entries.size() == 2);
        CHECK(guest.pages.empty());
    }
    SECTION("many entries: the page before and the page after")
    {
        for (unsigned i = 0; i < 97; ++i)
            guest.set(guest.leaf, i, 0x9000 | rw);
        const StateDelta delta = guest.follow(guest.first, guest.capture());
        CHECK(delta.entries.empty());
        REQUIRE(delta.pages.size() == 1);
        CHECK(delta.pages[0].frame == FrameNumber(guest.leaf >> frameShift));
        CHECK(delta.pages[0].levels == 2);
        CHECK(guest.pages.size() == 2);
    }
}

TEST_CASE("A table that is lost, found again or detached is kept without its content where that is known")
{
    ChangingGuest guest(GENERATE(PagingMode::Level4, PagingMode::Pae, PagingMode::Bits32));
    SECTION("it cannot be read any more: it has no page")
    {
        guest.memory.unreadable = {guest.leaf >> frameShift};
        const StateDelta gone = guest.follow(guest.first, guest.capture());
        REQUIRE(gone.tableList);
        CHECK(guest.pages.empty());
        const SnapshotPtr without = guest.capture();
        guest.memory.unreadable.clear();
        guest.follow(without, guest.capture());
        CHECK(guest.pages.size() == 1);
    }
    SECTION("it is detached now: the same place, another origin")
    {
        CaptureOptions options;
        options.detached = {{PhysicalAddress(guest.leaf), 1}};
        guest.set(guest.levels == 2 ? guest.root : guest.leaf - 0x1000, 0, 0);
        const StateDelta delta = guest.follow(guest.first, guest.capture(options));
        REQUIRE(delta.tableList);
        CHECK(delta.tables.size() == 1);
        CHECK(guest.pages.empty());
    }
}

TEST_CASE("What is known of Xen is kept where it differs, and not where it was only read again")
{
    ChangingGuest guest(PagingMode::Level4);
    XenState xen;
    xen.domain = 3;
    SnapshotParts before = partsOf(*guest.first);
    SnapshotParts after = before;
    before.xen = std::make_shared<const XenState>(xen);
    after.xen = std::make_shared<const XenState>(xen);
    CHECK_FALSE(guest.deltaOf(before, after).xen);
    xen.domain = 4;
    after.xen = std::make_shared<const XenState>(xen);
    CHECK(guest.deltaOf(before, after).xen);
    after.xen = nullptr;
    CHECK(guest.deltaOf(before, after).xen);
}

TEST_CASE("What is no entry of any table changes with its page, without a level")
{
    // The four entries of a PAE root are a small part of their page.
    Guest guest(PagingMode::Pae);
    guest.cpu.control.cr3 = 0x1020;
    guest.set(0x1020, 0, 0x2000 | p);
    const SnapshotPtr before = guest.capture();
    guest.set(0x1020, 1, 0x2000 | p);
    guest.set(0x1020, 4, 77);
    guest.set(0x1020, 100, 78);
    const StateDelta delta
        = deltaBetween(partsOf(*before), partsOf(*guest.capture()), [](const TablePage&) { return 1; });
    std::string text;
    for (const EntryChange& change : delta.entries)
        text += hexText(change.address.value) + ':' + std::to_string(change.level()) + ' ';
    CHECK(text == "0x1028:3 0x1040:0 0x1340:0 ");
    // However many they are: two pages would give all of them one level.
    for (unsigned i = 4; i < 300; ++i)
        guest.set(0x1020, i, 79);
    CHECK(deltaBetween(partsOf(*before), partsOf(*guest.capture()), [](const TablePage&) { return 1; })
              .entries.size()
        == 297);
}

TEST_CASE("A step that changes a hundred thousand entries names no more of them one by one")
{
    Guest guest(PagingMode::Level4);
    constexpr unsigned tables = 1100;
    guest.set(0x1000, 0, 0x2000 | rw);
    for (unsigned i = 0; i < tables; ++i) {
        guest.set(0x2000, i / 512, (0x3000 + i / 512 * frameBytes) | rw);
        guest.set(0x3000 + i / 512 * frameBytes, i % 512, (0x100000 + i * frameBytes) | rw);
    }
    const SnapshotPtr before = guest.capture();
    for (unsigned i = 0; i < tables; ++i)
        for (unsigned entry = 0; entry < 96; ++entry)
            guest.set(0x100000 + i * frameBytes, entry, 0x5000 | p);
    const StateDelta delta
        = deltaBetween(partsOf(*before), partsOf(*guest.capture()), [](const TablePage&) { return 1; });
    CHECK(delta.entries.size() > 100'000);
    CHECK(delta.entries.size() < 100'100);
    CHECK(delta.entries.size() / 96 + delta.pages.size() == tables);
}

TEST_CASE("An entry of a page that is a table of several levels is an entry of each")
{
    Guest guest(PagingMode::Level4);
    guest.set(0x1000, 0, 0x1000 | rw);
    const SnapshotPtr before = guest.capture();
    // Whatever level one looks at, it is the same page.
    for (unsigned i = 100; i < 300; ++i)
        guest.set(0x1000, i, 0x1000 | p);
    const StateDelta delta
        = deltaBetween(partsOf(*before), partsOf(*guest.capture()), [](const TablePage&) { return 1; });
    REQUIRE(delta.pages.size() == 1);
    CHECK(delta.pages[0].levels == 0b11110);
}
