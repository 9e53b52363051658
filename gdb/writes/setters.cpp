// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/writes/setters.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

#include "core/linux/labguest.h"
#include "core/symbols/xensymbols.h"

namespace pgtscope::gdb {

namespace {

/// Linux arch/x86/include/asm/pgtable*.h and paravirt.h, arch/x86/xen/mmu_pv.c (mmu.c before 4.13),
/// multicalls.c; 2.6.37 to 7.x.
constexpr std::array<std::string_view, 59> names{"native_set_pte", "native_set_pte_at",
    "native_set_pte_atomic", "native_set_pmd", "native_set_pud", "native_set_p4d", "native_set_pgd",
    "native_pte_clear", "native_pmd_clear", "native_pud_clear", "native_p4d_clear", "native_pgd_clear",
    "native_ptep_get_and_clear", "native_pmdp_get_and_clear", "__ptep_modify_prot_commit",
    "ptep_modify_prot_commit", "set_pte", "set_pte_at", "set_ptes", "set_pte_range", "set_pmd", "set_pmd_at",
    "set_pud", "set_pud_at", "set_p4d", "set_pgd", "xen_set_pte", "xen_set_pte_init", "xen_set_pte_at",
    "xen_set_pte_atomic", "__xen_set_pte", "xen_set_pmd", "xen_set_pmd_hyper", "xen_set_pud",
    "xen_set_pud_hyper", "xen_set_p4d", "xen_set_p4d_hyper", "xen_set_pgd", "xen_set_pgd_hyper",
    "__xen_set_pgd_hyper", "__xen_set_p4d_hyper", "xen_pte_clear", "xen_ptep_modify_prot_commit",
    "xen_extend_mmu_update", "__xen_mc_entry", "xen_mc_flush", "xen_mc_issue",
    // Out of line in some builds: arch/x86/mm/init_64.c, DEFINE_ENTRY().
    "set_pte_init", "set_pmd_init", "set_pud_init", "set_p4d_init", "set_pgd_init",
    // The trampoline of a call whose destination is patched in (arch/x86/xen/enlighten.c).
    "__SCT__xen_hypercall",
    // What fills whole pages for others (arch/x86/lib/copy_page_64.S, clear_page_64.S).
    "copy_page", "copy_page_regs", "clear_page_orig", "clear_page_rep", "clear_page_erms", "copy_page_erms"};

/// hypercall_page has 32 bytes for each (arch/x86/xen/xen-head.S); since 6.13 it is xen_hypercall_pv alone.
constexpr std::string_view hypercall = "xen_hypercall_";
/// Until 3.8 the page had a name and its parts had none: mmu_update, multicall, update_va_mapping, mmuext_op
/// (xen/include/public/xen.h).
constexpr std::string_view hypercallPage = "hypercall_page";
constexpr std::uint64_t hypercallBytes = 32;
constexpr std::array<std::uint64_t, 4> storingHypercalls{1, 13, 14, 26};
// It returns to where an interrupt came from, and asks for nothing.
constexpr std::string_view hypercallReturn = "xen_hypercall_iret";
// Longer than any of them: where the next symbol is far, what lies between is other code.
constexpr std::uint64_t longest = 2048;

bool isSetter(std::string_view name)
{
    // A compiler that splits a function or specialises it marks the parts so.
    const std::string_view plain = name.substr(0, name.find('.'));
    return std::find(names.begin(), names.end(), plain) != names.end()
        || std::find(core::lab::setters.begin(), core::lab::setters.end(), plain) != core::lab::setters.end();
}

/// Functions of Xen that do nothing but what a kernel has asked for (xen/arch/x86/mm.c, pv/ro-page-fault.c).
bool carriesOut(std::string_view name)
{
    constexpr std::array<std::string_view, 10> wishes{"mod_l1_entry", "mod_l2_entry", "mod_l3_entry",
        "mod_l4_entry", "do_mmu_update", "do_mmuext_op", "__do_update_va_mapping", "do_update_va_mapping",
        "ptwr_emulated_update", "ptwr_emulated_cmpxchg"};
    return std::find(wishes.begin(), wishes.end(), name) != wishes.end();
}

/// Where code is linked: elsewhere no name is one of code.
bool isText(const core::SymbolTable& symbols, core::LinearAddress address)
{
    const auto within = [&](const char* begin, const char* end) {
        const auto from = symbols.find(begin);
        const auto to = symbols.find(end);
        return from && to && *from <= address && address < *to;
    };
    return within("_text", "_etext") || within("_stext", "_etext") || within("_sinittext", "_einittext");
}

/// The symbol of code. Before the kernel runs where it was linked it runs at its physical addresses: these
/// are
/// __START_KERNEL_map, or PAGE_OFFSET of i386, below the linked ones (Linux
/// arch/x86/include/asm/page_64_types.h, page_32_types.h).
std::optional<core::SymbolOffset> symbolOf(const core::SymbolTable& symbols, core::LinearAddress rip)
{
    const auto text = symbols.find("_text");
    if (!text)
        return symbols.at(rip);
    if (rip >= *text)
        return symbols.at(rip);
    const core::LinearAddress linked = rip + (text->value >> 32 != 0 ? 0xffffffff80000000 : 0xc0000000);
    return isText(symbols, linked) ? symbols.at(linked) : std::nullopt;
}

/// The kernel's image unpacks itself above 1 MiB, at physical addresses and before there is a kernel; nothing
/// else of Linux runs there but what has a symbol.
bool inDecompressor(const core::SymbolTable& symbols, core::LinearAddress rip)
{
    constexpr std::uint64_t lowest = 1 << 20;
    const auto text = symbols.find("_text");
    return text && rip.value >= lowest && rip.value >> 32 == 0 && rip < *text;
}

} // namespace

std::vector<writes::Setter> settersOf(const core::SymbolTable& symbols)
{
    std::vector<writes::Setter> setters;
    const auto& all = symbols.symbols();
    const bool wide = !all.empty() && all.back().address.value >> 32 != 0;
    const std::uint64_t mask = wide ? ~std::uint64_t{0} : 0xffff'ffff;
    const auto add = [&](std::uint64_t begin, std::uint64_t bytes, bool enters) {
        if (setters.empty() || setters.back().begin != begin)
            setters.push_back({begin, begin + bytes, enters ? 1U : 0U});
    };
    for (std::size_t i = 0; i < all.size() && setters.size() + storingHypercalls.size() <= writes::maxSetters;
         ++i) {
        const bool enters = all[i].name.starts_with(hypercall) && all[i].name != hypercallReturn;
        const bool page = all[i].name == hypercallPage;
        if (!enters && !page && !isSetter(all[i].name))
            continue;
        auto next = i + 1;
        while (next < all.size() && all[next].address == all[i].address)
            ++next;
        const std::uint64_t begin = (all[i].address.value + symbols.slide()) & mask;
        const std::uint64_t toNext = next < all.size() ? all[next].address - all[i].address : longest;
        if (!page)
            add(begin, std::min(toNext, longest), enters);
        else if (toNext > hypercallBytes)
            for (const std::uint64_t number : storingHypercalls)
                add(begin + number * hypercallBytes, hypercallBytes, true);
    }
    return setters;
}

std::string writerName(const WriterNames& known, core::LinearAddress rip, core::LinearAddress caller)
{
    const core::SymbolTable& symbols = known.kernel;
    const auto calling = caller.value != 0 ? symbolOf(symbols, caller) : std::nullopt;
    if (core::xenRange.contains(rip)) {
        const auto own = known.xen.at(rip);
        const bool wished = own && carriesOut(own->name);
        return (calling         ? std::string(calling->name) + " via "
                       : wished ? "caller unknown via "
                                : "")
            + core::xenName(known.xen, rip);
    }
    const auto here = symbolOf(symbols, rip);
    if (!here)
        return inDecompressor(symbols, rip) ? "decompressor" : std::string();
    if (!isSetter(here->name))
        return here->text();
    return (calling ? std::string(calling->name) : "caller unknown") + " via " + here->text();
}

} // namespace pgtscope::gdb
