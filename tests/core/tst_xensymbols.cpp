// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/catch.h"

#include "core/symbols/xensymbols.h"
#include "tests/core/kallsymsencoder.h"
#include "tests/core/kernelfiles.h"

using namespace pgtscope::core;
using namespace pgtscope::tests;

namespace {

constexpr std::uint64_t origin = 0xffff82d040000000;

std::vector<Symbol> xenLikeSymbols()
{
    std::vector<Symbol> symbols{{LinearAddress(origin + 0x200000), "_stext", 'T'}};
    for (std::uint64_t i = 0; i < 2000; ++i)
        symbols.push_back({LinearAddress(origin + 0x201000 + 64 * i),
            i == 700 ? "arch/x86/mm.c#mod_l1_entry.isra.0" : "do_hypercall_" + std::to_string(i), 't'});
    return symbols;
}

/// Xen's multiboot image: an ELF file of 32 bits, with pointers into Xen and a few of its other areas.
TemporaryFile xenImage(std::size_t pointers)
{
    VmlinuxBuilder<Elf32> builder;
    builder.link = 0x200000;
    builder.content = KallsymsEncoder(KallsymsShape::ofXen(origin)).image(xenLikeSymbols());
    builder.content.resize((builder.content.size() + 7) / 8 * 8);
    const auto put = [&](std::uint64_t word) {
        for (unsigned i = 0; i < 8; ++i)
            builder.content.push_back(static_cast<std::byte>(word >> (8 * i)));
    };
    for (std::size_t i = 0; i < pointers; ++i)
        put(origin + 0x201000 + 64 * i);
    put(0xffff82e000000000); // frame_table
    return TemporaryFile(builder.build());
}

} // namespace

TEST_CASE("a Xen image has the names of its functions, at the addresses where it runs")
{
    const TemporaryFile file = xenImage(50);
    const auto xen = loadXenSymbols(file.path());
    REQUIRE(xen);
    CHECK(xen->size() == 2001);
    CHECK(xen->find("mod_l1_entry") == LinearAddress(origin + 0x201000 + 64 * 700));
    CHECK(xenName(*xen, LinearAddress(origin + 0x201000 + 64 * 700 + 5)) == "Xen's mod_l1_entry+0x5");
    CHECK(xenName(*xen, LinearAddress(0xffff830000000000)) == "Xen");
}

TEST_CASE("an image whose tables cannot be placed gives no names, rather than wrong ones")
{
    const TemporaryFile file = xenImage(0);
    const auto xen = loadXenSymbols(file.path());
    REQUIRE_FALSE(xen);
    CHECK(xen.error().message().find("Xen") != std::string::npos);
}
