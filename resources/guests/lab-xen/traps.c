// SPDX-License-Identifier: GPL-2.0-or-later
// Exceptions come through Xen, by a table that it is given.
#include "xenabi.h"

#define HYPERVISOR_set_trap_table 0
#define FLAT_KERNEL_CS 0xe033 // Xen's code segment for PV kernels
#define TRAP_VECTORS 20U
#define TRAP_ENTRY_SIZE 32UL
#define PAGE_FAULT 14
#define PF_PRESENT 1UL
#define PF_WRITE 2UL

struct trap_info {
    uint8_t vector, flags;
    uint16_t cs;
    unsigned long address;
};

// What an entry of entry.S leaves on the stack, lowest address first.
struct trap_frame {
    unsigned long vector, error_code, rip, cs, flags, rsp, ss;
};

void do_trap(const struct trap_frame* frame) __attribute__((noreturn));

void traps_init(void)
{
    static struct trap_info table[TRAP_VECTORS + 1]; // an address of 0 ends it
    for (unsigned int vector = 0; vector < TRAP_VECTORS; vector++)
        table[vector] = (struct trap_info){(uint8_t)vector, 0, FLAT_KERNEL_CS,
            (unsigned long)trap_entries + vector * TRAP_ENTRY_SIZE};
    xen_hypercall_pv(HYPERVISOR_set_trap_table, (long)table, 0, 0, 0);
}

static unsigned long read_cr2(void)
{
    unsigned long value; // Xen carries the instruction out for us.
    __asm__ volatile("mov %%cr2, %0" : "=r"(value));
    return value;
}

LAB_VISIBLE void do_trap(const struct trap_frame* frame)
{
    if (frame->vector == PAGE_FAULT) {
        const unsigned long address = read_cr2();
        printk("BUG: unable to handle kernel paging request at %lx", address);
        printk("LAB: page fault, error code %lx, %s %s, rip %lx", frame->error_code,
            (frame->error_code & PF_WRITE) != 0 ? "write to" : "read of",
            (frame->error_code & PF_PRESENT) != 0 ? "a page whose rights forbid it" : "a page that is not mapped",
            frame->rip);
    } else {
        printk("LAB: exception %lu, error code %lx, rip %lx", frame->vector, frame->error_code, frame->rip);
    }
    panic("Fatal exception");
}
