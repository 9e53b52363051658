// SPDX-License-Identifier: GPL-2.0-or-later
// States that are built on purpose. README.md says what is to be found in each exercise.
#include "lab.h"

// A table that is hooked nowhere and maps, writable, the page that the next table is made of.
static void build_detached_writer(void)
{
    unsigned long holder;
    unsigned long table;
    pte_t* entries = alloc_low_page(&holder);
    for (unsigned long i = 0; i < 4; i++)
        native_set_pte(&entries[i], (MIB(40) + i * PAGE_SIZE) | PAGE_KERNEL_RO);
    native_set_pte(&entries[5], pgt_buf_end << PAGE_SHIFT | PAGE_KERNEL);
    unmap_low_page(entries);
    pin_pagetable_pfn(holder >> PAGE_SHIFT);

    // The later table maps the first 2 MiB after the low memory and is hooked where the direct map expects
    // it.
    entries = alloc_low_page(&table);
    phys_pte_init(entries, MIB(64), MIB(64) + PMD_SIZE);
    unmap_low_page(entries);
    pmd_populate_kernel(&level2_ident_pgt[MIB(64) / PMD_SIZE], table);
    lab_detached(holder >> PAGE_SHIFT, table >> PAGE_SHIFT);
}

void scenario_before_reserve(void)
{
    static bool done;
    if (same_text(options.scenario, "detached") && !done) {
        done = true;
        build_detached_writer();
    }
}

// For addresses outside the direct map and the image.
#define SPARE_TABLES 3
LAB_TABLE static unsigned long spare_tables[SPARE_TABLES][PTRS_PER_TABLE];
static int spare_tables_used;

// A level-1 entry for an address that has none yet; makes the missing tables from spare image pages.
static void map_extra_page(unsigned long address, pte_t value)
{
    unsigned long* table = init_level4_pgt;
    for (int level = 4; level > 1; level--) {
        unsigned long* entry = &table[table_index(address, level)];
        if ((*entry & PG_PRESENT) == 0) {
            if (spare_tables_used == SPARE_TABLES)
                panic("no spare table left");
            pv_mmu_ops.set_table(entry, table_entry(spare_tables[spare_tables_used++]));
        }
        table = __va(entry_pfn(*entry) << PAGE_SHIFT);
    }
    // Past mask_rw_pte() on purpose: an exercise plants what a correct kernel would not.
    pv_mmu_ops.set_table(&table[table_index(address, 1)], value);
    flush_tlb_one(address);
}

static void plant_write_execute(void)
{
    update_kernel_pte((unsigned long)__va(MIB(48) + 5 * PAGE_SIZE), PG_NX, 0);
}

// The user bit of a leaf counts only where every table above has it too: one page for real, one that is a
// decoy.
static void plant_user_access(void)
{
    const unsigned long address = (unsigned long)__va(MIB(41));
    pgd_t* level4 = &init_level4_pgt[table_index(address, 4)];
    pv_mmu_ops.set_table(level4, *level4 | PG_USER);
    pv_mmu_ops.set_table(&level3_ident_pgt[0], level3_ident_pgt[0] | PG_USER);
    pmd_t* level2 = &level2_ident_pgt[table_index(address, 2)];
    pv_mmu_ops.set_table(level2, *level2 | PG_USER);
    update_kernel_pte(address, 0, PG_USER);
    update_kernel_pte((unsigned long)__va(MIB(20)), 0, PG_USER);
}

#define RESERVED_BIT_ADDRESS (VMALLOC_START + PAGE_SIZE)

// Bit 45 is above MAXPHYADDR on QEMU's emulated CPUs (40 bits unless asked otherwise).
static void plant_reserved_bit(void)
{
    map_extra_page(VMALLOC_START, MIB(40) | PAGE_KERNEL);
    map_extra_page(RESERVED_BIT_ADDRESS, MIB(40) | 1UL << 45 | PAGE_KERNEL);
}

static void plant_cache_conflict(void)
{
    map_extra_page(VMALLOC_START + 7 * PAGE_SIZE, (MIB(42) + 3 * PAGE_SIZE) | PAGE_KERNEL | PG_PCD | PG_PWT);
}

static void plant_writable_alias(void)
{
    const unsigned long table = level2_ident_pgt[IDENT_TABLES + 2] & PG_FRAME;
    map_extra_page(VMALLOC_START + 3 * PAGE_SIZE, table | PAGE_KERNEL);
}

// Slot 493 shows the tables themselves from 0xfffff68000000000 on.
static void plant_self_map(void)
{
    pv_mmu_ops.set_table(&init_level4_pgt[493], __pa_symbol(init_level4_pgt) | PG_TABLE | PG_NX);
}

LAB_VISIBLE void exercise_plant(void)
{
    static void (*const plants[])(void) = {plant_write_execute, plant_user_access, plant_reserved_bit,
        plant_cache_conflict, plant_writable_alias, plant_self_map};
    if (options.exercise == 0)
        return;
    plants[options.exercise - 1]();
    write_cr3(read_cr3());
    lab_planted(options.exercise);
    if (options.touch && options.exercise == 3)
        (void)*(volatile unsigned long*)RESERVED_BIT_ADDRESS;
}
