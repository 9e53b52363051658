// SPDX-License-Identifier: GPL-2.0-or-later
// What memory is taken, and where there is room (Linux 3.0: mm/memblock.c).
#include "lab.h"

#define MAX_RESERVED 16

static struct map_range reserved[MAX_RESERVED];
static int reserved_count;

void memblock_reserve(unsigned long start, unsigned long end)
{
    if (reserved_count == MAX_RESERVED)
        panic("too many reserved ranges");
    reserved[reserved_count++] = (struct map_range){start, end};
}

void reserve_ramdisk(unsigned long end)
{
    // The highest free range is then not the last one.
    if (options.pgt_buf != BUFFER_TOP)
        memblock_reserve(end - MIB(options.ramdisk > 0 ? options.ramdisk : 8), end);
}

static bool move_below_reserved(unsigned long* start, unsigned long size)
{
    for (int i = 0; i < reserved_count; i++) {
        if (*start >= reserved[i].end || *start + size <= reserved[i].start)
            continue;
        if (reserved[i].start < size) {
            *start = 0;
            return false;
        }
        *start = reserved[i].start - size;
        return true;
    }
    return false;
}

unsigned long memblock_find_in_range(unsigned long limit, unsigned long size)
{
    for (int i = ram_range_count - 1; i >= 0; i--) {
        const unsigned long end = ram_ranges[i].end < limit ? ram_ranges[i].end : limit;
        if (end < ram_ranges[i].start + size)
            continue;
        unsigned long start = end - size;
        while (move_below_reserved(&start, size)) { }
        if (start > ram_ranges[i].start)
            return start;
    }
    return 0;
}
