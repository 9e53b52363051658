// SPDX-License-Identifier: GPL-2.0-or-later
// What a debugger stops at.
#include "lab.h"

// An empty function that no compiler drops: what its arguments say is true at the call.
#define MILESTONE() __asm__ volatile("" : : : "memory")

LAB_VISIBLE void lab_done(void)
{
    printk("LAB: done");
    MILESTONE();
}

LAB_VISIBLE void lab_boom(void) { MILESTONE(); }

LAB_VISIBLE void lab_fault(unsigned long address, unsigned long error_code, unsigned long rip)
{
    __asm__ volatile("" : : "r"(address), "r"(error_code), "r"(rip) : "memory");
}

LAB_VISIBLE void lab_handed_back(void) { MILESTONE(); }

LAB_VISIBLE void lab_detached(unsigned long holder_pfn, unsigned long table_pfn)
{
    printk("LAB: detached table %lx maps table %lx writable", holder_pfn, table_pfn);
    MILESTONE();
}

LAB_VISIBLE void lab_ioremap_wrong(unsigned long slot_address, unsigned long pfn)
{
    static bool said;
    if (!said)
        printk("LAB: early_ioremap slot %lx maps table %lx writable", slot_address, pfn);
    said = true;
    MILESTONE();
}

LAB_VISIBLE void lab_planted(int exercise)
{
    printk("LAB: exercise %d planted", exercise);
    MILESTONE();
}

LAB_VISIBLE void lab_generated(unsigned long root)
{
    printk("LAB: generated root %lx", root);
    MILESTONE();
}
