// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/xen/refusedtables.h"
#include "tests/support/catch.h"

#include <algorithm>
#include <array>
#include <random>
#include <sstream>

#include "core/filter/snapshotknowledge.h"
#include "core/frames/framesummary.h"
#include "core/linux/detached.h"
#include "core/linux/pageisolation.h"
#include "core/report/framelooks.h"
#include "core/report/runwriter.h"
#include "core/report/steptext.h"
#include "core/walk/framemappings.h"
#include "core/xen/xenahead.h"
#include "ruleguest.h"
#include "xenguest.h"

using namespace pgtscope::tests;

namespace {

constexpr std::uint64_t direct = 0xffff888000000000;

} // namespace

TEST_CASE("a CPU under Xen is recognised, in whatever it runs")
{
    XenGuest guest(GENERATE(false, true));
    const auto [cs, rip, place]
        = GENERATE(table<unsigned, std::uint64_t, XenPlace>({{0xe033, 0xffffffff81000000, XenPlace::Kernel},
            {0xe008, 0xffff82d040200000, XenPlace::Hypervisor}, {0x33, 0x400000, XenPlace::Process}}));
    guest.cpu.cs = static_cast<std::uint16_t>(cs);
    guest.cpu.rip = LinearAddress(rip);
    const auto xen = guest.probe();
    REQUIRE(xen);
    CHECK(xen->domain == 0);
    CHECK(domainText(*xen) == "dom0");
    CHECK_FALSE(xen->isolated);
    CHECK(xen->root == PhysicalAddress(XenGuest::root));
    CHECK(xen->complete);
    CHECK(xenPlace(guest.cpu) == place);
}

TEST_CASE("a kernel alone on its machine is not taken for one under Xen")
{
    Guest native(PagingMode::Level4);
    native.set(0x1000, 273, 0x2000 | rw);
    SECTION("nothing in the hypervisor's slots") { }
    SECTION("something of its own there") { native.set(0x1000, 256, 0x2000 | rw); }
    SECTION("something that everybody may read there, but no map of all memory")
    {
        native.set(0x1000, 256, 0x2000 | p | bit::us);
        native.set(0x2000, 0, 0x0 | p | bit::us | bit::ps);
    }
    const auto found = probeXen(native.memory, native.cpu, native.features);
    REQUIRE(found);
    CHECK_FALSE(*found);
    Guest off(PagingMode::Off);
    CHECK_FALSE(*probeXen(off.memory, off.cpu, off.features));
}

TEST_CASE("frames have two numbers, the machine's and their owner's")
{
    XenGuest guest;
    const auto xen = guest.probe();
    CHECK(xen->guestFrame(FrameNumber(0x20)) == GuestFrame(0x1020));
    CHECK(xen->machineFrame(GuestFrame(0x1020)) == FrameNumber(0x20));
    CHECK(xen->guestFrame(FrameNumber(0x500)) == GuestFrame(0x7));
    CHECK(xen->owner(FrameNumber(0x500)) == 1);
    // The other domain's number is none of dom0's.
    CHECK_FALSE(xen->machineFrame(GuestFrame(0x7)));
    CHECK_FALSE(xen->guestFrame(FrameNumber(0x900)));
    CHECK_FALSE(xen->guestFrame(FrameNumber(0)));
    CHECK(xen->extents.size() == 2);
}

TEST_CASE("page-table types are read with pin and uses; a type without a use is none")
{
    XenGuest guest(GENERATE(false, true));
    guest.type(0x30, XenFrameType::L1, true, 1);
    guest.type(0x31, XenFrameType::L2, false, 0);
    guest.type(0x32, XenFrameType::Writable, false, 5);
    guest.type(0x500, XenFrameType::L1, true, 1);
    const auto xen = guest.probe();
    REQUIRE(xen->tables.size() == 2);
    CHECK(*xen->table(FrameNumber(1)) == XenTable{FrameNumber(1), XenFrameType::L4, true, 2});
    CHECK(*xen->table(FrameNumber(0x30)) == XenTable{FrameNumber(0x30), XenFrameType::L1, true, 1});
    CHECK_FALSE(xen->table(FrameNumber(0x31)));
    CHECK_FALSE(xen->table(FrameNumber(0x500)));
}

TEST_CASE("what was read of Xen ahead of the registers counts if they are as expected")
{
    XenGuest guest(true);
    XenAhead ahead;
    CHECK_FALSE(ahead.take(guest.cpu));
    const auto begin = [&] { ahead.begin(guest.memory, guest.cpu, guest.features, {}); };
    begin();
    CpuState now = guest.cpu;
    SECTION("they are, and what Xen does not look at may differ")
    {
        now.rip = LinearAddress(0xffffffff82000000);
        now.control.cr2 = 0x1234;
        const auto xen = ahead.take(now);
        REQUIRE(xen);
        CHECK(**xen == *guest.probe());
        CHECK_FALSE(ahead.take(now));
        // A later stop is read anew.
        guest.type(0x31, XenFrameType::L1, true, 1);
        begin();
        CHECK((*ahead.take(now))->table(FrameNumber(0x31)));
    }
    SECTION("another root")
    {
        now.control.cr3 = 0x5000;
        CHECK_FALSE(ahead.take(now));
    }
    SECTION("another ring")
    {
        now.cs = 0xe008;
        CHECK_FALSE(ahead.take(now));
    }
}

TEST_CASE("a channel that is slow gets the owner of the root and nothing else")
{
    XenGuest guest;
    XenProbeOptions options;
    options.wholeTables = false;
    const auto xen = guest.probe(options);
    REQUIRE(xen);
    CHECK(xen->domain == 0);
    CHECK_FALSE(xen->complete);
    CHECK(xen->extents.empty());
}

TEST_CASE("under XPTI the domain's own root is found behind the copy in CR3")
{
    XenGuest guest(true);
    guest.map(direct, 0x20000, rwu | nx);
    // The copy has the machine-to-physical table and the guest's half, and accessed bits of its own.
    constexpr std::uint64_t copy = 0xd00000;
    guest.memory.write64(copy + 256 * 8, 0xc00000 | p | bit::us);
    guest.memory.write64(copy + 273 * 8, 0x10000 | rwu | bit::a);
    guest.cpu.control.cr3 = copy;
    SECTION("by a search of memory") { }
    SECTION("by the kernel's symbol")
    {
        XenProbeOptions options;
        guest.map(direct + frameBytes, XenGuest::root, p | bit::us | nx);
        options.kernelRoot = LinearAddress(direct + frameBytes);
        CHECK(guest.probe(options)->root == PhysicalAddress(XenGuest::root));
    }
    const auto xen = guest.probe();
    REQUIRE(xen);
    CHECK(xen->isolated);
    CHECK(xen->rootKnown);
    CHECK(xen->root == PhysicalAddress(XenGuest::root));
    CHECK(xen->domain == 0);
    CHECK(xen->complete);
}

namespace {

/// A process runs: CR3 holds the root that its kernel keeps for it, of the process's half alone. The kernel's
/// own root has both.
struct ProcessUnderXen : XenGuest {
    static constexpr std::uint64_t process = 0x9000;

    explicit ProcessUnderXen(bool mapped)
        : XenGuest(mapped)
    {
        map(0x400000, 0x20000, rwu);
        map(direct, 0x21000, rwu | nx);
        map(0xffffffff81000000, 0x22000, p | bit::us);
        for (unsigned slot = 0; slot < xen::endSlot; ++slot)
            if (slot != xen::machineToPhysicalSlot)
                set(process, slot, entry(root, slot));
        set(process, xen::linearTablesSlot, process | rw | nx);
        // The vsyscall page; and the processor was here.
        set(process, 511, 0x23000 | rwu | bit::a);
        type(process / frameBytes, XenFrameType::L4, true, 2);
        cpu.cs = 0x33;
        cpu.rip = LinearAddress(0x400000);
        cpu.control.cr3 = process;
    }

    std::uint64_t entry(std::uint64_t table, unsigned slot)
    {
        std::uint64_t raw = 0;
        PhysicalRead read{PhysicalAddress(table + slot * 8), std::as_writable_bytes(std::span(&raw, 1))};
        REQUIRE(memory.read(std::span(&read, 1)));
        return raw;
    }
};

} // namespace

TEST_CASE("in a process the kernel's root is found beside the process's own, which lacks the kernel")
{
    ProcessUnderXen guest(GENERATE(false, true));
    // Another process's, and one that is a root no more.
    constexpr std::uint64_t other = 0xa000, former = 0xb000;
    for (unsigned slot = 1; slot < 512; ++slot)
        guest.set(other, slot, guest.entry(XenGuest::root, slot));
    guest.memory.write64(other, 0x2f000 | rwu);
    guest.type(other / frameBytes, XenFrameType::L4, true, 1);
    for (unsigned slot = 0; slot < 512; ++slot)
        guest.set(former, slot, guest.entry(XenGuest::root, slot));
    SECTION("Xen is there while it serves the process")
    {
        guest.cpu.cs = 0xe008;
        guest.cpu.rip = LinearAddress(0xffff82d040200000);
    }
    SECTION("the process runs") { }
    SECTION("the process may read the machine-to-physical table, as before Xen could hide it")
    {
        const auto slot = xen::machineToPhysicalSlot;
        guest.set(ProcessUnderXen::process, slot, guest.entry(XenGuest::root, slot));
    }
    const auto xen = guest.probe();
    REQUIRE(xen);
    CHECK(xen->rootKnown);
    CHECK(xen->root == PhysicalAddress(XenGuest::root));
    CHECK_FALSE(xen->isolated);
    CHECK(xen->domain == 0);
    CHECK(xen->complete);
    CHECK_FALSE(xen->tables.empty());
    const auto snapshot = guest.captureWithXen();
    CHECK(rootText(*snapshot) == "the kernel's root of the process");
}

TEST_CASE("the root that a domain begins on, with its list of frames in the lower half, is a kernel's")
{
    XenGuest guest(GENERATE(false, true));
    guest.map(0x8000000000, 0x20000, rwu);
    guest.map(0xffffffff81000000, 0x22000, p | bit::us);
    const auto xen = guest.probe();
    REQUIRE(xen);
    CHECK(xen->rootKnown);
    CHECK(xen->root == PhysicalAddress(XenGuest::root));
    CHECK(isolationText(*xen) == "no XPTI");
}

TEST_CASE("a process's root whose kernel's is not found is no clean bill")
{
    ProcessUnderXen guest(true);
    XenProbeOptions options;
    SECTION("no frame is in use as it")
    {
        guest.type(XenGuest::root / frameBytes, XenFrameType::None, false, 0);
    }
    SECTION("the channel is slow") { options.wholeTables = false; }
    const auto xen = guest.probe(options);
    REQUIRE(xen);
    CHECK_FALSE(xen->rootKnown);
    CHECK_FALSE(xen->complete);
    CHECK(xen->root == PhysicalAddress(ProcessUnderXen::process));
    CHECK(isolationText(*xen).find("its kernel's was not found") != std::string::npos);
}

TEST_CASE("under XPTI a process's root is behind the copy, and the kernel's beside it")
{
    ProcessUnderXen guest(true);
    constexpr std::uint64_t copy = 0xd00000;
    for (const unsigned slot : {0U, 511U})
        guest.set(copy, slot, guest.entry(ProcessUnderXen::process, slot));
    guest.memory.write64(copy + 262 * 8, 0xd01000 | p | bit::rw);
    guest.cpu.control.cr3 = copy;
    const auto xen = guest.probe();
    REQUIRE(xen);
    CHECK(xen->isolated);
    CHECK(xen->rootKnown);
    CHECK(xen->root == PhysicalAddress(XenGuest::root));
    CHECK(xen->complete);
}

TEST_CASE("under XPTI a root that is nowhere to be found is said to be unknown")
{
    XenGuest guest(true);
    guest.map(direct, 0x20000, rwu | nx);
    constexpr std::uint64_t copy = 0xd00000;
    guest.memory.write64(copy + 256 * 8, 0xc00000 | p | bit::us);
    guest.memory.write64(copy + 273 * 8, 0x77000 | rwu);
    guest.cpu.control.cr3 = copy;
    const auto xen = guest.probe();
    REQUIRE(xen);
    CHECK(xen->isolated);
    CHECK_FALSE(xen->rootKnown);
    CHECK(xen->root == PhysicalAddress(copy));
    CHECK_FALSE(xen->complete);
    CHECK(domainText(*xen) == "an unknown domain");
}

TEST_CASE("under XPTI the domain's own root is found on Xen's stack, where memory cannot be searched")
{
    XenGuest guest;
    guest.map(direct, 0x20000, rwu | nx);
    constexpr std::uint64_t copy = 0xd00000;
    guest.memory.write64(copy + 256 * 8, 0xc00000 | p | bit::us);
    guest.memory.write64(copy + 273 * 8, 0x10000 | rwu);
    guest.cpu.control.cr3 = copy;
    CHECK_FALSE(guest.probe()->rootKnown);
    // What the copy has of Xen's map of memory: one page, with a PCID beside the root.
    constexpr std::uint64_t stack = 0xd10000;
    const auto hook = [&](std::uint64_t table, std::uint64_t target, std::uint64_t flags) {
        guest.memory.write64(table, target | flags);
    };
    hook(copy + 262 * 8, 0xd01000, p | bit::rw);
    hook(0xd01000, 0xd02000, p | bit::rw);
    hook(0xd02000, 0xd03000, p | bit::rw);
    hook(0xd03000 + 5 * 8, stack, p | bit::rw | nx);
    guest.memory.write64(stack + 0xfd8, XenGuest::root | 0x7 | 1ULL << 63);
    const auto xen = guest.probe();
    CHECK(xen->rootKnown);
    CHECK(xen->root == PhysicalAddress(XenGuest::root));
    CHECK(xen->domain == 0);
    // A loop among Xen's tables is left in time.
    hook(0xd02000 + 8, 0xd02000, p | bit::rw);
    hook(stack - 0xd10000 + 0xd03000 + 5 * 8, 0xd03000, p | bit::rw);
    CHECK_FALSE(guest.probe()->rootKnown);
}

TEST_CASE("Xen's own slots are gaps that say so, and add no alias")
{
    XenGuest guest;
    guest.map(direct, 0x20000, rwu | nx);
    guest.map(direct + frameBytes, 0x12000, p | bit::us | nx); // its own table, read-only
    const auto snapshot = guest.captureWithXen();
    const std::string text = runsText(*snapshot);
    CHECK(text.find("0xffff800000000000 512G L4 gap: not followed: Xen's own") != std::string::npos);
    CHECK(text.find("0xffff888000000000 4K L1 rw user nx -> 0x20000") != std::string::npos);
    CHECK(snapshot->tableFrames() == 4);
    const auto reached = reachedTables(*snapshot);
    const FrameMappings mappings(*snapshot, reached, {FrameNumber(1), FrameNumber(0x12)});
    CHECK(mappings.tally(0).entries == 0);
    CHECK(mappings.tally(1).entries == 1);
    CHECK(mappings.tally(1).writable == 0);
}

TEST_CASE("a table that Xen has and no root leads to is a detached one")
{
    XenGuest guest;
    guest.type(0x30, XenFrameType::L1, true, 1);
    guest.set(0x30000, 5, 0x12000 | rwu | nx);
    const auto snapshot = guest.captureWithXen();
    const TableId id = snapshot->find(PhysicalAddress(0x30000), 1);
    REQUIRE(id != noTable);
    CHECK(snapshot->table(id).origin == TableOrigin::Detached);
    const auto counts = countXenTypes(*snapshot);
    CHECK(counts.tables[1] == 1);
    CHECK(counts.tables[4] == 1);
    CHECK(counts.pinned == 2);
    CHECK(counts.notReached == 1);
}

TEST_CASE("runs end where the guest's frame numbers do not go on, and are written with both numbers")
{
    XenGuest guest;
    guest.give(0x22, 0x1999, XenGuest::dom0Struct);
    for (unsigned page = 0; page < 4; ++page)
        guest.map(direct + page * frameBytes, (0x20 + page) * frameBytes, rwu | nx);
    const auto snapshot = guest.captureWithXen();
    std::ostringstream csv;
    const auto writer = makeRunWriter(RunFormat::Csv, *snapshot, csv, {});
    writer->begin();
    forEachRun(
        *snapshot, {}, [&](const Run& run) { return run.kind != RunKind::Mapping || writer->write(run); });
    CHECK(csv.str().find(",0x20000,0x1020,0x20,") != std::string::npos);
    CHECK(csv.str().find(",0x22000,0x1999,0x22,") != std::string::npos);
    CHECK(csv.str().find(",0x23000,0x1023,0x23,") != std::string::npos);
}

TEST_CASE("filters know both numbers")
{
    XenGuest guest;
    guest.map(direct, 0x20000, rwu | nx);
    const auto snapshot = guest.captureWithXen();
    SnapshotKnowledge known(snapshot);
    const SymbolTable symbols;
    const auto matches = [&](std::string_view text) {
        unsigned count = 0;
        const auto filter = Filter::parse(text, known.lookup(symbols));
        REQUIRE(filter);
        forEachRun(*snapshot, {}, *filter, known.knowledge(), [&](const Run&) { return ++count != 0; });
        return count;
    };
    CHECK(matches("mfn == 0x20") == 1);
    CHECK(matches("pfn == 0x1020") == 1);
    CHECK(matches("pfn == 0x20") == 0);
    // A frame as findings print it means the same in a field of either count, and in one of addresses.
    CHECK(matches("pfn == mfn:0x20 and mfn == pfn:0x1020 and pa == frame:0x20") == 1);
    CHECK(matches("pa in pfn:0x1020..pfn:0x1021") == 1);
    CHECK_FALSE(Filter::parse("pfn == pfn:0x20", known.lookup(symbols)));
}

namespace {

std::string piecesText(const std::vector<FramePiece>& pieces)
{
    std::string text;
    for (const FramePiece& piece : pieces)
        text += hexText(piece.guest.value) + " at " + hexText(piece.frames.begin.value) + ".."
            + hexText(piece.frames.end.value) + '\n';
    return text;
}

} // namespace

TEST_CASE("a range of a domain's own frames is looked up page by page")
{
    // Domain 1 has its frames in three pieces, out of order, with a hole; the last extent claims numbers that
    // the second has already.
    const XenExtents extents({{FrameNumber(0x100), GuestFrame(0x28), 8, 1},
        {FrameNumber(0x200), GuestFrame(0x20), 8, 1}, {FrameNumber(0x300), GuestFrame(0x20), 0x100, 2},
        {FrameNumber(0x400), GuestFrame(0x40), 4, 1}, {FrameNumber(0x500), GuestFrame(0x22), 0x10, 1}});
    CHECK(piecesText(extents.pieces(1, {GuestFrame(0x1e), GuestFrame(0x42)}))
        == "0x20 at 0x200..0x208\n0x28 at 0x100..0x108\n0x30 at 0x50e..0x510\n0x40 at 0x400..0x402\n");
    CHECK(piecesText(extents.pieces(1, {GuestFrame(0x24), GuestFrame(0x26)})) == "0x24 at 0x204..0x206\n");
    CHECK(piecesText(extents.pieces(3, {GuestFrame(0), GuestFrame(0x1000)})).empty());
    CHECK(extents.machineFrame(1, GuestFrame(0x2f)) == FrameNumber(0x107));
    CHECK(extents.machineFrame(2, GuestFrame(0x2f)) == FrameNumber(0x30f));
    CHECK_FALSE(extents.machineFrame(1, GuestFrame(0x32)));
    CHECK_FALSE(extents.machineFrame(1, GuestFrame(0x1f)));
}

TEST_CASE("each number of a domain is found where its extent says, whatever the extents are")
{
    // Numbers that a hostile machine-to-physical table could give: any, several times, up to the last one.
    std::mt19937 random(1);
    for (int round = 0; round < 200; ++round) {
        std::vector<XenExtent> list;
        std::uint64_t machine = 0;
        for (int i = 0; i < 12; ++i) {
            machine += random() % 4;
            const std::uint64_t frames = random() % 9 + 1;
            const bool last = random() % 16 == 0;
            list.push_back({FrameNumber(machine), GuestFrame(last ? ~0ULL - random() % 3 : random() % 40),
                frames, static_cast<std::uint16_t>(random() % 2)});
            machine += frames;
        }
        const XenExtents extents(list);
        for (std::uint64_t number = 0; number < 50; ++number) {
            const GuestFrame guest(number);
            const auto first = std::find_if(list.begin(), list.end(), [&](const XenExtent& extent) {
                return extent.domain == 1 && extent.guest <= guest && guest - extent.guest < extent.frames;
            });
            const auto expected
                = first == list.end() ? std::nullopt : std::optional(first->machine + (guest - first->guest));
            CHECK(extents.machineFrame(1, guest) == expected);
        }
    }
}

namespace {

/// dom0 with a live pgt_buf of pfn 0x1020 to 0x1028, four of its pages handed out, whose machine frames are
/// anywhere: the kernel counts on, the machine does not.
struct ScatteredBuffer : XenGuest {
    static constexpr std::array<std::uint64_t, 8> machine{
        0x120, 0x3f0, 0x121, 0x90, 0x91, 0x200, 0x77, 0x3ff};

    ScatteredBuffer()
    {
        // The frames that had these numbers get those which are free now.
        for (std::uint64_t i = 0; i < machine.size(); ++i) {
            give(0x20 + i, firstGuestFrame + machine[i], dom0Struct);
            give(machine[i], firstGuestFrame + 0x20 + i, dom0Struct);
        }
        buffer.trust = PgtBufTrust::Live;
        buffer.enforced = true;
        buffer.epochs = {{GuestFrame(0x1020), GuestFrame(0x1024), GuestFrame(0x1028), false}};
    }

    /// As a live session captures: what Xen has as tables, and what the buffer handed out.
    SnapshotPtr capture()
    {
        SnapshotBuilder builder(memory, cpu, features);
        const auto state = probe();
        builder.setXen(state);
        CaptureOptions options;
        options.root = state->root;
        if (auto done = builder.captureTables(options); !done)
            throw std::runtime_error(done.error().message());
        builder.setPgtBuf(buffer);
        builder.setRipSymbol(ripSymbol);
        const auto detached = findDetachedTables(builder.peek(), memory, buffer);
        if (!detached)
            throw std::runtime_error(detached.error().message());
        if (auto done = builder.captureDetached(detached->roots(), options); !done)
            throw std::runtime_error(done.error().message());
        return builder.finish();
    }
    RuleReport readOnly() { return check(RuleContext(capture()), "xen-ro"); }

    PageTableBuffer buffer;
    std::string ripSymbol;
};

} // namespace

TEST_CASE("a buffer whose pages lie anywhere in the machine is followed page by page")
{
    ScatteredBuffer guest;
    const auto snapshot = guest.capture();
    REQUIRE(snapshot->pgtBuf().epochs.size() == 1);
    CHECK(snapshot->bufferPlace(FrameNumber(0x90)) == BufferPlace::Used);
    CHECK(snapshot->bufferPlace(FrameNumber(0x91)) == BufferPlace::Reserved);
    CHECK(snapshot->bufferPlace(FrameNumber(0x21)) == BufferPlace::Outside);
    const FrameContent content = frameContent(FrameRoles(snapshot), {}, {});
    const auto cells = frameCells(
        bufferContent(content, *snapshot, snapshot->pgtBuf().epochs.front().whole()), FrameNumber(0), 0, 8);
    for (std::size_t i = 0; i < cells.size(); ++i)
        CHECK((cells[i].look == FrameLook::PgtBufReserved) == (i >= 4));
    CHECK(pgtBufText(*snapshot) == "pgt_buf pfn 0x1020..0x1028, 4 of 8 pages are tables");
}

TEST_CASE("a buffer in three hundred machine pieces, whose top the domain does not have, is followed whole")
{
    ScatteredBuffer guest;
    const auto machineOf = [](std::uint64_t i) { return 0x100 + i % 3 * 100 + i / 3; };
    for (std::uint64_t i = 0; i < 300; ++i)
        guest.give(machineOf(i), 0x5000 + i, XenGuest::dom0Struct);
    guest.buffer.epochs = {{GuestFrame(0x5000), GuestFrame(0x5080), GuestFrame(0x5000 + 300), false}};
    // pfn 0x5010 is a filled L1 that maps pfn 0x5011, which was handed out, and the last one of the buffer.
    const std::uint64_t holder = machineOf(0x10) << frameShift;
    guest.memory.write64(holder + 8, machineOf(0x11) << frameShift | rwu | nx);
    guest.memory.write64(holder + 16, machineOf(299) << frameShift | rwu | nx);
    const auto snapshot = guest.capture();
    CHECK(snapshot->pieces(guest.buffer.epochs.front().whole()).size() == 300);
    CHECK_FALSE(snapshot->frame(guest.buffer.epochs.front().top));
    CHECK(snapshot->find(PhysicalAddress(holder), 1) != noTable);
    CHECK(pgtBufText(*snapshot) == "pgt_buf pfn 0x5000..0x512c, 128 of 300 pages are tables");
    const auto report = check(RuleContext(snapshot), "xen-ro");
    CHECK(report.coverage.gaps.empty());
    CHECK(report.count(FindingState::Violation) == 1);
    CHECK(report.count(FindingState::Pending) == 1);
    CHECK(findingsText(report).find("violation " + hexText(machineOf(0x11))) != std::string::npos);
    CHECK(findingsText(report).find("pending " + hexText(machineOf(299))) != std::string::npos);
}

TEST_CASE("a page of a scattered buffer that a detached table maps writable is a violation")
{
    ScatteredBuffer guest;
    // pfn 0x1021 is a filled L1, pinned and hooked in nowhere; it maps pfn 0x1023, handed out later, and
    // pfn 0x1025, which is not handed out yet.
    guest.memory.write64(0x3f0008, 0x90000 | rwu | nx);
    guest.memory.write64(0x3f0010, 0x200000 | rwu | nx);
    guest.type(0x3f0, XenFrameType::L1, true, 1);
    const auto report = guest.readOnly();
    CHECK(
        findingsText(report) == "violation 0x90 at 0x3f0008 detached\npending 0x200 at 0x3f0010 detached\n");
    CHECK(report.findings.front().summary.find("(pfn:0x1023)") != std::string::npos);
}

TEST_CASE("a page that is being made is no violation while a root reaches what maps it")
{
    ScatteredBuffer guest;
    guest.map(direct + 0x23000, 0x90000, rwu | nx);
    guest.memory.write64(0x90008, 0x50000 | p | bit::us);
    auto report = guest.readOnly();
    CHECK(report.count(FindingState::Violation) == 0);
    REQUIRE(report.count(FindingState::Transient) == 1);
    CHECK(report.findings.front().summary.find("being made") != std::string::npos);
    SECTION("once the kernel dies of it, it was refused")
    {
        guest.ripSymbol = "panic+0x0";
        report = guest.readOnly();
        CHECK(report.count(FindingState::Violation) == 1);
        CHECK(report.count(FindingState::Pending) == 0);
        CHECK(report.findings.front().summary.find("dying in panic+0x0") != std::string::npos);
    }
    SECTION("but not the directory that a slot is still open to, which Xen was not asked about")
    {
        constexpr std::uint64_t slot = 0xffffffffff240000;
        guest.map(direct + 0x21000, 0x3f0000, rwu | nx);
        guest.map(slot, 0x3f0000, rwu | nx);
        const RuleContext alive(guest.capture());
        for (const Alias& alias : alive.bufferMappings().aliases(FrameNumber(0x3f0), 8))
            if (alias.linear.value == slot)
                guest.buffer.bmPte = PhysicalAddress(alias.entryAddress.value & ~(frameBytes - 1));
        REQUIRE(guest.buffer.bmPte);
        guest.ripSymbol = "panic+0x0";
        report = guest.readOnly();
        CHECK(report.count(FindingState::Violation) == 1);
        CHECK(report.findings.front().frame == FrameNumber(0x90));
        CHECK(report.count(FindingState::Transient) == 2);
    }
    SECTION("once Xen has it as a table, nobody may write to it")
    {
        guest.type(0x90, XenFrameType::L1, true, 1);
        CHECK(guest.readOnly().count(FindingState::Violation) == 1);
    }
}

TEST_CASE("a buffer that spans a hole, or ends where the domain ends, is looked at as far as it goes")
{
    ScatteredBuffer guest;
    // Nobody owns the frames of pfn 0x1022 and 0x1027 any more; 0x1028 to 0x102a never had any.
    guest.give(0x121, ~0ULL, 0);
    guest.give(0x3ff, ~0ULL, 0);
    guest.map(direct + 0x25000, 0x200000, rwu | nx);
    const auto report = guest.readOnly();
    CHECK(findingsText(report).find("pending 0x200 at ") == 0);
    CHECK(report.incomplete() == "2 frames of pgt_buf have no known machine frames: they were not checked");
}

TEST_CASE("walk and frame_table agree, or the rule says where they do not")
{
    XenGuest guest;
    guest.map(direct, 0x20000, rwu | nx);
    const auto report = [&] { return check(RuleContext(guest.captureWithXen()), "xen-types"); };
    CHECK(report().total() == 0);
    SECTION("a frame that serves as a table without the type")
    {
        guest.type(0x12, XenFrameType::Writable, false, 1);
        const auto found = report();
        CHECK(findingsText(found) == "violation 0x12 at 0x11000\n");
        CHECK(found.findings.front().summary.find("(pfn:0x1012)") != std::string::npos);
        CHECK(found.findings.front().summary.find("to Xen it is no page table") != std::string::npos);
    }
    SECTION("a type of another level")
    {
        guest.type(0x11, XenFrameType::L1, false, 1);
        CHECK(report().count(FindingState::Violation) == 1);
    }
    SECTION("a root that is none")
    {
        guest.type(1, XenFrameType::None, false, 0);
        CHECK(report().count(FindingState::Violation) == 1);
    }
    SECTION("a pinned table that nothing leads to is noted")
    {
        guest.type(0x30, XenFrameType::L1, true, 1);
        CHECK(findingsText(report()) == "note 0x30 at 0x30000 detached\n");
    }
}

TEST_CASE("a page that Xen refused is found beside the tables that it took, by what stands in it")
{
    XenGuest guest;
    guest.type(0x30, XenFrameType::L1, true, 1);
    for (unsigned index = 0; index < 512; ++index)
        guest.set(0x31000, index, index < 8 ? 0 : (0x80ULL + index) << frameShift | rwu | nx);
    const auto found = [&] {
        std::vector<std::uint64_t> frames;
        const auto refused = refusedTables(*guest.captureWithXen(), guest.memory);
        REQUIRE(refused);
        for (const DetachedRoot& table : *refused)
            frames.push_back(frameOf(table.address).value);
        return frames;
    };
    CHECK(found() == std::vector<std::uint64_t>{0x31});
    SECTION("one that Xen took is none")
    {
        guest.type(0x31, XenFrameType::L1, true, 1);
        CHECK(found().empty());
    }
    SECTION("a page that holds anything else is none")
    {
        guest.set(0x31000, 300, 0x1234567890123);
        CHECK(found().empty());
    }
    SECTION("nor one whose entries lead here and there")
    {
        for (unsigned index = 0; index < 512; ++index)
            guest.set(0x31000, index, (0x80ULL + index * 7 % 512) << frameShift | rwu | nx);
        CHECK(found().empty());
    }
    SECTION("nor one with frames of another domain")
    {
        guest.set(0x31000, 300, 0x500ULL << frameShift | rwu | nx);
        CHECK(found().empty());
    }
    SECTION("nor one that lies apart from all tables")
    {
        for (unsigned index = 0; index < 512; ++index)
            guest.set(0x38000, index, (0x80ULL + index) << frameShift | rwu | nx);
        CHECK(found() == std::vector<std::uint64_t>{0x31});
    }
}

TEST_CASE("without Xen, and where its books were not read, the rule is not evaluated")
{
    RuleGuest native;
    CHECK_FALSE(check(native.context(), "xen-types").notEvaluated().empty());
    XenGuest guest;
    guest.give(1, 0x1001, 0);
    guest.memory.write32(XenGuest::info(1) + xen::ownerFrame, 0);
    CHECK_FALSE(check(RuleContext(guest.captureWithXen()), "xen-types").notEvaluated().empty());
}

TEST_CASE("the read-only rule counts what Xen has as a table, reached or not, and names its type")
{
    XenGuest guest;
    guest.map(direct, 0x30000, rwu | nx);
    const auto report = [&] { return check(RuleContext(guest.captureWithXen()), "xen-ro"); };
    CHECK(report().total() == 0);
    guest.type(0x30, XenFrameType::L1, true, 1);
    const auto found = report();
    REQUIRE(found.count(FindingState::Violation) == 1);
    CHECK(found.standing == Standing::Broken);
    const Finding& finding = found.findings.front();
    CHECK(
        finding.summary.find("frame:0x30 (pfn:0x1030) is a detached table of level 1") != std::string::npos);
    const auto clause = std::ranges::find_if(
        finding.clauses, [](const Clause& c) { return c.text.find("frame_table") != std::string::npos; });
    REQUIRE(clause != finding.clauses.end());
    CHECK(clause->values == "frame:0x30 (pfn:0x1030): L1 table, pinned, 1 use");
    CHECK(clause->holds);
}

TEST_CASE("a table of one's own in the making is harmless to Xen until Xen is to take it")
{
    XenGuest guest;
    guest.map(direct, 0x30000, rwu | nx);
    const auto state = guest.probe();
    SnapshotBuilder builder(guest.memory, guest.cpu, guest.features);
    builder.setXen(state);
    CaptureOptions options;
    options.detached = {{PhysicalAddress(0x30000), 1}};
    REQUIRE(builder.captureTables(options));
    const auto report = check(RuleContext(builder.finish()), "xen-ro");
    CHECK(report.count(FindingState::Violation) == 0);
    CHECK(report.count(FindingState::Pending) == 0);
    CHECK(report.count(FindingState::Transient) == 1);
}
