// SPDX-License-Identifier: GPL-2.0-or-later
// From Xen's entry to the end of the boot, in the order and under the names of Linux 2.6.39 to 3.6 as dom0.
#include "xenabi.h"

void xen_start_kernel(const struct start_info* info);
void xen_setup_kernel_pagetable(void);
void x86_64_start_reservations(void);
void setup_arch(void);

void halt(void)
{
    for (;;)
        xen_block();
}

LAB_VISIBLE void bug(const char* file, int line, const char* function)
{
    printk("kernel BUG at %s:%d in %s", file, line, function);
    panic("a hypercall was refused");
}

LAB_VISIBLE void panic(const char* message)
{
    printk("Kernel panic - not syncing: %s", message);
    xen_shutdown_crash();
    halt();
}

static void make_image_tables_readonly(void)
{
    for (char* table = __tables_start; table < __tables_end; table += PAGE_SIZE) {
        const pte_t value = pfn_entry(__pa_symbol(table) >> PAGE_SHIFT, PAGE_KERNEL_RO);
        if (hv_update_va_mapping((unsigned long)table, value) != 0)
            BUG();
    }
}

// No writable mapping of a table may be left when the root is pinned, in the old tables either.
LAB_VISIBLE void xen_setup_kernel_pagetable(void)
{
    const unsigned long first_root = (xen_start_info->pt_base - START_KERNEL_MAP) >> PAGE_SHIFT;
    const unsigned long root = __pa_symbol(init_level4_pgt) >> PAGE_SHIFT;
    setup_kernel_pagetable(true, xen_kernel_end());
    make_image_tables_readonly();
    if (xen_pin_root(root) != 0 || hv_new_baseptr(root) != 0 || xen_unpin(first_root) != 0)
        BUG();
    printk("LAB: root in frame %lx, machine frame %lx", root, pfn_to_mfn(root));
}

LAB_VISIBLE void setup_arch(void)
{
    early_ioremap_setup();
    map_memory();
}

LAB_VISIBLE void x86_64_start_reservations(void)
{
    setup_arch();
    mark_rodata_ro();
    free_initmem();
    use_returned_pages();
    lab_done();
    halt();
}

LAB_VISIBLE void xen_start_kernel(const struct start_info* info)
{
    xen_start_info = info;
    xen_p2m_addr = (unsigned long*)info->mfn_list;
    xen_p2m_size = info->nr_pages;
    traps_init();
    if (!options_parse(info->cmd_line))
        panic("see resources/guests/lab-xen/README.md for the options");
    memory_layout();
    xen_init_mmu_ops();
    xen_setup_kernel_pagetable();
    x86_64_start_reservations();
}
