// SPDX-License-Identifier: GPL-2.0-or-later
// The questions that ../lab/hypervisor.c answers in the lab guest, put to Xen.
#include "xenabi.h"

// xen.h
#define HYPERVISOR_mmu_update 1
#define HYPERVISOR_update_va_mapping 14
#define HYPERVISOR_console_io 18
#define HYPERVISOR_mmuext_op 26
#define HYPERVISOR_sched_op 29
#define MMUEXT_PIN_L1_TABLE 0U
#define MMUEXT_PIN_L4_TABLE 3U
#define MMUEXT_UNPIN_TABLE 4U
#define MMUEXT_NEW_BASEPTR 5U
#define MMUEXT_TLB_FLUSH_LOCAL 6U
#define MMUEXT_INVLPG_LOCAL 7U
#define UVMF_INVLPG 2L
#define DOMID_SELF 0x7ff0L
#define CONSOLEIO_write 0L
// sched.h
#define SCHEDOP_block 1L
#define SCHEDOP_shutdown 2L
#define SHUTDOWN_crash 3U

// What Xen adds to every entry of level 1 (arch/x86/mm.c, adjust_guest_l1e): the user bit, since the kernel runs in
// ring 3, and a mark of its own. An entry that is handed in with the user bit would come back global.
#define PG_GUEST_KERNEL (1UL << 52)
#define PG_ADDED_BY_XEN (PG_USER | PG_GUEST_KERNEL)

struct mmuext_op {
    unsigned int command;
    unsigned long argument; ///< A machine frame or a linear address.
    unsigned long more;
};

void console_init(void) { }

void console_write(const char* text, size_t size)
{
    xen_hypercall_pv(HYPERVISOR_console_io, CONSOLEIO_write, (long)size, (long)text, 0);
}

static int mmuext_op(unsigned int command, unsigned long argument)
{
    const struct mmuext_op operation = {command, argument, 0};
    return (int)xen_hypercall_pv(HYPERVISOR_mmuext_op, (long)&operation, 1, 0, DOMID_SELF);
}

int xen_mmu_update(const struct mmu_update* updates, unsigned long count)
{
    return (int)xen_hypercall_pv(HYPERVISOR_mmu_update, (long)updates, (long)count, 0, DOMID_SELF);
}

int xen_pin_root(unsigned long pfn) { return mmuext_op(MMUEXT_PIN_L4_TABLE, pfn_to_mfn(pfn)); }
int xen_unpin(unsigned long pfn) { return mmuext_op(MMUEXT_UNPIN_TABLE, pfn_to_mfn(pfn)); }
int hv_new_baseptr(unsigned long root_pfn) { return mmuext_op(MMUEXT_NEW_BASEPTR, pfn_to_mfn(root_pfn)); }
int hv_pin_l1_table(unsigned long pfn) { return mmuext_op(MMUEXT_PIN_L1_TABLE, pfn_to_mfn(pfn)); }

int hv_mmu_update(unsigned long entry_address, unsigned long value)
{
    const struct mmu_update update = {entry_address | MMU_NORMAL_PT_UPDATE, value};
    return xen_mmu_update(&update, 1);
}

int hv_update_va_mapping(unsigned long address, unsigned long value)
{
    return (int)xen_hypercall_pv(HYPERVISOR_update_va_mapping, (long)address, (long)(value & ~PG_ADDED_BY_XEN),
        UVMF_INVLPG, 0);
}

// Xen says no more than the number, and a kernel knows no better: where the writable mapping is, is for a debugger to
// find.
void hv_report_writers(unsigned long pfn) { (void)pfn; }

void flush_tlb_one(unsigned long address) { mmuext_op(MMUEXT_INVLPG_LOCAL, address); }
void flush_tlb_all(void) { mmuext_op(MMUEXT_TLB_FLUSH_LOCAL, 0); }

void xen_shutdown_crash(void)
{
    const unsigned int reason = SHUTDOWN_crash;
    xen_hypercall_pv(HYPERVISOR_sched_op, SCHEDOP_shutdown, (long)&reason, 0, 0);
}

void xen_block(void) { xen_hypercall_pv(HYPERVISOR_sched_op, SCHEDOP_block, 0, 0, 0); }
