// SPDX-License-Identifier: GPL-2.0-or-later
// Very large and hostile tables for benchmarks. They run on the early tables' kernel mapping in slot 511 of
// the root; everything else of the root is generated.
#include "lab.h"

#define POOL_START MIB(32)
#define KERNEL_SLOT 511UL
#define MAX_LEAVES 1048576UL
#define LEAF_FRAMES (MIB(32) >> PAGE_SHIFT)

extern unsigned long early_level4_pgt[];

static unsigned long pool_next = POOL_START;

// The early tables map the first 4 GiB one to one, so a physical address is a pointer here.
static unsigned long* new_table(void)
{
    unsigned long* table = (unsigned long*)pool_next;
    pool_next += PAGE_SIZE;
    memset(table, 0, PAGE_SIZE);
    return table;
}

static void fill(unsigned long* table, unsigned long first, unsigned long last, unsigned long entry)
{
    for (unsigned long i = first; i <= last; i++)
        table[i] = entry;
}

static unsigned long* table_below(unsigned long* table, unsigned long index)
{
    if (table[index] == 0)
        table[index] = (unsigned long)new_table() | PG_TABLE;
    return (unsigned long*)(table[index] & PG_FRAME);
}

// Neighbours differ in RW, so that no two leaves merge into one run; frames repeat within the first 32 MiB.
static void generate_leaves(unsigned long* root, unsigned long count)
{
    if (count == 0 || count > MAX_LEAVES)
        count = MAX_LEAVES;
    for (unsigned long i = 0; i < count; i++) {
        const unsigned long address = (1UL << 39) + (i << PAGE_SHIFT);
        unsigned long* table = root;
        for (int level = 4; level > 1; level--)
            table = table_below(table, table_index(address, level));
        const unsigned long frame = (i % LEAF_FRAMES) << PAGE_SHIFT;
        table[table_index(address, 1)] = frame | ((i & 1) != 0 ? PAGE_KERNEL : PAGE_KERNEL_RO);
    }
    printk("LAB: generated %lu leaves", count);
}

// One table a level, each entry of it the same: 512^3 leaves below one slot, or below all slots but the
// kernel's.
static void generate_alias(unsigned long* root, unsigned long levels)
{
    unsigned long* level3 = new_table();
    unsigned long* level2 = new_table();
    unsigned long* level1 = new_table();
    fill(level1, 0, 511, MIB(16) | PAGE_KERNEL);
    fill(level2, 0, 511, (unsigned long)level1 | PG_TABLE);
    fill(level3, 0, 511, (unsigned long)level2 | PG_TABLE);
    fill(root, levels == 3 ? 1 : 0, levels == 3 ? 1 : 510, (unsigned long)level3 | PG_TABLE);
    printk("LAB: generated 3 tables aliased below %lu slots of the root", levels == 3 ? 1UL : 511UL);
}

static void generate_selfref(unsigned long* root)
{
    fill(root, 0, 510, (unsigned long)root | PG_TABLE);
    printk("LAB: generated a root whose slots 0 to 510 lead to itself");
}

// Three tables in a ring, each entered from the root: every one of them is a table of level 3, 2 and 1.
static void generate_cycle(unsigned long* root)
{
    unsigned long* ring[3] = {new_table(), new_table(), new_table()};
    for (unsigned long i = 0; i < 3; i++) {
        fill(ring[i], 0, 511, (unsigned long)ring[(i + 1) % 3] | PG_TABLE);
        root[i + 1] = (unsigned long)ring[i] | PG_TABLE;
    }
    root[4] = (unsigned long)root | PG_TABLE;
    printk("LAB: generated a cycle of 3 tables through levels 3 to 1");
}

void generate_tables(void)
{
    unsigned long* root = new_table();
    if (options.generate == GENERATE_LEAVES)
        generate_leaves(root, options.count);
    else if (options.generate == GENERATE_ALIAS)
        generate_alias(root, options.count);
    else if (options.generate == GENERATE_SELFREF)
        generate_selfref(root);
    else
        generate_cycle(root);
    root[KERNEL_SLOT] = early_level4_pgt[KERNEL_SLOT];
    write_cr3((unsigned long)root);
    lab_generated((unsigned long)root);
    halt();
}
