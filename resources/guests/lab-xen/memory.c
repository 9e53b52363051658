// SPDX-License-Identifier: GPL-2.0-or-later
// The domain's memory as start_info describes it. The kernel counts frames from 0; Xen's list says which frame of the
// machine each one is, and Xen's own table, which every guest may read, says it the other way round.
#include "xenabi.h"

#define SCATTERED_SIZE MIB(64)
#define SCATTERED_RUN 10UL // frames that stay together
#define FOUR_GIB GIB(4)

struct map_range ram_ranges[MAX_RAM_RANGES];
int ram_range_count;
unsigned long max_pfn_mapped = IDENT_TABLES * PMD_SIZE >> PAGE_SHIFT;
const struct start_info* xen_start_info;
unsigned long* xen_p2m_addr;
unsigned long xen_p2m_size;

static const unsigned long* const machine_to_phys_mapping = (const unsigned long*)0xffff800000000000UL;

unsigned long pfn_to_mfn(unsigned long pfn) { return xen_p2m_addr[pfn]; }
unsigned long mfn_to_pfn(unsigned long mfn) { return machine_to_phys_mapping[mfn]; }

bool is_boot_table(unsigned long physical)
{
    const unsigned long start = xen_start_info->pt_base - START_KERNEL_MAP;
    return physical >= start && physical < start + xen_start_info->nr_pt_frames * PAGE_SIZE;
}

// Image, modules, list of frames, start_info, tables, stack: the last two are the last.
unsigned long xen_kernel_end(void)
{
    const unsigned long tables_end
        = xen_start_info->pt_base - START_KERNEL_MAP + xen_start_info->nr_pt_frames * PAGE_SIZE;
    const unsigned long end = (tables_end + 2 * PAGE_SIZE + PMD_SIZE - 1) & ~(PMD_SIZE - 1);
    if (end > IDENT_TABLES * PMD_SIZE)
        panic("what Xen has loaded does not fit into 32 MiB: give the domain less memory, or no module");
    return end;
}

// Two runs of frames change places: the kernel's list and Xen's table have to agree afterwards.
static void swap_runs(unsigned long a, unsigned long b, unsigned long count)
{
    struct mmu_update updates[2 * SCATTERED_RUN];
    for (unsigned long i = 0; i < count; i++) {
        const unsigned long mfn = xen_p2m_addr[a + i];
        xen_p2m_addr[a + i] = xen_p2m_addr[b + i];
        xen_p2m_addr[b + i] = mfn;
        updates[2 * i] = (struct mmu_update){
            xen_p2m_addr[a + i] << PAGE_SHIFT | MMU_MACHPHYS_UPDATE, a + i};
        updates[2 * i + 1] = (struct mmu_update){
            xen_p2m_addr[b + i] << PAGE_SHIFT | MMU_MACHPHYS_UPDATE, b + i};
    }
    if (xen_mmu_update(updates, 2 * count) != 0)
        BUG();
}

// The end of memory in runs that go backwards, as a domain has it that Xen built from what was left of the machine.
static void scatter(unsigned long start_pfn, unsigned long end_pfn)
{
    unsigned long low = start_pfn;
    unsigned long high = end_pfn - SCATTERED_RUN;
    for (; low + SCATTERED_RUN <= high; low += SCATTERED_RUN, high -= SCATTERED_RUN)
        swap_runs(low, high, SCATTERED_RUN);
    printk("LAB: machine frames of %lx-%lx are in runs of %lu", start_pfn, end_pfn - 1, SCATTERED_RUN);
}

void memory_layout(void)
{
    unsigned long end = xen_start_info->nr_pages << PAGE_SHIFT;
    if (options.memory != 0 && MIB(options.memory) < end)
        end = MIB(options.memory);
    if (end < MIB(256))
        panic("needs a domain of at least 256 MiB (dom0_mem=256M)");
    if (options.hole && end < HIGH_RAM_END)
        panic("hole=yes needs a domain of at least 1088 MiB (dom0_mem=1088M)");
    if (options.hole) {
        end = HIGH_RAM_END;
        ram_ranges[0] = (struct map_range){0, LOW_RAM_END};
        ram_ranges[1] = (struct map_range){HIGH_RAM_START, end};
    } else {
        ram_ranges[0] = (struct map_range){0, end < FOUR_GIB ? end : FOUR_GIB};
        ram_ranges[1] = (struct map_range){FOUR_GIB, end};
    }
    ram_range_count = options.hole || end > FOUR_GIB ? 2 : 1;
    for (int i = 0; i < ram_range_count; i++)
        printk("LAB: RAM %lx-%lx", ram_ranges[i].start, ram_ranges[i].end - 1);
    memblock_reserve(0, xen_kernel_end());
    reserve_ramdisk(end);
    if (options.scattered)
        scatter((end - SCATTERED_SIZE) >> PAGE_SHIFT, end >> PAGE_SHIFT);
}
