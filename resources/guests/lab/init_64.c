// SPDX-License-Identifier: GPL-2.0-or-later
// Extends the direct map, bottom up: a table is filled through an early_ioremap slot, unmapped, and only then
// hooked into its parent (Linux 3.0: arch/x86/mm/init_64.c). Until that moment CR3 does not lead to it.
#include "lab.h"

LAB_VISIBLE void* alloc_low_page(unsigned long* physical)
{
    const unsigned long pfn = pgt_buf_end++;
    if (pfn >= pgt_buf_top)
        panic("alloc_low_page: the page table buffer is used up");
    void* address = early_memremap(pfn << PAGE_SHIFT);
    memset(address, 0, PAGE_SIZE);
    *physical = pfn << PAGE_SHIFT;
    return address;
}

// A table that exists already is reached through a slot too: the direct map may not cover it yet.
static void* map_low_page(unsigned long entry)
{
    const unsigned long physical = entry_pfn(entry) << PAGE_SHIFT;
    void* address = early_memremap(physical);
    const bool newest = physical >> PAGE_SHIFT == pgt_buf_end - 1;
    const pte_t slot = *(volatile pte_t*)&bm_pte[table_index((unsigned long)address, 1)];
    if (options.mask_rw != MASK_NONE && !newest && (slot & PG_RW) != 0)
        lab_ioremap_wrong((unsigned long)address, physical >> PAGE_SHIFT);
    return address;
}

LAB_VISIBLE void unmap_low_page(void* address) { early_iounmap(address); }

LAB_VISIBLE void pmd_populate_kernel(pmd_t* entry, unsigned long table)
{
    pv_mmu_ops.alloc_pte(table >> PAGE_SHIFT);
    pv_mmu_ops.set_table(entry, pfn_entry(table >> PAGE_SHIFT, PG_TABLE));
}

LAB_VISIBLE void pud_populate(pud_t* entry, unsigned long table)
{
    pv_mmu_ops.alloc_pmd(table >> PAGE_SHIFT);
    pv_mmu_ops.set_table(entry, pfn_entry(table >> PAGE_SHIFT, PG_TABLE));
}

static unsigned long minimum(unsigned long a, unsigned long b) { return a < b ? a : b; }

LAB_VISIBLE unsigned long phys_pte_init(pte_t* table, unsigned long address, unsigned long end)
{
    for (unsigned long i = table_index(address, 1); i < PTRS_PER_TABLE && address < end; i++) {
        // What is mapped stays as it is: this is why a buffer in mapped memory never becomes writable again
        // here.
        if (table[i] == 0)
            pv_mmu_ops.set_pte(&table[i], pfn_entry(address >> PAGE_SHIFT, PAGE_KERNEL));
        address += PAGE_SIZE;
    }
    return address;
}

LAB_VISIBLE unsigned long phys_pmd_init(pmd_t* table, unsigned long address, unsigned long end)
{
    for (unsigned long i = table_index(address, 2); i < PTRS_PER_TABLE && address < end; i++) {
        const unsigned long next = minimum((address & ~(PMD_SIZE - 1)) + PMD_SIZE, end);
        if (table[i] != 0) {
            pte_t* existing = map_low_page(table[i]);
            phys_pte_init(existing, address, next);
            unmap_low_page(existing);
        } else {
            unsigned long physical;
            pte_t* fresh = alloc_low_page(&physical);
            phys_pte_init(fresh, address, next);
            unmap_low_page(fresh);
            pmd_populate_kernel(&table[i], physical);
        }
        address = next;
    }
    return address;
}

LAB_VISIBLE unsigned long phys_pud_init(pud_t* table, unsigned long address, unsigned long end)
{
    for (unsigned long i = table_index(address, 3); i < PTRS_PER_TABLE && address < end; i++) {
        const unsigned long next = minimum((address & ~(PUD_SIZE - 1)) + PUD_SIZE, end);
        if (table[i] != 0) {
            pmd_t* existing = map_low_page(table[i]);
            phys_pmd_init(existing, address, next);
            unmap_low_page(existing);
        } else {
            unsigned long physical;
            pmd_t* fresh = alloc_low_page(&physical);
            phys_pmd_init(fresh, address, next);
            unmap_low_page(fresh);
            pud_populate(&table[i], physical);
        }
        address = next;
    }
    return address;
}

// All RAM the lab knows fits below one entry of the root, and that entry exists from the start.
LAB_VISIBLE void kernel_physical_mapping_init(unsigned long start, unsigned long end)
{
    printk("LAB: kernel_physical_mapping_init %lx-%lx, pgt_buf_end %lx", start, end - 1, pgt_buf_end);
    pud_t* table = map_low_page(init_level4_pgt[table_index(PAGE_OFFSET, 4)]);
    phys_pud_init(table, start, end);
    unmap_low_page(table);
    flush_tlb_all();
}
