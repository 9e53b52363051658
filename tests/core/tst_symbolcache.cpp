// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/catch.h"

#include "core/symbols/symbolcache.h"

using namespace pgtscope::core;

namespace {

KernelSymbols someKernel()
{
    KernelSymbols kernel;
    kernel.pointerBytes = 8;
    kernel.text = LinearAddress(0xffffffff81000000);
    kernel.banner = KernelBanner{LinearAddress(0xffffffff82000000), "Linux version 6.1.0\n"};
    kernel.alignment = 0x200000;
    kernel.segments
        = {{LinearAddress(0xffffffff81000000), PhysicalAddress(0x1000000), 0x3000, 0x2000, 0x1000}};
    kernel.table = SymbolTable({{LinearAddress(0x10), "per_cpu", 'A'},
        {LinearAddress(0xffffffff81000000), "_text", 'T'}, {LinearAddress(0xffffffff81000000), "_stext", 'T'},
        {LinearAddress(0xffffffff81000400), "start_kernel", 't'}});
    return kernel;
}

} // namespace

TEST_CASE("symbols come back from their packed form as they were")
{
    const KernelSymbols kernel = someKernel();
    const auto back = unpackKernelSymbols(packKernelSymbols(kernel));
    REQUIRE(back);
    CHECK(back->pointerBytes == 8);
    CHECK(back->text == kernel.text);
    CHECK(back->banner == kernel.banner);
    CHECK(back->alignment == kernel.alignment);
    CHECK(back->segments == kernel.segments);
    REQUIRE(back->table.size() == kernel.table.size());
    for (std::size_t i = 0; i < kernel.table.size(); ++i) {
        CHECK(back->table.symbols()[i].name == kernel.table.symbols()[i].name);
        CHECK(back->table.symbols()[i].address == kernel.table.symbols()[i].address);
        CHECK(back->table.symbols()[i].type == kernel.table.symbols()[i].type);
    }
}

TEST_CASE("a cache entry that is cut short or changed anywhere is as good as none")
{
    const auto packed = packKernelSymbols(someKernel());
    for (std::size_t size = 0; size < packed.size(); ++size)
        CHECK_FALSE(unpackKernelSymbols(std::span(packed).first(size)));
    for (std::size_t at = 0; at < packed.size(); ++at) {
        auto damaged = packed;
        damaged[at] ^= std::byte{0x40};
        INFO("byte " << at);
        CHECK_FALSE(unpackKernelSymbols(damaged));
    }
    auto longer = packed;
    longer.push_back(std::byte{0});
    CHECK_FALSE(unpackKernelSymbols(longer));
}

TEST_CASE("the name of an entry follows the content alone")
{
    const SymbolCache cache("/nowhere");
    const std::vector<std::byte> one(100, std::byte{1});
    const std::vector<std::byte> two(100, std::byte{2});
    CHECK(cache.entryOf(one) == cache.entryOf(std::vector<std::byte>(one)));
    CHECK_FALSE(cache.entryOf(one) == cache.entryOf(two));
}
