// SPDX-License-Identifier: GPL-2.0-or-later
// What this guest uses of Xen's public interface (xen/include/public: xen.h, sched.h, arch-x86/xen-x86_64.h).
#pragma once

#include "lab.h"

// The start of struct start_info, as far as it is read here.
struct start_info {
    char magic[32];
    unsigned long nr_pages; ///< Frames of the domain.
    unsigned long shared_info;
    uint32_t flags;
    unsigned long store_mfn;
    uint32_t store_evtchn;
    unsigned long console_mfn, console_evtchn;
    unsigned long pt_base; ///< Linear address of the root that the domain builder made;
    unsigned long nr_pt_frames; ///< its other tables follow.
    unsigned long mfn_list; ///< Linear address of the machine frames of the domain's frames.
    unsigned long mod_start, mod_len;
    char cmd_line[1024];
};
_Static_assert(offsetof(struct start_info, pt_base) == 88, "Xen's layout");
_Static_assert(offsetof(struct start_info, mfn_list) == 104, "Xen's layout");
_Static_assert(offsetof(struct start_info, cmd_line) == 128, "Xen's layout");

struct mmu_update {
    unsigned long where; ///< Machine address of an entry; what to do in bits 0 and 1.
    unsigned long value;
};
#define MMU_NORMAL_PT_UPDATE 0UL
#define MMU_MACHPHYS_UPDATE 1UL

extern const struct start_info* xen_start_info;
// Linux has these two names since 3.19; the kernels that this guest re-enacts reached the list through a
// tree.
extern unsigned long* xen_p2m_addr;
extern unsigned long xen_p2m_size;

// memory.c
unsigned long xen_kernel_end(void); ///< Physical end of what Xen has loaded and made.

// entry.S
long xen_hypercall_pv(long number, long a, long b, long c, long d);

// hypercall.c; the calls that ../lab/lab.h names are there too.
int xen_mmu_update(const struct mmu_update* updates, unsigned long count);
int xen_pin_root(unsigned long pfn);
int xen_unpin(unsigned long pfn);
void xen_shutdown_crash(void);
void xen_block(void);
