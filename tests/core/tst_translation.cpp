// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/catch.h"

#include "core/walk/translation.h"
#include "tests/core/tablebuilder.h"

using namespace pgtscope::tests;

namespace {

Guest fourLevels()
{
    Guest guest(PagingMode::Level4);
    guest.set(0x1000, 256, 0x2000 | rwu);
    guest.set(0x2000, 1, 0x3000 | rw);
    guest.set(0x3000, 2, 0x4000 | rwu | nx);
    guest.set(0x4000, 3, 0x9000 | rwu);
    return guest;
}
// Indexes 256, 1, 2, 3.
constexpr LinearAddress inPage{0xffff800040403123};

} // namespace

TEST_CASE("A translation keeps every step with its entry, address and the rights so far")
{
    Guest guest = fourLevels();
    const auto snapshot = guest.capture();
    const Translation t = translate(*snapshot, inPage);
    REQUIRE(t.end == TranslationEnd::Mapped);
    CHECK(t.physical.value == 0x9123);
    CHECK(t.pageBytes == 4096);
    REQUIRE(t.steps.size() == 4);
    CHECK(t.steps[0].entryAddress.value == 0x1800);
    CHECK(t.steps[3].entryAddress.value == 0x4018);
    CHECK(t.steps[0].rights == Rights{});
    CHECK(t.steps[1].rights == Rights{true, false, true});
    CHECK(t.steps[2].rights == Rights{true, false, false});
    CHECK(t.rights == Rights{true, false, false});
    CHECK(t.pageFault(snapshot->paging(), AccessKind::Read, true) == 5U);
    CHECK(t.pageFault(snapshot->paging(), AccessKind::Fetch, false) == 0x11U);
    CHECK_FALSE(t.pageFault(snapshot->paging(), AccessKind::Write, false));
}

TEST_CASE("Offsets within large pages")
{
    Guest guest(PagingMode::Level4);
    guest.set(0x1000, 0, 0x2000 | rw);
    guest.set(0x2000, 0, 0x3000 | rw);
    guest.set(0x2000, 1, 0x80000000 | rw | bit::ps);
    guest.set(0x3000, 1, 0x00600000 | rw | bit::ps);
    const auto snapshot = guest.capture();
    CHECK(translate(*snapshot, LinearAddress(0x7fffffff)).physical.value == 0xbfffffff);
    CHECK(translate(*snapshot, LinearAddress(0x7fffffff)).pageBytes == 1ULL << 30);
    CHECK(translate(*snapshot, LinearAddress(0x3fffff)).physical.value == 0x7fffff);
}

TEST_CASE("PSE-36 and a PAE root in the midst of a page")
{
    Guest small(PagingMode::Bits32);
    small.set(0x1000, 2, 0x00c00000 | 0x5U << 13 | rw | bit::ps);
    CHECK(translate(*small.capture(), LinearAddress(0x00812345)).physical.value == 0x500c12345);

    Guest pae(PagingMode::Pae);
    pae.cpu.control.cr3 = 0x1fe0;
    pae.set(0x1fe0, 2, 0x2000 | p);
    pae.set(0x2000, 5, 0x3000 | rw);
    pae.set(0x3000, 6, 0x7000 | rw);
    const Translation t = translate(*pae.capture(), LinearAddress(0x80a06abc));
    CHECK(t.physical.value == 0x7abc);
    CHECK(t.steps[0].entryAddress.value == 0x1ff0);
}

TEST_CASE("Not present: the fault code has no P bit; the steps end at the entry")
{
    Guest guest = fourLevels();
    const auto snapshot = guest.capture();
    const Translation t = translate(*snapshot, LinearAddress(0xffff800040405000));
    CHECK(t.end == TranslationEnd::NotPresent);
    CHECK(t.steps.size() == 4);
    CHECK(t.pageFault(snapshot->paging(), AccessKind::Read, false) == 0U);
    CHECK(t.pageFault(snapshot->paging(), AccessKind::Write, true) == 6U);
    CHECK(t.pageFault(snapshot->paging(), AccessKind::Fetch, true) == 0x14U);
    CHECK(translate(*snapshot, LinearAddress(0)).steps.size() == 1);
}

TEST_CASE("Reserved bits: P and RSVD are set in the code")
{
    Guest guest = fourLevels();
    guest.features.physicalAddressBits = 36;
    guest.set(0x2000, 1, 0x3000 | rw | 1ULL << 40);
    const auto snapshot = guest.capture();
    const Translation t = translate(*snapshot, inPage);
    CHECK(t.end == TranslationEnd::ReservedBits);
    CHECK(t.steps.size() == 2);
    CHECK(t.pageFault(snapshot->paging(), AccessKind::Write, true) == 0xfU);
}

TEST_CASE("Addresses that are not canonical end in #GP, never in a page fault")
{
    Guest guest = fourLevels();
    const auto snapshot = guest.capture();
    const Translation t = translate(*snapshot, LinearAddress(0x0000800000000000));
    CHECK(t.end == TranslationEnd::NotCanonical);
    CHECK(t.steps.empty());
    CHECK_FALSE(t.pageFault(snapshot->paging(), AccessKind::Read, true));
}

TEST_CASE("Paging off: linear is physical")
{
    Guest guest(PagingMode::Off);
    const Translation t = translate(*guest.capture(), LinearAddress(0x7c00));
    CHECK(t.end == TranslationEnd::PagingOff);
    CHECK(t.physical.value == 0x7c00);
    CHECK_FALSE(t.pageFault(guest.capture()->paging(), AccessKind::Write, true));
    std::uint64_t word = 0;
    guest.memory.write64(0x7c00, 7);
    CHECK(readLinear(
        *guest.capture(), guest.memory, LinearAddress(0x7c00), std::as_writable_bytes(std::span(&word, 1))));
    CHECK(word == 7);
}

TEST_CASE("Without any table an address leads nowhere that is known")
{
    Guest guest(PagingMode::Level4);
    SnapshotBuilder builder(guest.memory, guest.cpu, guest.features);
    const Translation t = translate(*builder.finish(), LinearAddress(0x7c00));
    CHECK(t.end == TranslationEnd::Gap);
    CHECK(t.gap == TableState::Unreadable);
    CHECK(t.steps.empty());
}

TEST_CASE("A table that was not read is a gap, not a missing page")
{
    Guest guest = fourLevels();
    guest.set(0x3000, 2, 0x90000000 | rw);
    const Translation t = translate(*guest.capture(), inPage);
    CHECK(t.end == TranslationEnd::Gap);
    CHECK(t.gap == TableState::OutsideRam);
    CHECK(t.steps.size() == 3);

    guest.cpu.control.cr3 = 0x7fff00000000;
    CHECK(translate(*guest.capture(), inPage).end == TranslationEnd::Gap);
}

TEST_CASE("A self-map gives the tables as pages")
{
    Guest guest = fourLevels();
    guest.set(0x1000, 510, 0x1000 | rw);
    // 510 at every level: the root itself.
    CHECK(translate(*guest.capture(), LinearAddress(0xffffff7fbfdfe000)).physical.value == 0x1000);
    // 510, 510, 510, 256: the PDPT.
    CHECK(translate(*guest.capture(), LinearAddress(0xffffff7fbfd00000)).physical.value == 0x2000);
}

TEST_CASE("Reading by linear address follows pages that are not contiguous")
{
    Guest guest = fourLevels();
    guest.set(0x4000, 4, 0x7000 | rw);
    guest.memory.write64(0x9ff8, 0x1111111111111111);
    guest.memory.write64(0x7000, 0x2222222222222222);
    const auto snapshot = guest.capture();
    std::array<std::uint64_t, 2> words{};
    const auto bytes = std::as_writable_bytes(std::span(words));
    REQUIRE(readLinear(*snapshot, guest.memory, LinearAddress(0xffff800040403ff8), bytes));
    CHECK(words[0] == 0x1111111111111111);
    CHECK(words[1] == 0x2222222222222222);
    CHECK_FALSE(readLinear(*snapshot, guest.memory, LinearAddress(0xffff800040404ff8), bytes));
    guest.memory.unreadable.insert(7);
    CHECK_FALSE(readLinear(*snapshot, guest.memory, LinearAddress(0xffff800040403ff8), bytes));
    guest.memory.broken = true;
    CHECK_FALSE(readLinear(*snapshot, guest.memory, LinearAddress(0xffff800040403ff8), bytes));
}

TEST_CASE("An entry is found by its place, in a table that was read")
{
    Guest guest = fourLevels();
    guest.set(0x3000, 5, 0x8000 | rw);
    guest.memory.unreadable = {8};
    const auto snapshot = guest.capture();
    const auto found = entryHeldAt(*snapshot, PhysicalAddress(0x401d)); // the midst of it
    REQUIRE(found);
    CHECK(found->index == 3);
    CHECK(found->entryAddress.value == 0x4018);
    CHECK(found->entry.target.value == 0x9000);
    CHECK_FALSE(entryHeldAt(*snapshot, PhysicalAddress(0x8018)));
    CHECK_FALSE(entryHeldAt(*snapshot, PhysicalAddress(0x9018)));
    // Where one table serves at several levels, the highest.
    guest.set(0x1000, 7, 0x1000 | rw);
    CHECK(entryHeldAt(*guest.capture(), PhysicalAddress(0x1038))->entry.level == 4);
}
