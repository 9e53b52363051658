// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/report/glossary.h"

namespace pgtscope::core {

namespace {

constexpr GlossaryTerm terms[]{
    {"brk", "brk area",
        "A part of the kernel image, right after its data, from which the early kernel takes memory before "
        "there is an allocator."},
    {"CR3", {},
        "The control register that holds the physical address of the root table. A walk starts there; a "
        "write to it changes the address space."},
    {"decompressor", {},
        "The small program that a compressed kernel image starts with. It unpacks the kernel and jumps to "
        "it, on page tables of its own."},
    {"detached", "detached table|detached tables",
        "Of a table: in use, filled or pinned, but not reached by a walk from CR3, since its parent does not "
        "reference it yet. Its entries count: the hypervisor counts them, too."},
    {"direct map", "direct mapping",
        "The area of the kernel's address space that maps all of physical memory in one piece. Each page of "
        "RAM, page tables among them, has a mapping there."},
    {"dom0", "domain 0",
        "The first guest of Xen, which drives the hardware. Paravirtualised, it builds its page tables "
        "itself and Xen checks them."},
    {"early_ioremap", {},
        "A few slots of the address space for temporary mappings while the kernel boots. The slot through "
        "which a new page table is filled is the one writable mapping that the rules of 2012 allow."},
    {"epoch", "epochs",
        "The life of one pgt_buf: from the place at which start, end and top are set to the next time they "
        "are. Linux 3.6 has one for the memory below 4 GiB and one for the memory above it."},
    {"frame_table", {},
        "Xen's own record of each machine frame: what the frame is used as (page table of a level, writable "
        "memory), how often, and whether it is pinned."},
    {"handed back", {},
        "Of a page of pgt_buf: not used as a table when the kernel reserved the buffer's used part. The page "
        "is ordinary memory again, and under Xen it has to become writable again."},
    {"hooked", "hook",
        "Of a table: its parent has an entry that references it. From then on a walk reaches it."},
    {"identity map", {}, "A map in which each linear address is the physical address."},
    {"machine frame", "machine frames|mfn|machine address|machine addresses",
        "A frame of real memory, under Xen as opposed to a pfn. Entries of the page tables of a "
        "paravirtualised guest hold machine frames."},
    {"mask_rw_pte", "mask_rw_pte()",
        "The function of the kernel for Xen that removes R/W from an entry that maps a page of pgt_buf. "
        "The argument of 2012 is about which pages it covers."},
    {"paravirtualised", "PV",
        "Of a guest: made to run on a hypervisor, which it calls instead of executing privileged "
        "instructions. Its page tables are the ones that the processor uses."},
    {"pending", {},
        "Of a page of pgt_buf: not a page table yet, and mapped writable. Harmless now; a violation as soon "
        "as the page becomes a table with that mapping still there."},
    {"pfn", "pfns",
        "Page frame number: a physical address divided by 4096. Under Xen, the guest's own numbering, which "
        "differs from that of the machine's frames."},
    {"pgt_buf", {},
        "The physical range from which Linux took its early page tables: start is its first page, end the "
        "next free one, top its limit. Today it is a few pages of the brk area."},
    {"pgt_buf_end", {},
        "The next free page of pgt_buf. It grows by one with each early page table; below it are tables, "
        "from it on pages that may become tables."},
    {"pgt_buf_start", {}, "The first page of pgt_buf."},
    {"pgt_buf_top", {}, "The limit of pgt_buf: no page from here on becomes an early page table."},
    {"pinned", "pin|pins|pinning|pinned table",
        "Of a table under Xen: the kernel has asked the hypervisor to check the page and to treat it as a "
        "page table until it is unpinned. Xen refuses if a writable mapping of the page exists."},
    {"pte", "PTE|PTEs", "Page table entry: an entry of the lowest level. It maps one page of 4 KiB."},
    {"transient", {},
        "Of a writable mapping of a page table: allowed while the table is being made, such as the slot of "
        "early_ioremap through which the page is filled."},
    {"W+X", {}, "Of a mapping: writable and executable at once. After its start a kernel has none."},
};

} // namespace

std::span<const GlossaryTerm> glossary() { return terms; }

} // namespace pgtscope::core
