// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/catch.h"

#include <cstring>

#include "core/linux/unpackedkernel.h"
#include "tablebuilder.h"

using namespace pgtscope::tests;

namespace {

const std::string bannerText = "Linux version 6.1.0-56-amd64 (gcc-12) #1 SMP Debian 6.1.192-2 (2026-11-16)\n";
const SlideClues clues{
    LinearAddress(0xffffffff81000000), {LinearAddress(0xffffffff82161900), bannerText}, 8, 0x200000};
constexpr std::uint64_t text = 0x59200000;
constexpr std::uint64_t slide = 0x21800000;

SymbolTable kernelSymbols()
{
    return SymbolTable({{LinearAddress(0xffffffff81000000), "_text", 'T'},
        {LinearAddress(0xffffffff82bfb1b0), "initial_code", 'D'},
        {LinearAddress(0xffffffff8307959c), "x86_64_start_kernel", 'T'},
        {LinearAddress(0xffffffff83e00000), "_end", 'B'}});
}

/// 2 GiB of RAM in which the decompressor has come to a certain point.
struct UnpackingGuest {
    FakeMemory memory{{{PhysicalAddress(0), PhysicalAddress(0x80000000)}}};

    void put(std::uint64_t address, std::string bytes)
    {
        bytes.resize((bytes.size() + 7) / 8 * 8);
        for (std::size_t at = 0; at < bytes.size(); at += 8) {
            std::uint64_t word = 0;
            std::memcpy(&word, bytes.data() + at, sizeof word);
            memory.write64(address + at, word);
        }
    }
    void elfHeader(std::uint64_t address, char machine = 62)
    {
        put(address,
            std::string("\x7f"
                        "ELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x02\0",
                18)
                + machine + '\0');
    }
    void unpackAt(std::uint64_t place, std::uint64_t moved)
    {
        put(place + 0x1161900, bannerText);
        memory.write64(place + 0x1bfb1b0, 0xffffffff8307959c + moved);
    }
};

} // namespace

TEST_CASE("a kernel that is being unpacked shows by the head of its ELF file, at its alignment")
{
    UnpackingGuest guest;
    CHECK(elfFilesInRam(guest.memory, clues)->empty());
    guest.elfHeader(text);
    guest.elfHeader(0x1001000); // amid a ramdisk, say
    guest.elfHeader(0x2000000, 3); // i386
    CHECK(*elfFilesInRam(guest.memory, clues) == std::vector{PhysicalAddress(text)});
    for (std::uint64_t at = 0; at < 8; ++at)
        guest.elfHeader(0x4000000 + at * 0x200000);
    CHECK(elfFilesInRam(guest.memory, clues)->size() == 3);
    guest.memory.broken = true;
    CHECK_FALSE(elfFilesInRam(guest.memory, clues));
}

TEST_CASE("an unpacked kernel has its slide in a pointer that was moved by it")
{
    UnpackingGuest guest;
    SymbolTable symbols = kernelSymbols();
    CHECK_FALSE(slideOfUnpacked(symbols, clues, guest.memory, PhysicalAddress(text)));
    guest.unpackAt(text, slide);
    CHECK(slideOfUnpacked(symbols, clues, guest.memory, PhysicalAddress(text)) == slide);
    CHECK_FALSE(slideOfUnpacked(symbols, clues, guest.memory, PhysicalAddress(text + 0x200000)));
    symbols.setSlide(slide); // known already
    CHECK(slideOfUnpacked(symbols, clues, guest.memory, PhysicalAddress(text)) == slide);

    guest.unpackAt(text, 0x40000000); // _text would be past the kernel's window
    CHECK_FALSE(slideOfUnpacked(symbols, clues, guest.memory, PhysicalAddress(text)));
    CHECK_FALSE(slideOfUnpacked(symbols, clues, guest.memory, PhysicalAddress(0x7fe00000))); // beyond RAM
}

TEST_CASE("the place of a kernel that executes its first code is looked for below, as far as it is long")
{
    const SymbolTable symbols = kernelSymbols();
    const auto places = unpackedAround(symbols, clues, PhysicalAddress(text + 0x4001f0));
    REQUIRE(places.size() == 23); // 0x2e00000 bytes in steps of 2 MiB, from the PC's own
    CHECK(places[0].value == text + 0x400000);
    CHECK(places[2].value == text);
    CHECK(unpackedAround(symbols, clues, PhysicalAddress(0xfff0)).size() == 1);
    CHECK(unpackedAround(SymbolTable(), clues, PhysicalAddress(text)).empty());
}

TEST_CASE("a kernel of 32 bits, and one without the symbols, is not waited for")
{
    CHECK(canBeSeenUnpacked(kernelSymbols(), clues));
    CHECK_FALSE(canBeSeenUnpacked(SymbolTable(), clues));
    SlideClues narrow = clues;
    narrow.pointerBytes = 4;
    CHECK_FALSE(canBeSeenUnpacked(kernelSymbols(), narrow));
}
