// SPDX-License-Identifier: GPL-2.0-or-later
// Temporary mappings for pages that nothing else maps yet (Linux 3.0: arch/x86/mm/ioremap.c, early_ioremap).
#include "lab.h"

static unsigned long slot_index(int slot) { return (unsigned long)slot * BTMAP_STRIDE; }

LAB_VISIBLE void early_ioremap_setup(void)
{
    pmd_populate_kernel(&level2_fixmap_pgt[table_index(BTMAP_BASE, 2)], __pa_symbol(bm_pte));
}

LAB_VISIBLE void* early_memremap(unsigned long physical)
{
    for (int slot = 0; slot < BTMAP_SLOTS; slot++) {
        pte_t* entry = &bm_pte[slot_index(slot)];
        if ((*(volatile pte_t*)entry & PG_PRESENT) != 0)
            continue;
        const unsigned long address = BTMAP_BASE + (slot_index(slot) << PAGE_SHIFT);
        pv_mmu_ops.set_pte(entry, pfn_entry(physical >> PAGE_SHIFT, PAGE_KERNEL));
        flush_tlb_one(address);
        return (void*)address;
    }
    panic("no early_ioremap slot is free");
}

LAB_VISIBLE void early_iounmap(void* address)
{
    pv_mmu_ops.set_pte(&bm_pte[table_index((unsigned long)address, 1)], 0);
    flush_tlb_one((unsigned long)address);
}
