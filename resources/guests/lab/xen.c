// SPDX-License-Identifier: GPL-2.0-or-later
// How a paravirtualised guest keeps its page tables acceptable (Linux 3.0 to 3.6: arch/x86/xen/mmu.c).
#include "lab.h"

static bool is_early_ioremap_slot(const pte_t* entry)
{
    return entry >= bm_pte && entry < bm_pte + PTRS_PER_TABLE;
}

LAB_VISIBLE pte_t mask_rw_pte(pte_t* entry, pte_t value)
{
    if (options.mask_rw == MASK_NONE)
        return value;
    const unsigned long pfn = entry_pfn(value);
    if (is_early_ioremap_slot(entry))
        return options.ioremap_right && pfn != pgt_buf_end - 1 ? value & ~PG_RW : value;
    // The question of August 2012: does the rule end at what is a table now, or at what may become one?
    const unsigned long limit = options.mask_rw == MASK_END ? pgt_buf_end : pgt_buf_top;
    return pfn >= pgt_buf_start && pfn < limit ? value & ~PG_RW : value;
}

static bool refused(int result, const char* call, unsigned long argument)
{
    if (result != 0)
        printk("LAB: %s of %lx: %d", call, argument, result);
    return result != 0;
}

static bool entry_refused(const unsigned long* entry, unsigned long value)
{
    const unsigned long machine = arbitrary_virt_to_machine(entry);
    return refused(hv_mmu_update(machine, value), "mmu_update", machine);
}

static void xen_set_table(unsigned long* entry, unsigned long value)
{
    if (entry_refused(entry, value))
        BUG();
}

LAB_VISIBLE void xen_set_pte_init(pte_t* entry, pte_t value)
{
    value = mask_rw_pte(entry, value);
    if (!is_early_ioremap_slot(entry))
        native_set_pte(entry, value);
    else if (entry_refused(entry, value))
        BUG();
}

static void change_lowmem_page(void* address, unsigned long clear, unsigned long set)
{
    const pte_t* entry = lookup_address((unsigned long)address);
    // Nothing leads to the page yet: whoever maps it later has to look after its rights.
    if (entry == NULL || (*entry & PG_PRESENT) == 0)
        return;
    const int result = hv_update_va_mapping((unsigned long)address, (*entry & ~clear) | set);
    if (refused(result, "update_va_mapping", (unsigned long)address))
        BUG();
    flush_tlb_one((unsigned long)address);
}

LAB_VISIBLE void make_lowmem_page_readonly(void* address)
{
    static unsigned long calls;
    if (++calls == options.skip_readonly)
        return;
    change_lowmem_page(address, PG_RW, 0);
}
LAB_VISIBLE void make_lowmem_page_readwrite(void* address) { change_lowmem_page(address, 0, PG_RW); }

LAB_VISIBLE void pin_pagetable_pfn(unsigned long pfn)
{
    const int result = hv_pin_l1_table(pfn);
    if (result == 0)
        return;
    printk("LAB: pinning frame %lx (machine frame %lx) as a level-1 table: %d", pfn, pfn_to_mfn(pfn), result);
    hv_report_writers(pfn);
    BUG();
}

LAB_VISIBLE void xen_alloc_pte_init(unsigned long pfn)
{
    make_lowmem_page_readonly(__va(pfn << PAGE_SHIFT));
    pin_pagetable_pfn(pfn);
}

LAB_VISIBLE void xen_alloc_pmd_init(unsigned long pfn) { make_lowmem_page_readonly(__va(pfn << PAGE_SHIFT)); }

LAB_VISIBLE void xen_mapping_pagetable_reserve(unsigned long start, unsigned long end)
{
    native_pagetable_reserve(start, end);
    printk("LAB: xen: setting RW the range %lx-%lx", end, (pgt_buf_top << PAGE_SHIFT) - 1);
    for (; end < pgt_buf_top << PAGE_SHIFT; end += PAGE_SIZE)
        make_lowmem_page_readwrite(__va(end));
}

void xen_init_mmu_ops(void)
{
    pv_mmu_ops.set_pte = xen_set_pte_init;
    pv_mmu_ops.set_table = xen_set_table;
    pv_mmu_ops.alloc_pte = xen_alloc_pte_init;
    pv_mmu_ops.alloc_pmd = xen_alloc_pmd_init;
    // Without the Xen version of this step the spare pages stay read-only, as before commit 279b706bf (April
    // 2011).
    pv_mmu_ops.pagetable_reserve
        = options.handback ? xen_mapping_pagetable_reserve : native_pagetable_reserve;
}
