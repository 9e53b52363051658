// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/catch.h"

#include "gdb/qemu/rammap.h"

using namespace pgtscope;
using namespace pgtscope::gdb;

namespace {

// What QEMU 7.2 prints in its monitor, lines of devices shortened.

// -machine pc -m 6G -vga std, at reset
constexpr const char* pc6G = R"(FlatView #0
 AS "I/O", root: io
 Root memory region: io
  0000000000000000-0000000000000007 (prio 0, i/o): dma-chan

FlatView #1
 AS "memory", root: system
 AS "cpu-memory-0", root: system
 Root memory region: system
  0000000000000000-000000000009ffff (prio 0, ram): pc.ram
  00000000000a0000-00000000000bffff (prio 1, i/o): vga-lowmem
  00000000000c0000-00000000000dffff (prio 1, rom): pc.rom
  00000000000e0000-00000000000fffff (prio 0, rom): pc.bios @0000000000020000
  0000000000100000-00000000bfffffff (prio 0, ram): pc.ram @0000000000100000
  00000000fd000000-00000000fdffffff (prio 1, ram): vga.vram
  00000000fec00000-00000000fec00fff (prio 0, i/o): ioapic
  00000000fffc0000-00000000ffffffff (prio 0, rom): pc.bios
  0000000100000000-00000001bfffffff (prio 0, ram): pc.ram @00000000c0000000

FlatView #2
 AS "cpu-smm-0", root: memory
 Root memory region: memory
  0000000000000000-00000000bfffffff (prio 0, ram): pc.ram
)";

// -machine q35 -m 256, after SeaBIOS has shadowed itself; the view shares other address spaces
constexpr const char* q35
    = " AS \"ignored\"\r\nFlatView #1\r\n AS \"ich9-ahci\", root: bus master container\r\n"
      " AS \"memory\", root: system\r\n Root memory region: system\r\n"
      "  0000000000000000-00000000000c2fff (prio 0, ram): pc.ram\r\n"
      "  00000000000c3000-00000000000e7fff (prio 0, rom): pc.ram @00000000000c3000\r\n"
      "  00000000000e8000-00000000000effff (prio 0, ram): pc.ram @00000000000e8000\r\n"
      "  00000000000f0000-00000000000fffff (prio 0, rom): pc.ram @00000000000f0000\r\n"
      "  0000000000100000-000000000fffffff (prio 0, ram): pc.ram @0000000000100000\r\n"
      "  00000000fffc0000-00000000ffffffff (prio 0, rom): pc.bios\r\n\r\n";

// -machine q35 -m 4G with two memory backends as NUMA nodes; the KVM mark as KVM machines print it
constexpr const char* numa = R"(FlatView #1
 AS "memory", root: system
 Root memory region: system
  0000000000000000-00000000000bffff (prio 0, ram): n0 KVM
  0000000000100000-000000007fffffff (prio 0, ram): n0 @0000000000100000 KVM
  0000000100000000-000000017fffffff (prio 0, ram): n1 KVM
)";

// -machine microvm -m 4G: firmware is a RAM line here
constexpr const char* microvm = R"(FlatView #1
 AS "memory", root: system
 Root memory region: system
  0000000000000000-00000000000effff (prio 0, ram): microvm.ram
  00000000000f0000-00000000000fffff (prio 0, ram): pc.bios
  0000000000100000-00000000bfffffff (prio 0, ram): microvm.ram @0000000000100000
  00000000ffff0000-00000000ffffffff (prio 0, ram): pc.bios
  0000000100000000-000000013fffffff (prio 0, ram): microvm.ram @00000000c0000000
)";

std::vector<RamPiece> parsed(std::string_view text)
{
    auto pieces = parseMemoryTree(text);
    REQUIRE(pieces);
    return *pieces;
}

std::vector<RamPiece> ramOf(std::string_view text)
{
    auto pieces = parsed(text);
    std::erase_if(pieces, [](const RamPiece& piece) { return piece.rom; });
    return pieces;
}

core::PhysicalRange range(std::uint64_t begin, std::uint64_t end)
{
    return {core::PhysicalAddress(begin), core::PhysicalAddress(end)};
}

} // namespace

TEST_CASE("RAM above 4 GiB is the part of the block behind the 32-bit hole")
{
    const auto pieces = ramOf(pc6G);
    REQUIRE(pieces.size() == 3);
    CHECK(pieces[1] == RamPiece{range(0x100000, 0xc0000000), "pc.ram", 0x100000, false});
    CHECK(pieces[2] == RamPiece{range(0x100000000, 0x1c0000000), "pc.ram", 0xc0000000, false});
    CHECK(ramMapOf(pieces).bytes() == (6ULL << 30U) - 0x60000U);
}

TEST_CASE("Firmware images, video memory and devices are not RAM")
{
    const core::RamMap map = ramMapOf(parsed(pc6G));
    for (std::uint64_t address :
        {0xa0000ULL, 0xc0000ULL, 0xf0000ULL, 0xfd000000ULL, 0xfec00000ULL, 0xffffffffULL})
        CHECK_FALSE(map.contains(core::PhysicalAddress(address), 1));
    CHECK(ramMapOf(parsed(microvm)).bytes() == (4ULL << 30U) - 0x10000U);
}

TEST_CASE("ROM and flash can be read, and are no RAM")
{
    const auto pieces = parsed(pc6G);
    const auto rom = [&](std::uint64_t address) {
        const RamPiece* piece = pieceAt(pieces, core::PhysicalAddress(address), 16);
        return piece != nullptr && piece->rom && piece->readOnly;
    };
    CHECK(rom(0xfffffff0));
    CHECK(rom(0xc0000));
    CHECK(pieceAt(pieces, core::PhysicalAddress(0xf0000), 1)->offset == 0x20000);
    CHECK(pieceAt(pieces, core::PhysicalAddress(0xfd000000), 1) == nullptr);
    CHECK(pieceAt(pieces, core::PhysicalAddress(0xfec00000), 1) == nullptr);
    // -machine microvm: firmware is a RAM line; q35 with two flash chips, the second one taking a command
    CHECK(pieceAt(parsed(microvm), core::PhysicalAddress(0xffff0000), 0x10000)->rom);
    const auto flash = parsed("FlatView #1\n AS \"memory\", root: system\n"
                              "  0000000000000000-000000000fffffff (prio 0, ram): pc.ram\n"
                              "  00000000ff000000-00000000ffbfffff (prio 0, i/o): system.flash1\n"
                              "  00000000ffc00000-00000000ffffffff (prio 0, romd): system.flash0\n");
    REQUIRE(flash.size() == 2);
    CHECK(flash[1] == RamPiece{range(0xffc00000, 0x100000000), "system.flash0", 0, true, true});
    CHECK(romMapOf(flash).ranges() == std::vector{range(0xffc00000, 0x100000000)});
    CHECK(romMapOf(pieces).contains(core::PhysicalAddress(0xfffc0000), 0x40000));
    CHECK_FALSE(romMapOf(pieces).contains(core::PhysicalAddress(0), 1));
}

TEST_CASE("Shadowed firmware is RAM that the guest sees read-only")
{
    const auto pieces = ramOf(q35);
    REQUIRE(pieces.size() == 5);
    CHECK(pieces[1] == RamPiece{range(0xc3000, 0xe8000), "pc.ram", 0xc3000, true});
    CHECK(ramMapOf(pieces).ranges() == std::vector{range(0, 256ULL << 20U)});
}

TEST_CASE("Several blocks keep their names and offsets")
{
    const auto pieces = parsed(numa);
    REQUIRE(pieces.size() == 3);
    CHECK(pieces[0].block == "n0");
    CHECK(pieces[2] == RamPiece{range(0x100000000, 0x180000000), "n1", 0, false});
}

TEST_CASE("A piece is found only if it holds the whole range")
{
    const auto pieces = parsed(numa);
    const auto at = [&](std::uint64_t address, std::uint64_t bytes) {
        return pieceAt(pieces, core::PhysicalAddress(address), bytes);
    };
    CHECK(at(0xbf000, 4096) == &pieces[0]);
    CHECK(at(0xbf001, 4096) == nullptr);
    CHECK(at(0xc0000, 1) == nullptr);
    CHECK(at(0x17ffff000, 4096) == &pieces[2]);
    CHECK(at(0x17ffff000, ~0ULL) == nullptr);
    CHECK(at(~0ULL, 1) == nullptr);
}

TEST_CASE("Text without the address space, or without RAM, is an error")
{
    CHECK_FALSE(parseMemoryTree(""));
    CHECK_FALSE(parseMemoryTree("unknown command: 'info mtree'\n"));
    CHECK_FALSE(parseMemoryTree("FlatView #1\n AS \"memory\", root: system\n"));
    CHECK_FALSE(parseMemoryTree("FlatView #1\n AS \"I/O\", root: io\n  0-1 (prio 0, ram): pc.ram\n"));
}

TEST_CASE("Damaged lines are skipped, and overlapping ones refused")
{
    const std::string head = "FlatView #1\n AS \"memory\", root: system\n";
    const std::string good = "  0000-0fff (prio 0, ram): a\n";
    for (const char* bad : {"  2000-1000 (prio 0, ram): a\n", "  zz-10 (prio 0, ram): a\n", "  3000-3fff\n",
             "  3000-3fff (prio 0\n", "  3000-3fff (prio 0, ram): a @zz\n",
             "  0-ffffffffffffffff (prio 0, ram): a\n", "  3000-3fff ): , \n"})
        CHECK(parsed(head + good + bad).size() == 1);
    CHECK_FALSE(parseMemoryTree(head + good + "  0800-1fff (prio 0, ram): a\n"));
}
