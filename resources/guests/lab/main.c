// SPDX-License-Identifier: GPL-2.0-or-later
// Entry in C, and the ways to stop.
#include "lab.h"

void x86_64_start_kernel(unsigned long start_info);

void halt(void)
{
    for (;;)
        __asm__ volatile("cli; hlt" : : : "memory");
}

LAB_VISIBLE void bug(const char* file, int line, const char* function)
{
    printk("kernel BUG at %s:%d in %s", file, line, function);
    printk("(LAB) machine halted");
    lab_boom();
    halt();
}

LAB_VISIBLE void panic(const char* message)
{
    printk("LAB: panic: %s", message);
    halt();
}

static void load_kernel_root(void)
{
    if (options.xen_ops) {
        hv_init();
        xen_init_mmu_ops();
    }
    setup_kernel_pagetable(options.xen_ops, __pa_symbol(_end));
    init_level4_pgt[0] = init_level4_pgt[table_index(PAGE_OFFSET, 4)];
    const unsigned long root = __pa_symbol(init_level4_pgt);
    if (options.xen_ops && hv_new_baseptr(root >> PAGE_SHIFT) != 0)
        BUG();
    write_cr3(root);
    printk("LAB: CR3 %lx", root);
}

static LAB_VISIBLE void zap_identity_mappings(void)
{
    pv_mmu_ops.set_table(&init_level4_pgt[0], 0);
    flush_tlb_all();
}

// Inlined wherever it is used, as compilers do it with small functions: no symbol is left, and only the debug
// information tells a debugger the place.
static inline __attribute__((always_inline)) void reset_early_page_tables(void)
{
    early_ioremap_setup();
    zap_identity_mappings();
}

LAB_VISIBLE void x86_64_start_kernel(unsigned long start_info)
{
    console_init();
    traps_init();
    const char* command_line = memory_detect(start_info);
    if (!options_parse(command_line))
        panic("see resources/guests/lab/README.md for the options");
    if (options.generate != GENERATE_NOTHING)
        generate_tables();
    memory_layout();
    load_kernel_root();
    reset_early_page_tables();
    map_memory();
    mark_rodata_ro();
    free_initmem();
    use_returned_pages();
    exercise_plant();
    lab_done();
    halt();
}
