// SPDX-License-Identifier: GPL-2.0-or-later
// The order of events around the direct map (Linux 3.6: arch/x86/mm/init.c).
#include "lab.h"

__initdata unsigned long pgt_buf_start;
__initdata unsigned long pgt_buf_end;
__initdata unsigned long pgt_buf_top;

// What was handed back outlives the three variables above, which free_initmem() destroys.
static struct map_range returned[MAX_RAM_RANGES];
static int returned_count;

static unsigned long pages_for(unsigned long entries)
{
    return (entries * sizeof(unsigned long) + PAGE_SIZE - 1) >> PAGE_SHIFT;
}

LAB_VISIBLE void find_early_table_space(const struct map_range* ranges, int count)
{
    unsigned long puds = 0;
    unsigned long pmds = 0;
    unsigned long ptes = 0;
    for (int i = 0; i < count; i++) {
        const unsigned long size = ranges[i].end - ranges[i].start;
        puds += (size + PUD_SIZE - 1) / PUD_SIZE;
        pmds += (size + PMD_SIZE - 1) / PMD_SIZE;
        ptes += size / PAGE_SIZE;
    }
    const unsigned long tables = pages_for(puds) + pages_for(pmds) + pages_for(ptes);
    const unsigned long mapped = max_pfn_mapped << PAGE_SHIFT;
    const unsigned long limit = options.pgt_buf == BUFFER_LOW ? mapped : ram_ranges[ram_range_count - 1].end;
    const unsigned long base = memblock_find_in_range(limit, tables << PAGE_SHIFT);
    if (base == 0)
        panic("no space for the kernel page tables");
    pgt_buf_start = base >> PAGE_SHIFT;
    pgt_buf_end = pgt_buf_start;
    pgt_buf_top = pgt_buf_start + tables;
    printk("LAB: find_early_table_space: pgt_buf_start %lx pgt_buf_top %lx", pgt_buf_start, pgt_buf_top);
}

LAB_VISIBLE void native_pagetable_reserve(unsigned long start, unsigned long end)
{
    printk("LAB: pagetable_reserve %lx-%lx", start, end - 1);
    memblock_reserve(start, end);
}

LAB_VISIBLE void init_memory_mapping(const struct map_range* ranges, int count)
{
    find_early_table_space(ranges, count);
    for (int i = 0; i < count; i++) {
        kernel_physical_mapping_init(ranges[i].start, ranges[i].end);
        max_pfn_mapped = ranges[i].end >> PAGE_SHIFT;
    }
    scenario_before_reserve();
    if (pgt_buf_end > pgt_buf_start)
        pv_mmu_ops.pagetable_reserve(pgt_buf_start << PAGE_SHIFT, pgt_buf_end << PAGE_SHIFT);
    returned[returned_count++] = (struct map_range){pgt_buf_end, pgt_buf_top};
    lab_handed_back();
}

static void change_image_rights(const char* from, const char* to, unsigned long clear, unsigned long set)
{
    for (const char* page = from; page < to; page += PAGE_SIZE)
        update_kernel_pte((unsigned long)page, clear, set);
}

// The direct map is a second way to the same frames; rights that it keeps are rights that remain.
static void change_alias_rights(const char* from, const char* to, unsigned long clear)
{
    for (const char* page = from; page < to; page += PAGE_SIZE)
        update_kernel_pte((unsigned long)__va(__pa_symbol(page)), clear, 0);
}

LAB_VISIBLE void mark_rodata_ro(void)
{
    change_image_rights(_text, _etext, PG_RW, 0);
    change_image_rights(__start_rodata, __end_rodata, PG_RW, PG_NX);
    change_image_rights(_sdata, _end, 0, PG_NX);
    change_alias_rights(_text, __end_rodata, PG_RW);
    printk("LAB: mark_rodata_ro %lx-%lx", (unsigned long)_text, (unsigned long)__end_rodata - 1);
}

LAB_VISIBLE void free_initmem(void)
{
    memset(__init_begin, 0xcc, (size_t)(__init_end - __init_begin));
    printk("LAB: free_initmem: pgt_buf_start is now %lx", *(volatile unsigned long*)&pgt_buf_start);
}

LAB_VISIBLE void use_returned_pages(void)
{
    unsigned long written = 0;
    for (int i = 0; i < returned_count; i++) {
        for (unsigned long pfn = returned[i].start; pfn < returned[i].end; pfn++) {
            *(volatile unsigned long*)__va(pfn << PAGE_SHIFT) = pfn;
            written++;
        }
    }
    printk("LAB: returned pages written: %lu", written);
}

void map_memory(void)
{
    if (options.epochs == 1) {
        init_memory_mapping(ram_ranges, ram_range_count);
        return;
    }
    for (int i = 0; i < ram_range_count; i++)
        init_memory_mapping(&ram_ranges[i], 1);
}
