// SPDX-License-Identifier: GPL-2.0-or-later
#include "lab.h"

// Xen public header start_info.h, version 1: what a PVH entry is given.
struct hvm_start_info {
    uint32_t magic, version, flags, module_count;
    uint64_t modules, command_line, rsdp, memory_map;
    uint32_t memory_map_entries, reserved;
};
struct hvm_memory_map_entry {
    uint64_t address, size;
    uint32_t type, reserved;
};
#define HVM_START_MAGIC 0x336ec578U
#define MEMORY_RAM 1U


struct map_range ram_ranges[MAX_RAM_RANGES];
int ram_range_count;
unsigned long hypervisor_base;
unsigned long max_pfn_mapped = IDENT_TABLES * PMD_SIZE >> PAGE_SHIFT;

const char* memory_detect(unsigned long start_info)
{
    const struct hvm_start_info* info = (const struct hvm_start_info*)start_info;
    if (info->magic != HVM_START_MAGIC || info->version < 1)
        panic("no PVH start information with a memory map");
    const struct hvm_memory_map_entry* map = (const struct hvm_memory_map_entry*)info->memory_map;
    unsigned long ram_end = 0;
    for (uint32_t i = 0; i < info->memory_map_entries; i++) {
        const unsigned long end = map[i].address + map[i].size;
        if (map[i].type == MEMORY_RAM && map[i].address <= MIB(1) && end > MIB(1))
            ram_end = end & ~(PMD_SIZE - 1);
    }
    if (ram_end < MIB(80))
        panic("needs at least 96 MiB of RAM (QEMU: -m 96)");
    hypervisor_base = ram_end - HYPERVISOR_SIZE;
    return (const char*)info->command_line;
}

void memory_layout(void)
{
    if (!options.hole) {
        ram_ranges[0] = (struct map_range){0, hypervisor_base};
        ram_range_count = 1;
    } else {
        ram_ranges[0] = (struct map_range){0, LOW_RAM_END};
        ram_ranges[1] = (struct map_range){HIGH_RAM_START, HIGH_RAM_END};
        ram_range_count = hypervisor_base >= HIGH_RAM_END ? 2 : 1;
    }
    if (options.pgt_buf != BUFFER_LOW && ram_ranges[ram_range_count - 1].end <= GIB(1))
        panic("pgt_buf=high needs memory beyond 1 GiB (QEMU: -m 1152)");
    for (int i = 0; i < ram_range_count; i++)
        printk("LAB: RAM %lx-%lx", ram_ranges[i].start, ram_ranges[i].end - 1);
    memblock_reserve(0, (__pa_symbol(_end) + PMD_SIZE - 1) & ~(PMD_SIZE - 1));
    reserve_ramdisk(ram_ranges[ram_range_count - 1].end);
}
