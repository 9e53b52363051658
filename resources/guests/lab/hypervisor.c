// SPDX-License-Identifier: GPL-2.0-or-later
// The hypervisor's part: direct paging with type counts, after xen/arch/x86/mm.c of Xen 4.17. A frame has one
// type at a time, counted: table of level 1 to 4, or writable. A writable entry takes a "writable" reference
// when the table that holds it is validated, so a frame mapped writable cannot become a table, and the other
// way round. Each call runs on a root of its own, so nothing of it can be seen in the guest's tables.
#include "lab.h"

#define EBUSY 16
#define EINVAL 22
#define TYPE_SHIFT 61 // type_info as Xen lays it out: type in bits 63..61,
#define TYPE_PINNED (1UL << 59) // pinned by the guest,
#define TYPE_VALIDATED (1UL << 58) // its entries hold references,
#define TYPE_COUNT (TYPE_VALIDATED - 1) // and below, the number of references.
#define TYPE_WRITABLE 7UL

unsigned long lab_enforced; ///< For debuggers: 1 while the checker refuses, 0 otherwise.
unsigned long
    lab_frame_types; ///< For debuggers: physical address of frame_table while the checker refuses, or 0.
static unsigned long hv_root; ///< CR3 of the checker; 0 while there is none.
unsigned long* frame_table; ///< type_info of each frame, valid on the checker's root only.
unsigned long frame_count;

static unsigned long* hv_table(unsigned long pfn)
{
    return (unsigned long*)(HV_DIRECT_MAP + (pfn << PAGE_SHIFT));
}
static unsigned long frame_type(unsigned long pfn) { return frame_table[pfn] >> TYPE_SHIFT; }
static bool has_type(unsigned long pfn) { return (frame_table[pfn] & TYPE_COUNT) != 0; }

static unsigned long enter_hypervisor(void)
{
    const unsigned long guest = read_cr3();
    write_cr3(hv_root);
    return guest;
}

// Runs on the early tables, which map the first 4 GiB one to one.
void hv_init(void)
{
    unsigned long* pages = (unsigned long*)hypervisor_base;
    unsigned long* root = pages;
    unsigned long* direct = pages + PTRS_PER_TABLE;
    unsigned long* kernel = pages + 2 * PTRS_PER_TABLE;
    unsigned long* level2 = pages + 3 * PTRS_PER_TABLE;
    memset(pages, 0, HYPERVISOR_SIZE);
    for (unsigned long i = 0; i < 4 * PTRS_PER_TABLE; i++)
        level2[i] = i * PMD_SIZE | PG_TABLE | PG_PSE;
    for (unsigned long i = 0; i < 4; i++)
        direct[i] = (unsigned long)(level2 + i * PTRS_PER_TABLE) | PG_TABLE;
    kernel[table_index(START_KERNEL_MAP, 3)] = (unsigned long)level2 | PG_TABLE;
    root[table_index(HV_DIRECT_MAP, 4)] = (unsigned long)direct | PG_TABLE;
    root[table_index(START_KERNEL_MAP, 4)] = (unsigned long)kernel | PG_TABLE;
    frame_count = hypervisor_base >> PAGE_SHIFT;
    frame_table = (unsigned long*)(HV_DIRECT_MAP + hypervisor_base + MIB(1));
    hv_root = (unsigned long)root;
    lab_enforced = options.hypervisor;
    lab_frame_types = options.hypervisor ? hypervisor_base + MIB(1) : 0;
    printk("(LAB) checker %s: root %lx, frame_table %lx, %lu frames",
        options.hypervisor ? "refuses" : "does not refuse", hv_root, hypervisor_base + MIB(1), frame_count);
}

static int get_page_type(unsigned long pfn, unsigned long type);
static void put_page_type(unsigned long pfn);

static int get_entry_reference(unsigned long level, unsigned long entry)
{
    if ((entry & PG_PRESENT) == 0)
        return 0;
    if (level == 1)
        return (entry & PG_RW) != 0 ? get_page_type(entry_pfn(entry), TYPE_WRITABLE) : 0;
    if ((entry & PG_PSE) != 0) {
        printk("(LAB) entry %lx of level %lu: large pages are refused", entry, level);
        return -EINVAL;
    }
    return get_page_type(entry_pfn(entry), level - 1);
}

static void put_entry_reference(unsigned long level, unsigned long entry)
{
    if ((entry & PG_PRESENT) != 0 && (level > 1 || (entry & PG_RW) != 0))
        put_page_type(entry_pfn(entry));
}

static int validate_table(unsigned long pfn, unsigned long level)
{
    const unsigned long* table = hv_table(pfn);
    for (unsigned long i = 0; i < PTRS_PER_TABLE; i++) {
        const int result = get_entry_reference(level, table[i]);
        if (result == 0)
            continue;
        while (i-- > 0)
            put_entry_reference(level, table[i]);
        return result;
    }
    return 0;
}

// Depth is bounded: validating a table of a level asks for tables of the next lower level only.
static int get_page_type(unsigned long pfn, unsigned long type)
{
    if (pfn >= frame_count)
        return type == TYPE_WRITABLE ? 0 : -EINVAL; // device memory has no type and is never a table
    if (!has_type(pfn)) {
        frame_table[pfn] = type << TYPE_SHIFT | TYPE_VALIDATED | 1;
        const int result = type == TYPE_WRITABLE ? 0 : validate_table(pfn, type);
        if (result != 0)
            frame_table[pfn] = 0;
        return result;
    }
    if (frame_type(pfn) != type) {
        printk("(LAB) Bad type (saw %lx != exp %lx) for mfn %lx", frame_table[pfn], type << TYPE_SHIFT, pfn);
        return type == TYPE_WRITABLE ? -EBUSY : -EINVAL;
    }
    frame_table[pfn]++;
    return 0;
}

static void put_page_type(unsigned long pfn)
{
    if (pfn >= frame_count)
        return;
    const unsigned long type = frame_type(pfn);
    if ((--frame_table[pfn] & TYPE_COUNT) != 0)
        return;
    frame_table[pfn] = 0;
    if (type == TYPE_WRITABLE)
        return;
    const unsigned long* table = hv_table(pfn);
    for (unsigned long i = 0; i < PTRS_PER_TABLE; i++)
        put_entry_reference(type, table[i]);
}

LAB_VISIBLE int hv_new_baseptr(unsigned long root_pfn)
{
    if (!options.hypervisor)
        return 0;
    const unsigned long guest = enter_hypervisor();
    const int result = get_page_type(root_pfn, 4);
    write_cr3(guest);
    return result;
}

LAB_VISIBLE int hv_pin_l1_table(unsigned long pfn)
{
    if (!options.hypervisor)
        return 0;
    const unsigned long guest = enter_hypervisor();
    int result = get_page_type(pfn, 1);
    if (result == 0 && pfn < frame_count && (frame_table[pfn] & TYPE_PINNED) != 0) {
        put_page_type(pfn);
        result = -EINVAL;
    } else if (result == 0) {
        frame_table[pfn] |= TYPE_PINNED;
    }
    write_cr3(guest);
    return result;
}

// On the checker's root: the old entry's reference is given up only when the new one is granted.
static int change_entry(unsigned long entry_address, unsigned long value)
{
    const unsigned long pfn = entry_address >> PAGE_SHIFT;
    volatile unsigned long* entry = (volatile unsigned long*)(HV_DIRECT_MAP + entry_address);
    const bool is_table
        = options.hypervisor && pfn < frame_count && has_type(pfn) && frame_type(pfn) != TYPE_WRITABLE;
    if (!is_table) {
        *entry = value;
        return 0;
    }
    const unsigned long level = frame_type(pfn);
    const unsigned long old = *entry;
    const int result = get_entry_reference(level, value);
    if (result != 0)
        return result;
    *entry = value;
    put_entry_reference(level, old);
    return 0;
}

LAB_VISIBLE int hv_mmu_update(unsigned long entry_address, unsigned long value)
{
    const unsigned long guest = enter_hypervisor();
    const int result = change_entry(entry_address, value);
    write_cr3(guest);
    return result;
}

LAB_VISIBLE int hv_update_va_mapping(unsigned long address, unsigned long value)
{
    const unsigned long guest = enter_hypervisor();
    unsigned long table = guest & PG_FRAME;
    int result = 0;
    for (int level = 4; level > 1 && result == 0; level--) {
        const unsigned long entry = hv_table(table >> PAGE_SHIFT)[table_index(address, level)];
        if ((entry & PG_PRESENT) == 0 || (entry & PG_PSE) != 0)
            result = -EINVAL;
        table = entry & PG_FRAME;
    }
    if (result == 0)
        result = change_entry(table + table_index(address, 1) * sizeof(unsigned long), value);
    write_cr3(guest);
    return result;
}

// The frames of the guest's tables are typed, so each step down is to a table of the level below.
static bool leads_to(unsigned long table_pfn, int level, unsigned long wanted)
{
    if (table_pfn == wanted)
        return true;
    const unsigned long* table = hv_table(table_pfn);
    for (unsigned long i = 0; level > 1 && i < PTRS_PER_TABLE; i++) {
        if ((table[i] & PG_PRESENT) != 0 && leads_to(entry_pfn(table[i]), level - 1, wanted))
            return true;
    }
    return false;
}

void hv_report_writers(unsigned long pfn)
{
    const unsigned long guest = enter_hypervisor();
    for (unsigned long holder = 0; holder < frame_count; holder++) {
        if (!has_type(holder) || frame_type(holder) != 1)
            continue;
        const unsigned long* table = hv_table(holder);
        for (unsigned long i = 0; i < PTRS_PER_TABLE; i++) {
            if ((table[i] & (PG_PRESENT | PG_RW)) != (PG_PRESENT | PG_RW) || entry_pfn(table[i]) != pfn)
                continue;
            printk("(LAB) mfn %lx is writable through L1 table mfn %lx, entry %lu, %s", pfn, holder, i,
                leads_to(guest >> PAGE_SHIFT, 4, holder) ? "reachable from CR3" : "not reachable from CR3");
        }
    }
    write_cr3(guest);
}
