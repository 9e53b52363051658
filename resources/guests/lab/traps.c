// SPDX-License-Identifier: GPL-2.0-or-later
#include "lab.h"

struct gate {
    uint16_t offset_low, selector, flags, offset_middle;
    uint32_t offset_high, reserved;
};

// What trap_common (entry.S) leaves on the stack, lowest address first.
struct trap_frame {
    unsigned long vector, error_code, rip, cs, flags, rsp, ss;
};

#define TRAP_VECTORS 32
#define TRAP_ENTRY_SIZE 16UL
#define PAGE_FAULT 14
#define PF_PRESENT 1UL
#define PF_WRITE 2UL
#define PF_RESERVED 8UL

static struct gate idt[TRAP_VECTORS] __attribute__((aligned(16)));

void do_trap(const struct trap_frame* frame, unsigned long cr2);

void traps_init(void)
{
    for (unsigned long vector = 0; vector < TRAP_VECTORS; vector++) {
        const unsigned long entry = (unsigned long)trap_entries + vector * TRAP_ENTRY_SIZE;
        idt[vector].offset_low = (uint16_t)entry;
        idt[vector].selector = 0x10;
        idt[vector].flags = 0x8e00; // present, interrupt gate
        idt[vector].offset_middle = (uint16_t)(entry >> 16);
        idt[vector].offset_high = (uint32_t)(entry >> 32);
    }
    struct __attribute__((packed)) {
        uint16_t limit;
        void* base;
    } pointer = {sizeof idt - 1, idt};
    __asm__ volatile("lidt %0" : : "m"(pointer));
}

// The error code of a page fault, Intel SDM volume 3, 4.7. QEMU 7.2 leaves the present bit clear for a
// reserved bit, where the manual says it is set: so that one is looked at first.
static const char* page_fault_reason(unsigned long error_code)
{
    if ((error_code & PF_RESERVED) != 0)
        return "a page whose entry has a reserved bit set";
    return (error_code & PF_PRESENT) != 0 ? "a page whose rights forbid it" : "a page that is not mapped";
}

LAB_VISIBLE void do_trap(const struct trap_frame* frame, unsigned long cr2)
{
    if (frame->vector == PAGE_FAULT) {
        printk("BUG: unable to handle kernel paging request at %lx", cr2);
        printk("LAB: page fault, error code %lx, %s %s, rip %lx", frame->error_code,
            (frame->error_code & PF_WRITE) != 0 ? "write to" : "read of",
            page_fault_reason(frame->error_code), frame->rip);
    } else {
        printk("LAB: exception %lu, error code %lx, rip %lx", frame->vector, frame->error_code, frame->rip);
    }
    lab_fault(cr2, frame->error_code, frame->rip);
    halt();
}
