// SPDX-License-Identifier: GPL-2.0-or-later
// Section and table numbers are those of the Intel SDM, volume 3, chapter 4.
#include "tests/support/catch.h"

#include "tests/core/tablebuilder.h"

using namespace pgtscope::tests;

namespace {

Paging paging(PagingMode mode, const CpuFeatures& features = {})
{
    return Paging(registersFor(mode, 0x1000), features);
}

Paging pagingWith(PagingMode mode, std::uint64_t cr0, std::uint64_t cr4, std::uint64_t efer)
{
    ControlRegisters control = registersFor(mode, 0);
    control.cr0 = (control.cr0 & ~cr0Wp) | cr0;
    control.cr4 |= cr4;
    control.efer |= efer;
    return Paging(control, {});
}

CpuFeatures withBits(unsigned bits)
{
    CpuFeatures features;
    features.physicalAddressBits = bits;
    return features;
}

constexpr std::optional<std::uint32_t> fine;

} // namespace

TEST_CASE("The paging mode follows from CR0.PG, CR4.PAE, EFER.LMA and CR4.LA57")
{
    CHECK(paging(PagingMode::Off).mode() == PagingMode::Off);
    CHECK_FALSE(paging(PagingMode::Off).enabled());
    CHECK(paging(PagingMode::Bits32).name() == "32-bit");
    CHECK(paging(PagingMode::Pae).name() == "PAE");
    CHECK(paging(PagingMode::Level4).name() == "4-level");
    CHECK(paging(PagingMode::Level5).name() == "5-level");
    // Paging off wins, whatever the other bits prepare.
    ControlRegisters control = registersFor(PagingMode::Level5, 0x1000);
    control.cr0 &= ~cr0Pg;
    CHECK(Paging(control, {}).mode() == PagingMode::Off);
    // LME without LMA is a CPU that has not switched yet.
    control = registersFor(PagingMode::Pae, 0x1000);
    control.efer |= eferLme;
    CHECK(Paging(control, {}).mode() == PagingMode::Pae);
}

TEST_CASE("Levels, entry sizes and linear address widths of each mode")
{
    struct Expected {
        PagingMode mode;
        unsigned levels, bytes, bits;
        std::uint64_t topSpan;
    };
    const auto e = GENERATE(Expected{PagingMode::Bits32, 2, 4, 32, 4ULL << 20},
        Expected{PagingMode::Pae, 3, 8, 32, 1ULL << 30}, Expected{PagingMode::Level4, 4, 8, 48, 1ULL << 39},
        Expected{PagingMode::Level5, 5, 8, 57, 1ULL << 48});
    const Paging mode = paging(e.mode);
    CHECK(mode.levels() == e.levels);
    CHECK(mode.entryBytes() == e.bytes);
    CHECK(mode.linearBits() == e.bits);
    CHECK(mode.span(e.levels) == e.topSpan);
    CHECK(mode.span(1) == 4096);
}

TEST_CASE("CR3 gives the root without PCID, PWT and PCD; a PAE root is only 32-byte aligned")
{
    CHECK(paging(PagingMode::Bits32).root(0x12345fff).value == 0x12345000);
    CHECK(paging(PagingMode::Pae).root(0x1234567f).value == 0x12345660);
    // What a processor in long mode left above is not looked at.
    CHECK(paging(PagingMode::Bits32).root(0xffffffff12345000).value == 0x12345000);
    CHECK(paging(PagingMode::Pae).root(0xffffffff12345660).value == 0x12345660);
    CHECK(paging(PagingMode::Level4).root(0x8000000012345fff).value == 0x12345000);
    CHECK(paging(PagingMode::Level5, withBits(40)).root(0xffffff0012345018).value == 0x12345000);
}

TEST_CASE("Canonical addresses repeat the sign bit")
{
    const Paging four = paging(PagingMode::Level4);
    CHECK(four.canonical(LinearAddress(0x00007fffffffffff)));
    CHECK(four.canonical(LinearAddress(0xffff800000000000)));
    CHECK_FALSE(four.canonical(LinearAddress(0x0000800000000000)));
    CHECK_FALSE(four.canonical(LinearAddress(0xfffe800000000000)));
    const Paging five = paging(PagingMode::Level5);
    CHECK(five.canonical(LinearAddress(0x0000800000000000)));
    CHECK(five.canonical(LinearAddress(0xff00000000000000)));
    CHECK_FALSE(five.canonical(LinearAddress(0x0100000000000000)));
    CHECK(paging(PagingMode::Bits32).canonicalised(LinearAddress(0x1ffffffff)).value == 0xffffffff);
}

TEST_CASE("An entry without P says nothing, whatever its other bits")
{
    const Entry entry = paging(PagingMode::Level4).decode(1, ~1ULL);
    CHECK(entry.kind == EntryKind::NotPresent);
    CHECK_FALSE(entry.usable());
    CHECK(entry.reserved == 0);
}

TEST_CASE("PS makes a page of a PDE and a PDPTE, and is reserved above (tables 4-15 to 4-20)")
{
    const Paging four = paging(PagingMode::Level4);
    CHECK(four.decode(2, 0x40000000 | rw | bit::ps).isPage());
    CHECK(four.decode(3, 0x40000000 | rw | bit::ps).isPage());
    CHECK(four.decode(3, 0x40000000 | rw).isTable());
    CHECK(four.decode(4, 0x1000 | rw | bit::ps).reserved == bit::ps);
    CHECK(paging(PagingMode::Level5).decode(5, 0x1000 | rw | bit::ps).reserved == bit::ps);
    // At level 1 the same bit is PAT.
    CHECK(four.decode(1, 0x1000 | rw | bit::ps).isPage());
    CHECK(four.decode(1, 0x1000 | rw | bit::ps).pat());
}

TEST_CASE("A CPU without 1 GiB pages takes PS in a PDPTE for reserved")
{
    CpuFeatures features;
    features.page1Gb = false;
    CHECK(paging(PagingMode::Level4, features).decode(3, 0x40000000 | rw | bit::ps).reserved == bit::ps);
}

TEST_CASE("CR4.PSE = 0 makes 32-bit paging ignore PS (table 4-5)")
{
    ControlRegisters control = registersFor(PagingMode::Bits32, 0);
    CHECK(Paging(control, {}).decode(2, 0x00400083).isPage());
    control.cr4 = 0;
    const Entry entry = Paging(control, {}).decode(2, 0x00400083);
    CHECK(entry.isTable());
    CHECK(entry.reserved == 0);
    CHECK(entry.target.value == 0x00400000);
}

TEST_CASE("PSE-36 puts address bits 39:32 in bits 20:13 of a 4 MiB page's PDE (table 4-4)")
{
    const Paging wide = paging(PagingMode::Bits32, withBits(40));
    CHECK(wide.decode(2, 0x00400083 | 0xffU << 13).target.value == 0xff00400000);
    CHECK(wide.decode(2, 0x00400083 | 1U << 21).reserved == 1U << 21);
    // MAXPHYADDR 36 leaves bits 16:13; those above are reserved.
    const Paging narrow = paging(PagingMode::Bits32, withBits(36));
    CHECK(narrow.decode(2, 0x00400083 | 0xfU << 13).reserved == 0);
    CHECK(narrow.decode(2, 0x00400083 | 0xfU << 13).target.value == 0xf00400000);
    CHECK(narrow.decode(2, 0x00400083 | 1U << 17).reserved == 1U << 17);
    // More than 40 bits of address are of no use to it.
    CHECK(paging(PagingMode::Bits32, withBits(46)).decode(2, 0x00400083 | 1U << 21).reserved == 1U << 21);
}

TEST_CASE("Without PSE-36 the bits 21:13 of a 4 MiB page's PDE are reserved")
{
    CpuFeatures features = withBits(36);
    features.pse36 = false;
    const Paging plain = paging(PagingMode::Bits32, features);
    CHECK(plain.decode(2, 0x00400083 | 0x3fe000).reserved == 0x3fe000);
    CHECK(plain.decode(2, 0x00400083 | 1U << 13).target.value == 0x00400000);
}

TEST_CASE("32-bit entries have no XD and no reserved bits in tables and small pages (tables 4-5, 4-6)")
{
    const Paging mode = paging(PagingMode::Bits32);
    CHECK(mode.decode(1, 0xffffffff).reserved == 0);
    CHECK(mode.decode(1, 0xffffffff).rights.execute);
    CHECK(mode.decode(2, 0xffffff7f).reserved == 0);
}

TEST_CASE("The address in an entry is every bit from the size of what it leads to up to MAXPHYADDR")
{
    const Paging small = paging(PagingMode::Bits32);
    CHECK(small.decode(1, 0xfffff001).target.value == 0xfffff000);
    CHECK(small.decode(2, 0xfffff001).target.value == 0xfffff000);
    CHECK(small.decode(2, 0xffc00081).target.value == 0xffc00000);
    for (const unsigned bits : {36U, 52U}) {
        const std::uint64_t all = (1ULL << bits) - 1;
        for (const PagingMode mode : {PagingMode::Pae, PagingMode::Level4, PagingMode::Level5}) {
            const Paging wide = paging(mode, withBits(bits));
            for (unsigned level = 1; level <= wide.levels(); ++level)
                CHECK(wide.decode(level, 0xf'ffff'ffff'f001).target.value == (all & ~0xfffULL));
            CHECK(wide.decode(2, 0xf'ffff'ffff'f081).target.value == (all & ~0x1f'ffffULL));
            if (mode != PagingMode::Pae)
                CHECK(wide.decode(3, 0xf'ffff'ffff'f081).target.value == (all & ~0x3fff'ffffULL));
        }
    }
}

TEST_CASE("PAE's PDPTEs carry no rights and reserve bits 2:1, 8:6 and all above MAXPHYADDR (table 4-8)")
{
    const Paging pae = paging(PagingMode::Pae, withBits(36));
    CHECK(pae.decode(3, 0x1001).rights == Rights{});
    CHECK(pae.decode(3, 0x1001 | bit::pwt | bit::pcd | 0xe00).reserved == 0);
    // Bit 5 is an accessed flag under QEMU.
    CHECK(pae.decode(3, 0x1001 | bit::a).reserved == 0);
    for (const unsigned reserved : {1U, 2U, 6U, 7U, 8U, 36U, 51U, 52U, 62U, 63U})
        CHECK(pae.decode(3, 0x1001 | 1ULL << reserved).reserved == 1ULL << reserved);
}

TEST_CASE("PAE reserves bits 62:MAXPHYADDR in entries (tables 4-9 to 4-11)")
{
    const Paging pae = paging(PagingMode::Pae, withBits(36));
    for (const unsigned level : {1U, 2U})
        for (const unsigned reserved : {36U, 51U, 52U, 58U, 62U})
            CHECK(pae.decode(level, 0x200001 | 1ULL << reserved).reserved == 1ULL << reserved);
    CHECK(pae.decode(2, 0x200081 | 1ULL << 13).reserved == 1ULL << 13);
    CHECK(pae.decode(2, 0x200081 | 1ULL << 20).reserved == 1ULL << 20);
    CHECK(pae.decode(2, 0x200081 | 1ULL << 12).reserved == 0);
    CHECK(pae.decode(2, 0x200081 | 1ULL << 12).pat());
    CHECK(pae.decode(1, 0xfffff1001).target.value == 0xfffff1000);
}

TEST_CASE("4- and 5-level entries reserve 51:MAXPHYADDR and leave 62:52 to software")
{
    const Paging mode = paging(GENERATE(PagingMode::Level4, PagingMode::Level5), withBits(40));
    for (unsigned level = 1; level <= mode.levels(); ++level) {
        for (unsigned at = 40; at <= 51; ++at)
            CHECK(mode.decode(level, 0x1001 | 1ULL << at).reserved == 1ULL << at);
        for (unsigned at = 52; at <= 62; ++at)
            CHECK(mode.decode(level, 0x1001 | 1ULL << at).reserved == 0);
    }
    // 52 bits of address leave none reserved.
    CHECK(paging(PagingMode::Level4).decode(1, 0xffffffffff001).reserved == 0);
}

TEST_CASE("A large page reserves the address bits below its size, but for PAT at bit 12")
{
    const Paging four = paging(PagingMode::Level4);
    CHECK(four.decode(2, 0x81 | 0x1fe000).reserved == 0x1fe000);
    CHECK(four.decode(3, 0x81 | 0x3fffe000).reserved == 0x3fffe000);
    CHECK(four.decode(3, 0x81 | 0x1000).reserved == 0);
    CHECK(four.decode(2, 0x81 | 0x1000).pat());
    CHECK(four.decode(2, 0x81 | 0x1000 | 0x200000).target.value == 0x200000);
}

TEST_CASE("XD means no execute under EFER.NXE and is reserved without it")
{
    ControlRegisters control = registersFor(GENERATE(PagingMode::Pae, PagingMode::Level4), 0);
    const Paging with(control, {});
    CHECK_FALSE(with.decode(1, 0x1001 | nx).rights.execute);
    CHECK(with.decode(1, 0x1001 | nx).reserved == 0);
    control.efer &= ~eferNxe;
    const Paging without(control, {});
    CHECK(without.decode(1, 0x1001 | nx).reserved == nx);
    CHECK(without.decode(2, 0x1001 | nx).reserved == nx);
}

TEST_CASE("PWT, PCD and PAT select an entry of IA32_PAT (section 4.9.2)")
{
    const Paging four = paging(PagingMode::Level4);
    CHECK(four.decode(1, 0x1001).patIndex() == 0);
    CHECK(four.decode(1, 0x1001 | bit::pwt).patIndex() == 1);
    CHECK(four.decode(1, 0x1001 | bit::pcd).patIndex() == 2);
    CHECK(four.decode(1, 0x1001 | bit::patSmall).patIndex() == 4);
    CHECK(four.decode(2, 0x200001 | bit::ps | bit::patLarge | bit::pcd | bit::pwt).patIndex() == 7);
    // An entry that references a table has no PAT bit.
    CHECK(four.decode(2, 0x1001 | bit::patLarge).patIndex() == 0);
}

TEST_CASE("Global and dirty belong to pages only")
{
    const Paging four = paging(PagingMode::Level4);
    CHECK(four.decode(1, 0x1001 | bit::g | bit::d).global());
    CHECK(four.decode(1, 0x1001 | bit::g | bit::d).dirty());
    CHECK_FALSE(four.decode(2, 0x1001 | bit::g | bit::d).global());
    CHECK_FALSE(four.decode(2, 0x1001 | bit::g | bit::d).dirty());
}

TEST_CASE("Protection keys are bits 62:59 of a page's entry under CR4.PKE")
{
    const std::uint64_t raw = 0x1001 | 0xaULL << 59;
    CHECK(paging(PagingMode::Level4).decode(1, raw).pkey == 0);
    const Paging keyed = pagingWith(PagingMode::Level4, cr0Wp, cr4Pke, 0);
    CHECK(keyed.decode(1, raw).pkey == 10);
    CHECK(keyed.decode(2, raw).pkey == 0);
    // PAE has no protection keys: the bits stay reserved.
    CHECK(pagingWith(PagingMode::Pae, cr0Wp, cr4Pke, 0).decode(1, raw).reserved == 0xaULL << 59);
}

TEST_CASE("A user's access needs U/S, R/W for a write, and no XD for a fetch (section 4.6.1)")
{
    const Paging mode = paging(PagingMode::Level4);
    const Rights all;
    CHECK(mode.pageFault(all, AccessKind::Read, true) == fine);
    CHECK(mode.pageFault(all, AccessKind::Write, true) == fine);
    CHECK(mode.pageFault(all, AccessKind::Fetch, true) == fine);
    CHECK(mode.pageFault({false, true, true}, AccessKind::Write, true) == 7U);
    CHECK(mode.pageFault({true, false, true}, AccessKind::Read, true) == 5U);
    CHECK(mode.pageFault({true, false, true}, AccessKind::Write, true) == 7U);
    CHECK(mode.pageFault({true, true, false}, AccessKind::Fetch, true) == 0x15U);
}

TEST_CASE("CR0.WP decides whether a supervisor may write read-only pages")
{
    const Rights readOnly{false, true, true};
    CHECK(pagingWith(PagingMode::Level4, cr0Wp, 0, 0).pageFault(readOnly, AccessKind::Write, false) == 3U);
    CHECK(pagingWith(PagingMode::Level4, 0, 0, 0).pageFault(readOnly, AccessKind::Write, false) == fine);
    // It does nothing for a user.
    CHECK(pagingWith(PagingMode::Level4, 0, 0, 0).pageFault(readOnly, AccessKind::Write, true) == 7U);
}

TEST_CASE("SMEP keeps a supervisor from executing user pages, SMAP from touching them")
{
    const Rights user{true, true, true};
    const Paging smep = pagingWith(PagingMode::Level4, cr0Wp, cr4Smep, 0);
    CHECK(smep.pageFault(user, AccessKind::Fetch, false) == 0x11U);
    CHECK(smep.pageFault(user, AccessKind::Read, false) == fine);
    CHECK(smep.pageFault(user, AccessKind::Fetch, true) == fine);
    const Paging smap = pagingWith(PagingMode::Level4, cr0Wp, cr4Smap, 0);
    CHECK(smap.pageFault(user, AccessKind::Read, false) == 1U);
    CHECK(smap.pageFault(user, AccessKind::Write, false) == 3U);
    CHECK(smap.pageFault(user, AccessKind::Fetch, false) == fine);
    CHECK(smap.pageFault(user, AccessKind::Read, true) == fine);
    const Rights supervisor{false, false, true};
    CHECK(smap.pageFault(supervisor, AccessKind::Read, false) == fine);
    CHECK(smap.pageFault(supervisor, AccessKind::Write, false) == 3U);
    // SMAP holds even where CR0.WP = 0 would let the write through.
    CHECK(pagingWith(PagingMode::Level4, 0, cr4Smap, 0).pageFault(user, AccessKind::Write, false) == 3U);
}

TEST_CASE("The I/D flag of an error code exists only under NXE (with PAE) or SMEP (section 4.7)")
{
    const Rights supervisor{true, false, true};
    ControlRegisters control = registersFor(PagingMode::Level4, 0);
    CHECK(Paging(control, {}).pageFault(supervisor, AccessKind::Fetch, true) == 0x15U);
    control.efer &= ~eferNxe;
    CHECK(Paging(control, {}).pageFault(supervisor, AccessKind::Fetch, true) == 5U);
    control.cr4 |= cr4Smep;
    CHECK(Paging(control, {}).pageFault(supervisor, AccessKind::Fetch, true) == 0x15U);
    // EFER.NXE means nothing to 32-bit paging.
    ControlRegisters small = registersFor(PagingMode::Bits32, 0);
    small.efer = eferNxe;
    CHECK(Paging(small, {}).pageFault(supervisor, AccessKind::Fetch, true) == 5U);
}

TEST_CASE("The levels' names in three dialects; the kernel calls the top PGD")
{
    CHECK(paging(PagingMode::Level4).names(4).intel == "PML4E");
    CHECK(paging(PagingMode::Level4).names(4).kernel == "PGD");
    CHECK(paging(PagingMode::Level5).names(4).kernel == "P4D");
    CHECK(paging(PagingMode::Pae).names(3).kernel == "PGD");
    CHECK(paging(PagingMode::Bits32).names(2).kernel == "PGD");
    CHECK(paging(PagingMode::Level4).names(2).kernel == "PMD");
    CHECK(paging(PagingMode::Level4).names(1).xen == "L1");
}
