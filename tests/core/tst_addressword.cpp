// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/catch.h"

#include "core/symbols/addressword.h"
#include "tests/core/xenguest.h"

using namespace pgtscope::tests;

namespace {

SymbolTable symbolsAt(std::uint64_t address) { return SymbolTable({{LinearAddress(address), "foo", 'T'}}); }

AddressWord word(const std::string& text, const SymbolTable& symbols = {})
{
    return parseAddressWord(text, symbols).value();
}

/// 0xffff888000005000 and 0x7000 map frame 0x9; frame 0x7 is mapped by a detached table alone.
SnapshotPtr twoMappings()
{
    Guest guest(PagingMode::Level4);
    guest.set(0x1000, 0, 0x2000 | rw);
    guest.set(0x2000, 0, 0x3000 | rw);
    guest.set(0x3000, 0, 0x4000 | rw);
    guest.set(0x4000, 7, 0x9000 | rw);
    guest.set(0x1000, 273, 0x12000 | rw);
    guest.set(0x12000, 0, 0x13000 | rw);
    guest.set(0x13000, 0, 0x14000 | rw);
    guest.set(0x14000, 5, 0x9000 | rw);
    guest.set(0x8000, 3, 0x7000 | rw);
    CaptureOptions options;
    options.detached = {{PhysicalAddress(0x8000), 1}};
    SnapshotBuilder builder(guest.memory, guest.cpu, guest.features);
    REQUIRE(builder.captureTables({}));
    REQUIRE(builder.captureDetached(options.detached, {}));
    builder.setLinearRegions({{"direct", "Low Kernel Mapping",
        {LinearAddress(0xffff888000000000), LinearAddress(0xffffc88000000000)}}});
    return builder.finish();
}

} // namespace

TEST_CASE("an address word names its number space, and a bare number none")
{
    const auto symbols = symbolsAt(0xffffffff81000000);
    CHECK(word("0x437eb").space == AddressSpace::Bare);
    CHECK(word("2M").value == 2U << 20);
    CHECK(word("ffff888000005000").value == 0xffff888000005000);
    CHECK(word("va:0x7000").space == AddressSpace::Linear);
    CHECK(word("foo+0x10", symbols).space == AddressSpace::Linear);
    CHECK(word("foo+0x10", symbols).value == 0xffffffff81000010);
    CHECK(word("pa:0x437eaf58").space == AddressSpace::Physical);
    CHECK(word("frame:0x437eb").space == AddressSpace::Frame);
    CHECK(word("mfn:0x437eb").space == AddressSpace::Frame);
    CHECK(word("pfn:0x437eb").space == AddressSpace::KernelFrame);
    for (const char* bad : {"", "pfn:", "frame:foo", "nothing:0x1", "nowhere", "foo+", "pfn:0x1:2"})
        CHECK_FALSE(parseAddressWord(bad, symbols));
    CHECK_FALSE(plainLinearAddress(word("frame:0x9")));
    CHECK(plainLinearAddress(word("0x9")).value() == LinearAddress(9));
}

TEST_CASE("a physical address is the number itself, the frame's first byte, or where a linear address leads")
{
    const auto snapshot = twoMappings();
    const auto at = [&](const std::string& text) { return physicalAddressOf(word(text), *snapshot); };
    CHECK(at("0x7008").value() == PhysicalAddress(0x7008));
    CHECK(at("pa:0x7008").value() == PhysicalAddress(0x7008));
    CHECK(at("va:0x7008").value() == PhysicalAddress(0x9008));
    CHECK(at("frame:0x9").value() == PhysicalAddress(0x9000));
    CHECK(at("pfn:0x9").value() == PhysicalAddress(0x9000));
    // Neither an address that nothing maps nor one past the CPU's reach is taken for something else.
    CHECK_FALSE(at("va:0x8000"));
    CHECK_FALSE(at("0xffff888000005000"));
    CHECK_FALSE(at("frame:0xffff888000005"));
    CHECK_FALSE(at("pfn:0xffffffffffffffff"));
}

TEST_CASE("a frame stands for where the root's tables map it, the direct mapping first")
{
    const auto snapshot = twoMappings();
    const auto at = [&](const std::string& text) { return linearAddressOf(word(text), *snapshot); };
    CHECK(at("frame:0x9").value() == LinearAddress(0xffff888000005000));
    CHECK(at("pa:0x9123").value() == LinearAddress(0xffff888000005123));
    CHECK(at("0x9123").value() == LinearAddress(0x9123));
    // Frame 7 is mapped by a detached table alone: it has no linear address.
    CHECK_FALSE(at("frame:0x7"));
    CHECK_FALSE(at("pa:0x400000"));
}

TEST_CASE("under Xen pfn: is the domain's count, and mfn: and frame: the machine's")
{
    XenGuest guest;
    guest.map(0xffffffff81000000, 0x23000, p | bit::us);
    const auto snapshot = guest.captureWithXen();
    REQUIRE(snapshot->xen() != nullptr);
    CHECK(physicalAddressOf(word("pfn:0x1023"), *snapshot).value() == PhysicalAddress(0x23000));
    CHECK(physicalAddressOf(word("mfn:0x23"), *snapshot).value() == PhysicalAddress(0x23000));
    CHECK(linearAddressOf(word("pfn:0x1023"), *snapshot).value() == LinearAddress(0xffffffff81000000));
    CHECK(linearAddressOf(word("frame:0x23"), *snapshot).value() == LinearAddress(0xffffffff81000000));
    CHECK_FALSE(physicalAddressOf(word("pfn:0x23"), *snapshot));
}
