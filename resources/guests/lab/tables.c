// SPDX-License-Identifier: GPL-2.0-or-later
// The tables that are part of the image, named as in arch/x86/kernel/head_64.S of Linux 3.0, and what every
// other part needs to find and change entries.
#include "lab.h"

LAB_TABLE pgd_t init_level4_pgt[PTRS_PER_TABLE];
LAB_TABLE pud_t level3_ident_pgt[PTRS_PER_TABLE];
LAB_TABLE pud_t level3_kernel_pgt[PTRS_PER_TABLE];
LAB_TABLE pmd_t level2_ident_pgt[PTRS_PER_TABLE];
LAB_TABLE pmd_t level2_kernel_pgt[PTRS_PER_TABLE];
LAB_TABLE pmd_t level2_fixmap_pgt[PTRS_PER_TABLE];
LAB_TABLE pte_t level1_ident_pgt[IDENT_TABLES * PTRS_PER_TABLE];
LAB_TABLE pte_t level1_kernel_pgt[KERNEL_TABLES * PTRS_PER_TABLE];
LAB_TABLE pte_t bm_pte[PTRS_PER_TABLE];

LAB_VISIBLE void native_set_pte(pte_t* entry, pte_t value) { *(volatile pte_t*)entry = value; }
LAB_VISIBLE void native_set_table(unsigned long* entry, unsigned long value)
{
    *(volatile unsigned long*)entry = value;
}
static void native_alloc(unsigned long pfn) { (void)pfn; }

struct pv_mmu_ops pv_mmu_ops
    = {native_set_pte, native_set_table, native_alloc, native_alloc, native_pagetable_reserve};

unsigned long table_entry(const unsigned long* table)
{
    return pfn_entry(__pa_symbol(table) >> PAGE_SHIFT, PG_TABLE);
}

static bool is_table(unsigned long physical)
{
    return (physical >= __pa_symbol(__tables_start) && physical < __pa_symbol(__tables_end))
        || is_boot_table(physical);
}

static void fill_level1(unsigned long tables_protection, unsigned long kernel_end)
{
    for (unsigned long i = 0; i < IDENT_TABLES * PTRS_PER_TABLE; i++)
        level1_ident_pgt[i] = pfn_entry(i, is_table(i << PAGE_SHIFT) ? tables_protection : PAGE_KERNEL);
    for (unsigned long physical = __pa_symbol(_text); physical < kernel_end; physical += PAGE_SIZE) {
        const unsigned long protection = is_table(physical) ? tables_protection : PAGE_KERNEL;
        level1_kernel_pgt[physical >> PAGE_SHIFT] = pfn_entry(physical >> PAGE_SHIFT, protection & ~PG_NX);
    }
}

LAB_VISIBLE void setup_kernel_pagetable(bool tables_read_only, unsigned long kernel_end)
{
    if (kernel_end > KERNEL_TABLES * PMD_SIZE)
        panic("the image is larger than its mapping");
    fill_level1(tables_read_only ? PAGE_KERNEL_RO : PAGE_KERNEL, kernel_end);
    for (unsigned long i = 0; i < IDENT_TABLES; i++)
        level2_ident_pgt[i] = table_entry(level1_ident_pgt + i * PTRS_PER_TABLE);
    for (unsigned long i = 0; i < KERNEL_TABLES; i++)
        level2_kernel_pgt[i] = table_entry(level1_kernel_pgt + i * PTRS_PER_TABLE);
    level3_ident_pgt[0] = table_entry(level2_ident_pgt);
    level3_kernel_pgt[table_index(START_KERNEL_MAP, 3)] = table_entry(level2_kernel_pgt);
    level3_kernel_pgt[table_index(BTMAP_BASE, 3)] = table_entry(level2_fixmap_pgt);
    init_level4_pgt[table_index(PAGE_OFFSET, 4)] = table_entry(level3_ident_pgt);
    init_level4_pgt[table_index(START_KERNEL_MAP, 4)] = table_entry(level3_kernel_pgt);
}

LAB_VISIBLE pte_t* lookup_address(unsigned long address)
{
    unsigned long* table = init_level4_pgt;
    for (int level = 4; level > 1; level--) {
        const unsigned long entry = table[table_index(address, level)];
        if ((entry & PG_PRESENT) == 0)
            return NULL;
        table = __va(entry_pfn(entry) << PAGE_SHIFT);
    }
    return &table[table_index(address, 1)];
}

unsigned long arbitrary_virt_to_machine(const void* address)
{
    const unsigned long linear = (unsigned long)address;
    if (linear >= BTMAP_BASE)
        return (bm_pte[table_index(linear, 1)] & PG_FRAME) + linear % PAGE_SIZE;
    const unsigned long physical
        = linear >= START_KERNEL_MAP ? linear - START_KERNEL_MAP : linear - PAGE_OFFSET;
    return pfn_entry(physical >> PAGE_SHIFT, physical % PAGE_SIZE);
}

void update_kernel_pte(unsigned long address, unsigned long clear, unsigned long set)
{
    pte_t* entry = lookup_address(address);
    if (entry == NULL)
        BUG();
    const pte_t value = (*entry & ~clear) | set;
    if (!options.xen_ops)
        native_set_pte(entry, value);
    else if (hv_update_va_mapping(address, value) != 0)
        BUG();
    flush_tlb_one(address);
}
