// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/linux/events.h"

#include <algorithm>
#include <array>

namespace pgtscope::core {

namespace {

using enum BootEventKind;
using enum BootPhase;
using enum KernelFlavour;

// In the order in which a 6.x kernel meets them; older ones differ in places. Read in
// arch/x86/kernel/head_*.S, head64.c, setup.c, arch/x86/mm/init*.c, arch/x86/xen and init/main.c.
const std::vector<BootEvent>& catalogue()
{
    static const std::vector<BootEvent> events{
        {.name = "startup_64",
            .symbols = {"startup_64"},
            .kind = Function,
            .phase = Entry,
            .flavour = Bits64,
            .since = kernel2639,
            .meaning = "First instruction of the decompressed 64-bit kernel. It still runs on the identity "
                       "map that the decompressor or the boot loader made."},
        {.name = "startup_32",
            .symbols = {"startup_32"},
            .kind = Function,
            .phase = Entry,
            .flavour = Bits32,
            .since = kernel2639,
            .meaning = "First instruction of the decompressed 32-bit kernel, with paging still off."},
        {.name = "startup_xen",
            .symbols = {"startup_xen"},
            .kind = Function,
            .phase = Entry,
            .flavour = XenPv,
            .since = kernel2639,
            .meaning = "Entry of a Xen PV guest. The domain builder has made its first page tables, "
                       "read-only as Xen demands."},
        {.name = "initial_page_table",
            .symbols = {"initial_page_table"},
            .kind = RootSwitch,
            .phase = Entry,
            .flavour = Bits32,
            .since = kernel2639,
            .meaning = "The 32-bit kernel turns paging on with its first tables, which map low memory twice: "
                       "at 0 and at PAGE_OFFSET."},
        {.name = "__startup_64",
            .symbols = {"__startup_64"},
            .kind = Function,
            .phase = Entry,
            .flavour = Bits64,
            .since = 4013,
            .meaning = "Corrects the static early tables for the address that the kernel was loaded at, and "
                       "adds an identity map of the code that switches to them."},
        {.name = "early_top_pgt",
            .symbols = {"early_top_pgt", "early_level4_pgt"},
            .kind = RootSwitch,
            .phase = Entry,
            .flavour = Bits64,
            .since = 3009,
            .meaning
            = "CR3 switches to the static early tables: the kernel runs at its high addresses from here on."},
        {.name = "xen_start_kernel",
            .symbols = {"xen_start_kernel"},
            .kind = Function,
            .phase = EarlyC,
            .flavour = XenPv,
            .since = kernel2639,
            .meaning = "First C code of a Xen PV kernel: it learns from start_info where its tables and its "
                       "memory lie."},
        {.name = "xen_setup_kernel_pagetable",
            .symbols = {"xen_setup_kernel_pagetable"},
            .kind = Function,
            .phase = EarlyC,
            .flavour = XenPv,
            .since = kernel2639,
            .meaning = "Joins the tables that the domain builder made with the kernel's own, makes each "
                       "table page read-only and pins the root."},
        {.name = "x86_64_start_kernel",
            .symbols = {"x86_64_start_kernel"},
            .kind = Function,
            .phase = EarlyC,
            .flavour = Bits64,
            .since = kernel2639,
            .meaning = "First C code of a native 64-bit kernel."},
        {.name = "i386_start_kernel",
            .symbols = {"i386_start_kernel"},
            .kind = Function,
            .phase = EarlyC,
            .flavour = Bits32,
            .since = kernel2639,
            .meaning = "First C code of a 32-bit kernel."},
        {.name = "reset_early_page_tables",
            .symbols = {"reset_early_page_tables"},
            .kind = Function,
            .phase = EarlyC,
            .flavour = Bits64,
            .since = 3009,
            .meaning = "Takes the identity map out of the early tables. What is needed at low addresses is "
                       "mapped on demand from now on.",
            .oftenInlined = true},
        {.name = "early_make_pgtable",
            .symbols = {"__early_make_pgtable", "early_make_pgtable"},
            .kind = Function,
            .phase = EarlyC,
            .flavour = Bits64,
            .since = 3009,
            .meaning = "An early page fault: the kernel maps 2 MiB of the direct map on demand, with tables "
                       "from a small static pool."},
        {.name = "x86_64_start_reservations",
            .symbols = {"x86_64_start_reservations"},
            .kind = Function,
            .phase = EarlyC,
            .flavour = Bits64,
            .since = kernel2639,
            .meaning = "Copies the boot loader's parameters and goes on to start_kernel()."},
        {.name = "start_kernel",
            .symbols = {"start_kernel"},
            .kind = Function,
            .phase = EarlyC,
            .flavour = Any,
            .since = kernel2639,
            .meaning = "Architecture-independent start of the kernel."},
        {.name = "setup_arch",
            .symbols = {"setup_arch"},
            .kind = Function,
            .phase = Setup,
            .flavour = Any,
            .since = kernel2639,
            .meaning = "Learns the machine: memory map, command line, firmware tables. The direct map is "
                       "built in it."},
        {.name = "early_ioremap_init",
            .symbols = {"early_ioremap_init"},
            .kind = Function,
            .phase = Setup,
            .flavour = Any,
            .since = kernel2639,
            .meaning = "Hooks bm_pte[] into the fixmap area. Its slots are the only early way to reach "
                       "memory that is not mapped yet."},
        {.name = "kernel_randomize_memory",
            .symbols = {"kernel_randomize_memory"},
            .kind = Function,
            .phase = Setup,
            .flavour = Bits64,
            .since = 4008,
            .meaning = "Moves the bases of the direct map, vmalloc and vmemmap areas at random (KASLR)."},
        {.name = "early_alloc_pgt_buf",
            .symbols = {"early_alloc_pgt_buf"},
            .kind = Function,
            .phase = Setup,
            .flavour = Any,
            .since = 3009,
            .meaning = "Takes the early page-table buffer from the kernel's brk area and sets pgt_buf_start, "
                       "pgt_buf_end and pgt_buf_top."},
        {.name = "early_alloc_pgt_buf:return",
            .symbols = {"early_alloc_pgt_buf"},
            .kind = Return,
            .phase = Setup,
            .flavour = Any,
            .since = 3009,
            .meaning = "The buffer stands and is empty: pgt_buf_end equals pgt_buf_start. Where the compiler "
                       "dropped pgt_buf_start this is the place to learn it."},
        {.name = "swapper_pg_dir",
            .symbols = {"swapper_pg_dir"},
            .kind = RootSwitch,
            .phase = Setup,
            .flavour = Bits32,
            .since = kernel2639,
            .meaning = "CR3 switches to the 32-bit kernel's final root."},
        {.name = "init_mem_mapping",
            .symbols = {"init_mem_mapping"},
            .kind = Function,
            .phase = Setup,
            .flavour = Any,
            .since = 3009,
            .meaning = "Builds the direct map of all RAM, from the top down where it can, so that tables for "
                       "lower memory come from memory mapped before."},
        {.name = "find_early_table_space",
            .symbols = {"find_early_table_space"},
            .kind = Function,
            .phase = Setup,
            .flavour = Any,
            .since = kernel2639,
            .until = 3008,
            .meaning = "Estimates how many table pages the direct map needs and reserves them in one piece: "
                       "pgt_buf_start to pgt_buf_top.",
            .oftenInlined = true},
        {.name = "init_memory_mapping",
            .symbols = {"init_memory_mapping"},
            .kind = Function,
            .phase = Setup,
            .flavour = Any,
            .since = kernel2639,
            .meaning = "Maps one range of physical memory into the direct map, in the largest pages that "
                       "fit. Up to 3.8 each call sets pgt_buf up anew."},
        {.name = "kernel_physical_mapping_init",
            .symbols = {"kernel_physical_mapping_init"},
            .kind = Function,
            .phase = Setup,
            .flavour = Any,
            .since = kernel2639,
            .meaning = "Writes the entries of the direct map, level by level. A new table is filled first "
                       "and hooked into its parent last."},
        {.name = "alloc_low_page",
            .symbols = {"alloc_low_page"},
            .kind = Function,
            .phase = Setup,
            .flavour = Any,
            .since = kernel2639,
            .until = 3008,
            .meaning
            = "Hands out the next page of pgt_buf and advances pgt_buf_end. The page becomes a page table.",
            .oftenInlined = true},
        {.name = "alloc_low_pages",
            .symbols = {"alloc_low_pages"},
            .kind = Function,
            .phase = Setup,
            .flavour = Any,
            .since = 3009,
            .meaning = "Hands out pages of pgt_buf, or from memblock once the buffer is full. They become "
                       "page tables."},
        {.name = "xen_alloc_pte_init",
            .symbols = {"xen_alloc_pte_init"},
            .kind = Function,
            .phase = Setup,
            .flavour = XenPv,
            .since = kernel2639,
            .meaning = "Xen is about to be given a new page of PTEs: the page is made read-only and pinned. "
                       "A writable mapping that is left anywhere makes the pin fail."},
        {.name = "pagetable_reserve",
            .symbols = {"native_pagetable_reserve"},
            .kind = Function,
            .phase = Setup,
            .flavour = Any,
            .since = kernel2639,
            .until = 3008,
            .meaning = "The range [pgt_buf_start, pgt_buf_end) is kept; the rest of the buffer, up to "
                       "pgt_buf_top, is free again."},
        {.name = "xen_mapping_pagetable_reserve",
            .symbols = {"xen_mapping_pagetable_reserve"},
            .kind = Function,
            .phase = Setup,
            .flavour = XenPv,
            .since = kernel2639,
            .until = 3008,
            .meaning = "As pagetable_reserve; under Xen the rest of the buffer is set back to RW too."},
        {.name = "init_top_pgt",
            .symbols = {"init_top_pgt", "init_level4_pgt"},
            .kind = RootSwitch,
            .phase = Setup,
            .flavour = Bits64,
            .since = kernel2639,
            .meaning = "CR3 switches to the 64-bit kernel's final root. Up to 3.8 the kernel runs on it from "
                       "startup_64 on."},
        {.name = "native_pagetable_init",
            .symbols = {"native_pagetable_init", "native_pagetable_setup_start"},
            .kind = Function,
            .phase = Tables,
            .flavour = Bits32,
            .since = kernel2639,
            .meaning = "Clears what the boot left above the direct map of a 32-bit kernel and completes its "
                       "fixed mappings."},
        {.name = "xen_pagetable_init",
            .symbols = {"xen_pagetable_init", "xen_pagetable_setup_done"},
            .kind = Function,
            .phase = Tables,
            .flavour = XenPv,
            .since = kernel2639,
            .meaning = "Completes the page tables of a PV guest: the P2M is moved, and pages are pinned as "
                       "what they are."},
        {.name = "paging_init",
            .symbols = {"paging_init"},
            .kind = Function,
            .phase = Tables,
            .flavour = Any,
            .since = kernel2639,
            .meaning = "The direct map is complete; memory zones and the array of struct page follow."},
        {.name = "sparse_init",
            .symbols = {"sparse_init"},
            .kind = Function,
            .phase = Tables,
            .flavour = Any,
            .since = kernel2639,
            .meaning = "Builds the vmemmap area, the array of struct page, in large pages where it can."},
        {.name = "map_vsyscall",
            .symbols = {"map_vsyscall"},
            .kind = Function,
            .phase = Tables,
            .flavour = Bits64,
            .since = kernel2639,
            .meaning = "Maps the vsyscall page: the one kernel address that user mode may reach."},
        {.name = "mem_init",
            .symbols = {"mem_init"},
            .kind = Function,
            .phase = Init,
            .flavour = Any,
            .since = kernel2639,
            .meaning = "memblock hands all free memory to the page allocator. Early allocation is over."},
        {.name = "init_espfix_bsp",
            .symbols = {"init_espfix_bsp"},
            .kind = Function,
            .phase = Init,
            .flavour = Bits64,
            .since = 3016,
            .meaning = "Builds the espfix area: one page of stack that 65,536 linear addresses share, "
                       "through shared tables."},
        {.name = "pti_init",
            .symbols = {"pti_init", "kaiser_init"},
            .kind = Function,
            .phase = Init,
            .flavour = Any,
            .since = 4015,
            .meaning = "Page-table isolation: a second root for user mode is filled with the little that "
                       "entering the kernel needs. (kaiser_init in the 4.4 and 4.9 stable series.)"},
        {.name = "efi_enter_virtual_mode",
            .symbols = {"efi_enter_virtual_mode"},
            .kind = Function,
            .phase = Init,
            .flavour = Any,
            .since = kernel2639,
            .meaning = "Maps the firmware's run-time services, since 3.14 in a root of their own."},
        {.name = "rest_init",
            .symbols = {"rest_init"},
            .kind = Function,
            .phase = Init,
            .flavour = Any,
            .since = kernel2639,
            .meaning = "The boot processor's part ends: the init thread is created."},
        {.name = "kernel_init",
            .symbols = {"kernel_init"},
            .kind = Function,
            .phase = Running,
            .flavour = Any,
            .since = kernel2639,
            .meaning = "The thread that becomes the first process. Drivers are initialised in it."},
        {.name = "free_initmem",
            .symbols = {"free_initmem"},
            .kind = Function,
            .phase = Running,
            .flavour = Any,
            .since = kernel2639,
            .meaning = "Frees the kernel's init sections, pgt_buf_start, pgt_buf_end and pgt_buf_top among "
                       "them: their values are garbage from here on."},
        {.name = "mark_rodata_ro",
            .symbols = {"mark_rodata_ro"},
            .kind = Function,
            .phase = Running,
            .flavour = Any,
            .since = kernel2639,
            .meaning = "Kernel text and constants become read-only, everything else non-executable. Large "
                       "pages are split where the borders demand it."},
        {.name = "pti_finalize",
            .symbols = {"pti_finalize"},
            .kind = Function,
            .phase = Running,
            .flavour = Any,
            .since = 4018,
            .meaning = "Copies the final rights of the kernel image into user mode's root."},
        {.name = "run_init_process",
            .symbols = {"run_init_process"},
            .kind = Function,
            .phase = Running,
            .flavour = Any,
            .since = kernel2639,
            .meaning = "The init thread is about to execute its program.",
            .oftenInlined = true},
        {.name = "start_thread",
            .symbols = {"start_thread"},
            .kind = Function,
            .phase = Running,
            .flavour = Any,
            .since = kernel2639,
            .meaning
            = "A new program is about to enter user mode; the first time this is the first process."},
    };
    return events;
}

std::string releaseName(KernelRelease release)
{
    if (release == kernel2639)
        return "2.6.39";
    return std::to_string(release / 1000) + '.' + std::to_string(release % 1000);
}

std::string_view flavourText(KernelFlavour flavour)
{
    constexpr std::array<std::string_view, 4> texts{
        "", "64-bit kernels only", "32-bit kernels only", "kernels built for Xen PV only"};
    return texts[static_cast<std::size_t>(flavour)];
}

bool fits(const BootEvent& event, bool is64Bit) { return event.flavour != (is64Bit ? Bits32 : Bits64); }

std::string missingReason(const BootEvent& event, bool is64Bit)
{
    if (!fits(event, is64Bit))
        return std::string(flavourText(event.flavour));
    std::string reason = "no symbol";
    for (std::size_t i = 0; i < event.symbols.size(); ++i)
        reason += (i == 0 ? " " : " or ") + std::string(event.symbols[i]);
    if (event.since != kernel2639 || event.until)
        reason += "; kernels " + releaseText(event);
    if (event.flavour != Any)
        reason += "; " + std::string(flavourText(event.flavour));
    if (event.oftenInlined)
        reason += "; often inlined, then a vmlinux with DWARF tells the place";
    return reason;
}

} // namespace

std::span<const BootEvent> bootEvents() { return catalogue(); }

const BootEvent* findBootEvent(std::string_view name)
{
    const auto& events = catalogue();
    const auto found
        = std::find_if(events.begin(), events.end(), [name](const BootEvent& e) { return e.name == name; });
    return found == events.end() ? nullptr : &*found;
}

std::string_view bootPhaseName(BootPhase phase)
{
    constexpr std::array<std::string_view, 6> names{"entry", "early C", "setup", "tables", "init", "running"};
    return names[static_cast<std::size_t>(phase)];
}

std::string releaseText(const BootEvent& event)
{
    if (event.until)
        return releaseName(event.since) + " to " + releaseName(*event.until);
    return "since " + releaseName(event.since);
}

ResolvedEvents resolveEvents(const SymbolTable& symbols)
{
    const bool is64Bit
        = symbols.find("startup_64").has_value() || symbols.find("x86_64_start_kernel").has_value();
    ResolvedEvents result;
    for (const BootEvent& event : catalogue()) {
        std::optional<ResolvedEvent> resolved;
        for (const std::string_view symbol : event.symbols) {
            const auto address = symbols.find(symbol);
            if (address && fits(event, is64Bit) && !resolved)
                resolved = ResolvedEvent{&event, symbol, *address};
        }
        if (resolved)
            result.available.push_back(*resolved);
        else
            result.missing.push_back({&event, missingReason(event, is64Bit)});
    }
    return result;
}

} // namespace pgtscope::core
