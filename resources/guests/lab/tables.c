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
LAB_TABLE pte_t level1_kernel_pgt[2 * PTRS_PER_TABLE];
LAB_TABLE pte_t bm_pte[PTRS_PER_TABLE];

// For addresses outside the direct map and the image, which exercises use.
#define SPARE_TABLES 3
LAB_TABLE static unsigned long spare_tables[SPARE_TABLES][PTRS_PER_TABLE];
static int spare_tables_used;

LAB_VISIBLE void native_set_pte(pte_t* entry, pte_t value) { *(volatile pte_t*)entry = value; }
LAB_VISIBLE void native_set_table(unsigned long* entry, unsigned long value)
{
    *(volatile unsigned long*)entry = value;
}
static void native_alloc(unsigned long pfn) { (void)pfn; }

struct pv_mmu_ops pv_mmu_ops
    = {native_set_pte, native_set_table, native_alloc, native_alloc, native_pagetable_reserve};

static unsigned long table_entry(const unsigned long* table) { return __pa_symbol(table) | PG_TABLE; }

static bool in_image_tables(unsigned long physical)
{
    return physical >= __pa_symbol(__tables_start) && physical < __pa_symbol(__tables_end);
}

static void fill_level1(unsigned long tables_protection)
{
    for (unsigned long i = 0; i < IDENT_TABLES * PTRS_PER_TABLE; i++) {
        const unsigned long physical = i << PAGE_SHIFT;
        level1_ident_pgt[i] = physical | (in_image_tables(physical) ? tables_protection : PAGE_KERNEL);
    }
    for (unsigned long physical = __pa_symbol(_text); physical < __pa_symbol(_end); physical += PAGE_SIZE) {
        const unsigned long protection
            = in_image_tables(physical) ? tables_protection & ~PG_NX : PAGE_KERNEL_EXEC;
        level1_kernel_pgt[physical >> PAGE_SHIFT] = physical | protection;
    }
}

LAB_VISIBLE void setup_kernel_pagetable(bool tables_read_only)
{
    if (__pa_symbol(_end) > 2 * PMD_SIZE)
        panic("the image is larger than its mapping");
    fill_level1(tables_read_only ? PAGE_KERNEL_RO : PAGE_KERNEL);
    for (unsigned long i = 0; i < IDENT_TABLES; i++)
        level2_ident_pgt[i] = table_entry(level1_ident_pgt + i * PTRS_PER_TABLE);
    for (unsigned long i = 0; i < 2; i++)
        level2_kernel_pgt[i] = table_entry(level1_kernel_pgt + i * PTRS_PER_TABLE);
    level3_ident_pgt[0] = table_entry(level2_ident_pgt);
    level3_kernel_pgt[table_index(START_KERNEL_MAP, 3)] = table_entry(level2_kernel_pgt);
    level3_kernel_pgt[table_index(BTMAP_BASE, 3)] = table_entry(level2_fixmap_pgt);
    init_level4_pgt[0] = table_entry(level3_ident_pgt);
    init_level4_pgt[table_index(PAGE_OFFSET, 4)] = table_entry(level3_ident_pgt);
    init_level4_pgt[table_index(START_KERNEL_MAP, 4)] = table_entry(level3_kernel_pgt);
}

LAB_VISIBLE void zap_identity_mappings(void)
{
    pv_mmu_ops.set_table(&init_level4_pgt[0], 0);
    write_cr3(read_cr3());
}

LAB_VISIBLE pte_t* lookup_address(unsigned long address)
{
    unsigned long* table = init_level4_pgt;
    for (int level = 4; level > 1; level--) {
        const unsigned long entry = table[table_index(address, level)];
        if ((entry & PG_PRESENT) == 0)
            return NULL;
        table = __va(entry & PG_FRAME);
    }
    return &table[table_index(address, 1)];
}

unsigned long arbitrary_virt_to_machine(const void* address)
{
    const unsigned long linear = (unsigned long)address;
    if (linear >= BTMAP_BASE)
        return (bm_pte[table_index(linear, 1)] & PG_FRAME) + linear % PAGE_SIZE;
    return linear >= START_KERNEL_MAP ? linear - START_KERNEL_MAP : linear - PAGE_OFFSET;
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
    invlpg(address);
}

void map_extra_page(unsigned long address, pte_t value)
{
    unsigned long* table = init_level4_pgt;
    for (int level = 4; level > 1; level--) {
        unsigned long* entry = &table[table_index(address, level)];
        if ((*entry & PG_PRESENT) == 0) {
            if (spare_tables_used == SPARE_TABLES)
                panic("no spare table left");
            pv_mmu_ops.set_table(entry, table_entry(spare_tables[spare_tables_used++]));
        }
        table = __va(*entry & PG_FRAME);
    }
    // Past mask_rw_pte() on purpose: an exercise plants what a correct kernel would not.
    pv_mmu_ops.set_table(&table[table_index(address, 1)], value);
    invlpg(address);
}
