// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/catch.h"

#include "gdb/writes/setters.h"

using namespace pgtscope;
using namespace pgtscope::gdb;
using core::LinearAddress;

namespace {

constexpr std::uint64_t text = 0xffffffff81000000;

core::SymbolTable linux()
{
    return core::SymbolTable({{LinearAddress(text), "_text", 'T'},
        {LinearAddress(text + 0x100), "phys_pmd_init", 't'},
        {LinearAddress(text + 0x200), "native_set_pmd", 'T'},
        {LinearAddress(text + 0x210), "native_write_msr", 'T'},
        {LinearAddress(text + 0x300), "xen_set_pte_init", 't'},
        {LinearAddress(text + 0x400), "xen_alloc_pte_init", 't'},
        {LinearAddress(text + 0x1000), "hypercall_page", 'T'},
        {LinearAddress(text + 0x1020), "xen_hypercall_mmu_update", 'T'},
        {LinearAddress(text + 0x1040), "xen_hypercall_iret", 'T'},
        {LinearAddress(text + 0x1060), "xen_hypercall_mmuext_op", 'T'},
        {LinearAddress(text + 0x2000), "native_set_pte.part.0", 't'},
        {LinearAddress(text + 0x3000), "__SCT__xen_hypercall", 'T'},
        {LinearAddress(text + 0x3008), "xen_remap_memory", 'T'},
        {LinearAddress(text + 0x4000), "_etext", 'T'}, {LinearAddress(text + 0x100000), "_sinittext", 'T'},
        {LinearAddress(text + 0x100010), "early_make_pgtable", 'T'},
        {LinearAddress(text + 0x110000), "_einittext", 'T'},
        {LinearAddress(text + 0x200000), ".brk.early_pgt_alloc", 'b'},
        {LinearAddress(text + 0x900000), "_end", 'B'}});
}

std::string name(std::uint64_t rip, std::uint64_t caller = 0)
{
    return writerName({linux(), {}}, LinearAddress(rip), LinearAddress(caller));
}

} // namespace

TEST_CASE("setters are found with their extent, wherever the kernel runs")
{
    auto symbols = linux();
    const std::uint64_t slide = GENERATE(0U, 0x12000000U);
    symbols.setSlide(slide);
    const auto setters = settersOf(symbols);
    REQUIRE(setters.size() == 6);
    CHECK(setters[0].begin == text + slide + 0x200);
    CHECK(setters[0].end == text + slide + 0x210);
    CHECK(setters[0].entersHypervisor == 0);
    CHECK(setters[2].begin == text + slide + 0x1020);
    CHECK(setters[2].entersHypervisor == 1); // and the one that returns from an interrupt is none
    CHECK(setters[3].begin == text + slide + 0x1060);
    CHECK(setters[4].end == setters[4].begin + 2048); // the next symbol is far
    CHECK(setters[5].begin == text + slide + 0x3000); // whose callers enter the hypervisor through it
    CHECK(setters[5].entersHypervisor == 0);
}

TEST_CASE("the addresses of a 32-bit kernel's setters stay within 32 bits")
{
    core::SymbolTable symbols({{LinearAddress(0xc1000000), "_text", 'T'},
        {LinearAddress(0xc1000100), "native_set_pte", 'T'}, {LinearAddress(0xc1000120), "other", 'T'}});
    symbols.setSlide(0xfff00000);
    REQUIRE(settersOf(symbols).size() == 1);
    CHECK(settersOf(symbols)[0].begin == 0xc0f00100);
}

TEST_CASE("who wrote is the function that called a setter, with the setter beside it")
{
    CHECK(name(text + 0x140) == "phys_pmd_init+0x40");
    CHECK(name(text + 0x207, text + 0x140) == "phys_pmd_init via native_set_pmd+0x7");
    CHECK(name(text + 0x207) == "caller unknown via native_set_pmd+0x7");
    CHECK(name(text + 0x207, 0x1234) == "caller unknown via native_set_pmd+0x7");
    CHECK(name(text + 0x2004, text + 0x140) == "phys_pmd_init via native_set_pte.part.0+0x4");
}

TEST_CASE("what Xen stores is Xen's, with the kernel's function that wanted it where that is known")
{
    CHECK(name(0xffff82d040301000, text + 0x444) == "xen_alloc_pte_init via Xen");
    CHECK(name(0xffff82d040301000) == "Xen");
}

TEST_CASE("what Xen stores has the name of Xen's own function where its image is known")
{
    const core::SymbolTable xen({{LinearAddress(0xffff82d040200000), "_stext", 'T'},
        {LinearAddress(0xffff82d040300f00), "mod_l1_entry", 't'}});
    const auto named = [&xen](std::uint64_t caller) {
        return writerName({linux(), xen}, LinearAddress(0xffff82d040301000), LinearAddress(caller));
    };
    CHECK(named(text + 0x444) == "xen_alloc_pte_init via Xen's mod_l1_entry+0x100");
    CHECK(named(0) == "caller unknown via Xen's mod_l1_entry+0x100"); // which does nothing of its own accord
    CHECK(writerName({linux(), xen}, LinearAddress(0xffff82d040200010), {}) == "Xen's _stext+0x10");
}

TEST_CASE("where the hypercall page has one name, its hypercalls that store are found by their numbers")
{
    const core::SymbolTable old(
        {{LinearAddress(text), "_text", 'T'}, {LinearAddress(text + 0x1000), "hypercall_page", 'T'},
            {LinearAddress(text + 0x2000), "xen_start_kernel", 'T'}});
    const auto setters = settersOf(old);
    REQUIRE(setters.size() == 4);
    CHECK(setters[0].begin == text + 0x1020); // mmu_update
    CHECK(setters[0].end == text + 0x1040);
    CHECK(setters[3].begin == text + 0x1000 + 26 * 32); // mmuext_op
    for (const auto& setter : setters)
        CHECK(setter.entersHypervisor == 1);
}

TEST_CASE("before the kernel runs at its linked addresses code has names of code, or is the decompressor")
{
    CHECK(name(0x1000140) == "phys_pmd_init+0x40");
    CHECK(name(0x1100018) == "early_make_pgtable+0x8");
    CHECK(name(0x1200010) == "decompressor"); // not .brk.early_pgt_alloc
    CHECK(name(0x3000000) == "decompressor");
    CHECK(name(0x9c000).empty()); // firmware, or the trampoline of another CPU
    CHECK(writerName({}, LinearAddress(0x1200010), {}).empty()); // nothing says that it is Linux
}
