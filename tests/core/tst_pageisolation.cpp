// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/linux/pageisolation.h"
#include "core/model/assembly.h"
#include "core/rules/rule.h"
#include "core/steps/diff.h"
#include "core/walk/framemappings.h"
#include "core/walk/translation.h"
#include "isolatedguest.h"
#include "tests/support/catch.h"
#include "tests/support/temporarydirectory.h"

using namespace pgtscope::tests;

namespace {

/// A line a table: "0x4000 4" of those that the root reaches, "0x5000 4 other" of the other half's.
std::string tablesText(const Snapshot& snapshot)
{
    std::string text;
    for (const Table& table : snapshot.tables())
        text += hexText(table.address.value) + ' ' + std::to_string(table.level)
            + (table.origin == TableOrigin::OtherHalf        ? " other\n"
                    : table.origin == TableOrigin::Reachable ? "\n"
                                                             : " detached\n");
    return text;
}

constexpr std::string_view fromKernel
    = "0x4000 4\n0x10000 3\n0x12000 3\n0x13000 3\n0x5000 4 other\n0x11000 3 other\n";

} // namespace

TEST_CASE("KPTI: at a stop in user mode the kernel's half is the even frame beside CR3")
{
    IsolatedGuest guest;
    CHECK(guest.half() == PhysicalAddress(IsolatedGuest::kernelRoot));
    CaptureOptions options;
    options.root = PhysicalAddress(IsolatedGuest::kernelRoot);
    CHECK(rootText(*guest.capture(options)) == "KPTI's kernel half");
    CHECK(rootText(*guest.capture()) == "CR3");
    options.root = PhysicalAddress(0x7000);
    CHECK(rootText(*guest.capture(options)) == "chosen");
}

TEST_CASE("KPTI: each half knows the other, wherever the CPU stopped")
{
    IsolatedGuest guest;
    const Paging paging(guest.cpu.control, guest.features);
    const auto other
        = [&](std::uint64_t root) { return otherHalf(guest.memory, paging, PhysicalAddress(root)).value(); };
    CHECK(other(IsolatedGuest::kernelRoot) == PhysicalAddress(IsolatedGuest::userRoot));
    CHECK(other(IsolatedGuest::userRoot) == PhysicalAddress(IsolatedGuest::kernelRoot));
    CHECK_FALSE(other(0x8000));
    guest.cpu.control.cr3 = IsolatedGuest::kernelRoot;
    CHECK_FALSE(guest.half());
}

TEST_CASE(
    "KPTI: before the first process the two halves are known by a table of the kernel's that both lead to")
{
    IsolatedGuest guest;
    guest.set(IsolatedGuest::userRoot, 0, 0);
    guest.set(IsolatedGuest::kernelRoot, 0, 0);
    guest.set(IsolatedGuest::userRoot, 508, 0x12000 | rw); // as pti_clone_p4d() leaves it
    const Paging paging(guest.cpu.control, guest.features);
    const auto other
        = [&](std::uint64_t root) { return otherHalf(guest.memory, paging, PhysicalAddress(root)).value(); };
    CHECK(other(IsolatedGuest::kernelRoot) == PhysicalAddress(IsolatedGuest::userRoot));
    CHECK(other(IsolatedGuest::userRoot) == PhysicalAddress(IsolatedGuest::kernelRoot));
    // Filled by no pti_init() yet.
    guest.set(IsolatedGuest::userRoot, 508, 0);
    CHECK_FALSE(other(IsolatedGuest::kernelRoot));
}

TEST_CASE("KPTI: with five levels the table that both lead to is a level below their roots")
{
    constexpr std::uint64_t kernelRoot = 0x4000, userRoot = 0x5000;
    Guest guest(PagingMode::Level5);
    guest.set(kernelRoot, 273, 0x10000 | rw); // the direct map
    guest.set(kernelRoot, 511, 0x11000 | rw);
    guest.set(userRoot, 511, 0x12000 | rw);
    guest.set(0x11000, 508, 0x13000 | rw);
    const Paging paging(guest.cpu.control, guest.features);
    const auto other = [&] { return otherHalf(guest.memory, paging, PhysicalAddress(kernelRoot)).value(); };
    CHECK_FALSE(other());
    guest.set(0x12000, 508, 0x14000 | rw);
    CHECK_FALSE(other());
    guest.set(0x12000, 508, 0x13000 | rw);
    CHECK(other() == PhysicalAddress(userRoot));
}

TEST_CASE("KPTI: the frame beside CR3 is believed only if it looks like the other half")
{
    IsolatedGuest guest;
    SECTION("CR3 is in an even frame: it is the kernel's half, or there are none")
    {
        guest.cpu.control.cr3 = IsolatedGuest::kernelRoot;
    }
    SECTION("another process's root: it has other pages in user space")
    {
        guest.set(IsolatedGuest::kernelRoot, 0, 0x20000 | rwu);
    }
    SECTION("a root with more in user space") { guest.set(IsolatedGuest::kernelRoot, 3, 0x20000 | rwu); }
    SECTION("nothing of the kernel's that user mode lacks")
    {
        guest.set(IsolatedGuest::userRoot, 511, 0x13000 | rw);
    }
    SECTION("a page without anything in user space tells nothing")
    {
        guest.set(IsolatedGuest::userRoot, 0, 0);
        guest.set(IsolatedGuest::kernelRoot, 0, 0);
    }
    SECTION("32-bit paging") { guest.cpu.control = registersFor(PagingMode::Pae, IsolatedGuest::userRoot); }
    SECTION("no RAM there") { guest.cpu.control.cr3 = 0x4000'0000'1000; }
    CHECK_FALSE(guest.half());
}

TEST_CASE("KPTI: both halves are captured, what they share once")
{
    IsolatedGuest guest;
    const auto snapshot = guest.both();
    CHECK(tablesText(*snapshot) == fromKernel);
    CHECK(snapshot->tableFrames() == 6);
    CHECK(snapshot->otherHalf() == PhysicalAddress(IsolatedGuest::userRoot));
    CHECK(snapshot->table(snapshot->otherRoot()).address == PhysicalAddress(IsolatedGuest::userRoot));
    // The other half is none of the walk's.
    CHECK(translate(*snapshot, LinearAddress(0xfffffe0000000000)).steps[0].entryAddress
        == PhysicalAddress(IsolatedGuest::kernelRoot + 508 * 8));
}

TEST_CASE("KPTI: the same stop from the other half, and back")
{
    IsolatedGuest guest;
    const auto kernel = guest.both();
    const auto user = fromOtherHalf(*kernel);
    REQUIRE(user);
    CHECK(user->root() == PhysicalAddress(IsolatedGuest::userRoot));
    CHECK(user->otherHalf() == PhysicalAddress(IsolatedGuest::kernelRoot));
    CHECK(rootText(*user) == "KPTI's user half");
    CHECK(tablesText(*user)
        == "0x5000 4\n0x4000 4 other\n0x10000 3\n0x12000 3 other\n0x13000 3 other\n0x11000 3\n");
    CHECK(translate(*user, LinearAddress(0xffffffff81000000)).steps.size() == 1);
    const auto again = fromOtherHalf(*user);
    REQUIRE(again);
    CHECK(again->root() == PhysicalAddress(IsolatedGuest::kernelRoot));
    // Recordings made before the other half was captured have its root alone.
    auto parts = partsOf(*kernel);
    std::erase_if(parts.tables, [](const Table& t) { return t.origin == TableOrigin::OtherHalf; });
    CHECK(fromOtherHalf(*assembleSnapshot(std::move(parts)).value()) == nullptr);
}

TEST_CASE("KPTI: a page of a process is mapped in both halves, each with its own rights")
{
    IsolatedGuest guest;
    guest.set(0x10000, 0, 0x14000 | rwu);
    guest.set(0x14000, 0, 0x15000 | rwu);
    guest.set(0x15000, 0, 0x20000 | rwu);
    guest.set(0x11000, 0, 0x16000 | rw);
    guest.set(0x16000, 0, 0x17000 | rw);
    guest.set(0x17000, 0, 0x20000 | p);
    const auto snapshot = guest.both();
    const auto reached = reachedTables(*snapshot);
    const FrameMappings mappings(
        *snapshot, reached, {FrameNumber(0x20)}, FrameMappings::defaultListed, ReachChoice::Every);
    std::string text;
    for (const Alias& alias : mappings.aliases(FrameNumber(0x20), 10))
        text += hexText(alias.entryAddress.value) + (alias.rights.write ? " RW" : " RO")
            + (alias.rights.execute ? " X " : " NX ") + std::string(halfName(alias.reach.half))
            + (alias.reach.otherHalf ? " other\n" : "\n");
    CHECK(text == "0x15000 RW NX kernel\n0x15000 RW X user other\n0x17000 RO X user other\n");
    // An entry counts once, as the walked half has it.
    CHECK(FrameMappings(*snapshot, reached, {FrameNumber(0x20)}).tally(0).entries == 2);
}

TEST_CASE("KPTI: a recording has both halves, and a step that changes the other one")
{
    IsolatedGuest guest;
    const auto first = guest.both();
    guest.set(0x11000, 7, 0x18000 | rw);
    const auto second = guest.both();
    CHECK(diffSnapshots(*first, *second, {}).tables.entries.size() == 1);
    const pgtscope::test::TemporaryDirectory directory;
    const std::string file = (directory / "halves.pgtrec").string();
    record(file, {first, second});
    const auto timeline = Timeline::open(file).value();
    CHECK(tablesText(**timeline->snapshot(0)) == fromKernel);
    CHECK(tablesText(**timeline->snapshot(1)) == tablesText(*second));
    CHECK(fromOtherHalf(**timeline->snapshot(1))->root() == PhysicalAddress(IsolatedGuest::userRoot));
}

TEST_CASE("KPTI: until the first process the user half's copies of the text are as pti_init() made them")
{
    constexpr std::uint64_t image = 0xffffffff81000000;
    IsolatedGuest guest;
    guest.set(0x13000, 510, 0x14000 | rw);
    guest.set(0x14000, 8, 0x15000 | rw);
    guest.set(0x15000, 0, 0x100000 | p); // mark_rodata_ro() has been here
    guest.set(0x15000, 511, 0x102000 | rw | nx);
    guest.set(IsolatedGuest::userRoot, 508, 0x12000 | rw);
    guest.set(IsolatedGuest::userRoot, 511, 0x16000 | rw);
    guest.set(0x16000, 510, 0x17000 | rw);
    guest.set(0x17000, 8, 0x18000 | rw);
    guest.set(0x18000, 0, 0x100000 | rw); // but not here
    const auto writable = [&] {
        SnapshotBuilder builder(guest.memory, guest.cpu, guest.features);
        CaptureOptions options;
        options.root = PhysicalAddress(IsolatedGuest::kernelRoot);
        REQUIRE(builder.captureTables(options));
        REQUIRE(builder.captureOtherHalf(PhysicalAddress(IsolatedGuest::userRoot), options));
        builder.setLinearRegions(
            {{"kernel", "High Kernel Mapping", {LinearAddress(image), LinearAddress(image + 0x3000)}}});
        builder.setPhysicalRegions(
            {{"kernel_text", "kernel text", {PhysicalAddress(0x100000), PhysicalAddress(0x101000)}}});
        return findRule("w-x")->check(RuleContext(builder.finish()));
    };
    CHECK(writable().broken() == 1);
    guest.set(IsolatedGuest::userRoot, 0, 0);
    guest.set(IsolatedGuest::kernelRoot, 0, 0);
    const auto before = writable();
    CHECK(before.broken() == 0);
    CHECK(before.totals.of(Standing::Expected) == 1);
    CHECK(before.findings.front().standing == Standing::Expected);
    // The kernel's own half is in use.
    guest.set(IsolatedGuest::kernelRoot, 300, 0x19000 | rw);
    guest.set(0x19000, 0, 0x1a000 | rw);
    guest.set(0x1a000, 0, 0x1b000 | rw);
    guest.set(0x1b000, 0, 0x110000 | rw);
    CHECK(writable().broken() == 1);
}
