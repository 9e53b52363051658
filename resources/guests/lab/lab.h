// SPDX-License-Identifier: GPL-2.0-or-later
// The lab guest: a small kernel that builds its page tables the way Linux 3.0 to 3.6 did, with their names.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// A function that a debugger can stop at by name: never inlined, never cloned under another name.
#if defined(__clang__)
#define LAB_VISIBLE __attribute__((noinline))
#else
#define LAB_VISIBLE __attribute__((noipa))
#endif
#define LAB_TABLE __attribute__((section(".bss.tables"), aligned(4096)))
#define __initdata __attribute__((section(".init.data")))

#define PAGE_SHIFT 12
#define PAGE_SIZE 4096UL
#define PMD_SIZE (1UL << 21)
#define PUD_SIZE (1UL << 30)
#define PTRS_PER_TABLE 512UL
#define MIB(n) ((unsigned long)(n) << 20)
#define GIB(n) ((unsigned long)(n) << 30)

#define PAGE_OFFSET 0xffff880000000000UL // the direct map, as in Linux 3.0
#define VMALLOC_START 0xffffc90000000000UL // the vmalloc area of the same kernels
#define START_KERNEL_MAP 0xffffffff80000000UL
#define BTMAP_BASE 0xffffffffff200000UL // what bm_pte maps
#define HV_DIRECT_MAP 0xffff830000000000UL // Xen's own slot; exists in the checker's root alone

// Entry bits, Intel SDM volume 3, 4.5 (4-level paging).
#define PG_PRESENT 0x001UL
#define PG_RW 0x002UL
#define PG_USER 0x004UL
#define PG_PWT 0x008UL
#define PG_PCD 0x010UL
#define PG_ACCESSED 0x020UL
#define PG_DIRTY 0x040UL
#define PG_PSE 0x080UL
#define PG_NX (1UL << 63)
#define PG_FRAME 0x000ffffffffff000UL
#define PG_TABLE (PG_PRESENT | PG_RW | PG_ACCESSED | PG_DIRTY)
#define PAGE_KERNEL (PG_PRESENT | PG_RW | PG_ACCESSED | PG_DIRTY | PG_NX)
#define PAGE_KERNEL_RO (PAGE_KERNEL & ~PG_RW)
#define PAGE_KERNEL_EXEC (PAGE_KERNEL & ~PG_NX)

typedef unsigned long pte_t;
typedef unsigned long pmd_t;
typedef unsigned long pud_t;
typedef unsigned long pgd_t;

static inline unsigned long table_index(unsigned long address, int level)
{
    return (address >> (PAGE_SHIFT + 9 * (level - 1))) & (PTRS_PER_TABLE - 1);
}
static inline void* __va(unsigned long physical) { return (void*)(physical + PAGE_OFFSET); }
/// Physical address of something in the kernel image.
static inline unsigned long __pa_symbol(const void* symbol)
{
    return (unsigned long)symbol - START_KERNEL_MAP;
}
#if defined(LAB_XEN)
// ../lab-xen/memory.c, hypercall.c: a domain counts its frames in numbers of its own, and may not touch the
// TLB.
unsigned long pfn_to_mfn(unsigned long pfn);
unsigned long mfn_to_pfn(unsigned long mfn);
void flush_tlb_one(unsigned long address);
void flush_tlb_all(void);
bool is_boot_table(unsigned long physical); ///< One of those that Xen's domain builder made.
#else
static inline unsigned long pfn_to_mfn(unsigned long pfn) { return pfn; }
static inline unsigned long mfn_to_pfn(unsigned long mfn) { return mfn; }
static inline unsigned long read_cr3(void)
{
    unsigned long value;
    __asm__ volatile("mov %%cr3, %0" : "=r"(value) : : "memory");
    return value;
}
static inline void write_cr3(unsigned long value)
{
    __asm__ volatile("mov %0, %%cr3" : : "r"(value) : "memory");
}
static inline void flush_tlb_one(unsigned long address)
{
    __asm__ volatile("invlpg (%0)" : : "r"(address) : "memory");
}
static inline void flush_tlb_all(void) { write_cr3(read_cr3()); }
static inline bool is_boot_table(unsigned long physical)
{
    (void)physical;
    return false;
}
#endif
/// Frame, in the kernel's own count, that an entry leads to.
static inline unsigned long entry_pfn(unsigned long entry)
{
    return mfn_to_pfn((entry & PG_FRAME) >> PAGE_SHIFT);
}
static inline unsigned long pfn_entry(unsigned long pfn, unsigned long flags)
{
    return pfn_to_mfn(pfn) << PAGE_SHIFT | flags;
}

// lab.ld
extern char _text[], _etext[], __start_rodata[], __end_rodata[], _sdata[], _edata[], __init_begin[],
    __init_end[];
extern char __tables_start[], __tables_end[], _end[];
// entry.S
extern char trap_entries[];

// lib.c, printk.c, serial.c, traps.c
void* memset(void* destination, int value, size_t size);
void* memcpy(void* destination, const void* source, size_t size);
bool same_text(const char* a, const char* b);
void console_init(void);
void console_write(const char* text, size_t size);
/// %s, %lx, %lu and %d only. One line of the console.
void printk(const char* format, ...) __attribute__((format(printf, 1, 2)));
void traps_init(void);

// options.c
enum buffer_place { BUFFER_LOW, BUFFER_HIGH, BUFFER_TOP };
enum mask_rule { MASK_NONE, MASK_END, MASK_TOP };
enum generator { GENERATE_NOTHING, GENERATE_LEAVES, GENERATE_ALIAS, GENERATE_SELFREF, GENERATE_CYCLE };
struct lab_options {
    char scenario[32];
    enum buffer_place pgt_buf;
    enum mask_rule mask_rw;
    bool handback; ///< Give [pgt_buf_end, pgt_buf_top) back writable.
    bool ioremap_right; ///< mask_rw_pte() looks after early_ioremap slots too.
    bool xen_ops; ///< Set up tables the Xen way; follows from the others unless a scenario asks for it.
    int epochs; ///< Calls of init_memory_mapping(), 1 or 2.
    bool hole; ///< Leave everything between 64 MiB and 1 GiB unmapped, which keeps the tables few.
    unsigned long ramdisk; ///< MiB of the ramdisk that a high buffer lies below; 0: 8.
    // On bare hardware alone:
    bool hypervisor; ///< Check, and refuse, as a hypervisor does.
    int exercise; ///< 0, or the number of the planted fault.
    bool touch; ///< Read through the planted entry: shows that the processor refuses it.
    enum generator generate;
    unsigned long count; ///< Leaves for GENERATE_LEAVES, levels (3 or 4) for GENERATE_ALIAS.
    // Under Xen alone:
    bool scattered; ///< Put the machine frames of the last memory out of order.
    unsigned long memory; ///< MiB to use; 0: all.
    unsigned long
        skip_readonly; ///< Number of the page that make_lowmem_page_readonly() leaves alone; 0: none.
};
extern struct lab_options options;
/// Sets options from the command line. False, with a message printed, where it is not understood.
bool options_parse(const char* command_line);
// For scenarios.c:
int option_choice(const char* value, const char* const* names, int count); ///< -1: none of them.
bool option_flag(bool* flag, const char* value, const char* const* names);
bool option_number(const char* value, unsigned long* number);
extern const char* const option_yes_names[2];

// scenarios.c: what each guest offers by name, and the options that are its own.
extern const struct lab_options scenarios[];
extern const size_t scenario_count;
bool set_own_option(const char* key, const char* value);
void print_own_options(void);

// memory.c
struct map_range {
    unsigned long start, end; ///< Physical, page aligned, end exclusive.
};
#define MAX_RAM_RANGES 2
// What is left of memory with `hole`; a ramdisk lies at the end, as boot loaders place it.
#define LOW_RAM_END MIB(64)
#define HIGH_RAM_START GIB(1)
#define HIGH_RAM_END (GIB(1) + MIB(64))
extern struct map_range ram_ranges[MAX_RAM_RANGES];
extern int ram_range_count;
extern unsigned long hypervisor_base; ///< First physical byte kept for the checker; the guest never maps it.
extern unsigned long max_pfn_mapped; ///< First frame number beyond what the direct map covers from below.
#define HYPERVISOR_SIZE MIB(16)
/// Reads the PVH start information; returns the command line.
const char* memory_detect(unsigned long start_info);
void memory_layout(void);
/// Leaves the end of memory to a ramdisk, unless the buffer is to be there.
void reserve_ramdisk(unsigned long end);
// memblock.c
void memblock_reserve(unsigned long start, unsigned long end);
/// Highest free physical range of this size below limit; 0 if there is none.
unsigned long memblock_find_in_range(unsigned long limit, unsigned long size);

// tables.c
extern pgd_t init_level4_pgt[], level3_ident_pgt[], level3_kernel_pgt[], level2_ident_pgt[],
    level2_kernel_pgt[];
extern pgd_t level2_fixmap_pgt[], level1_ident_pgt[], level1_kernel_pgt[], bm_pte[];
#define IDENT_TABLES 16UL // the direct map covers 32 MiB before init_memory_mapping() extends it
#if defined(LAB_XEN)
#define KERNEL_TABLES IDENT_TABLES // Xen puts its list of frames and more behind the image
#else
#define KERNEL_TABLES 2UL
#endif
struct pv_mmu_ops {
    void (*set_pte)(pte_t* entry, pte_t value);
    void (*set_table)(unsigned long* entry, unsigned long value); ///< Entries of level 2 and up.
    void (*alloc_pte)(unsigned long pfn);
    void (*alloc_pmd)(unsigned long pfn);
    void (*pagetable_reserve)(unsigned long start, unsigned long end);
};
extern struct pv_mmu_ops pv_mmu_ops;
/// Fills the image's tables; the kernel's own mapping ends at a physical address.
void setup_kernel_pagetable(bool tables_read_only, unsigned long kernel_end);
unsigned long table_entry(const unsigned long* table);
/// The level-1 entry that maps an address below init_level4_pgt, or NULL where no table leads there.
pte_t* lookup_address(unsigned long address);
/// Where a table entry given by its linear address lies in physical memory.
unsigned long arbitrary_virt_to_machine(const void* address);
void update_kernel_pte(unsigned long address, unsigned long clear, unsigned long set);
void native_set_pte(pte_t* entry, pte_t value);
void native_set_table(unsigned long* entry, unsigned long value);

// ioremap.c
#define BTMAP_SLOTS 4
#define BTMAP_STRIDE 64UL // NR_FIX_BTMAPS: pages kept for one slot
void early_ioremap_setup(void);
void* early_memremap(unsigned long physical);
void early_iounmap(void* address);

// init.c, init_64.c
extern unsigned long pgt_buf_start, pgt_buf_end, pgt_buf_top; ///< Page frame numbers.
void init_memory_mapping(const struct map_range* ranges, int count);
/// All memory, in as many calls of it as the option `epochs` wants.
void map_memory(void);
void find_early_table_space(const struct map_range* ranges, int count);
void native_pagetable_reserve(unsigned long start, unsigned long end);
void mark_rodata_ro(void);
void free_initmem(void);
void use_returned_pages(void);
void* alloc_low_page(unsigned long* physical);
void unmap_low_page(void* address);
void kernel_physical_mapping_init(unsigned long start, unsigned long end);
unsigned long phys_pte_init(pte_t* table, unsigned long address, unsigned long end);
unsigned long phys_pmd_init(pmd_t* table, unsigned long address, unsigned long end);
unsigned long phys_pud_init(pud_t* table, unsigned long address, unsigned long end);
void pmd_populate_kernel(pmd_t* entry, unsigned long table);
void pud_populate(pud_t* entry, unsigned long table);

// xen.c
void xen_init_mmu_ops(void);
pte_t mask_rw_pte(pte_t* entry, pte_t value);
void make_lowmem_page_readonly(void* address);
void make_lowmem_page_readwrite(void* address);
void pin_pagetable_pfn(unsigned long pfn);
void xen_alloc_pte_init(unsigned long pfn);
void xen_alloc_pmd_init(unsigned long pfn);
void xen_set_pte_init(pte_t* entry, pte_t value);
void xen_mapping_pagetable_reserve(unsigned long start, unsigned long end);

extern unsigned long lab_enforced;
// hypervisor.c: 0, -16 (EBUSY) or -22 (EINVAL), as the real hypercalls answer.
void hv_init(void);
int hv_new_baseptr(unsigned long root_pfn);
int hv_pin_l1_table(unsigned long pfn);
int hv_mmu_update(unsigned long entry_address, unsigned long value);
int hv_update_va_mapping(unsigned long address, unsigned long value);
/// Prints every tracked level-1 entry that maps the frame writable, and whether CR3 leads to it.
void hv_report_writers(unsigned long pfn);

// scenario.c, generate.c
void scenario_before_reserve(void);
void exercise_plant(void);
void generate_tables(void) __attribute__((noreturn));

// milestones.c: for a debugger
void lab_done(void);
void lab_boom(void);
void lab_fault(unsigned long address, unsigned long error_code, unsigned long rip);
void lab_handed_back(void);
void lab_detached(unsigned long holder_pfn, unsigned long table_pfn);
void lab_ioremap_wrong(unsigned long slot_address, unsigned long pfn);
void lab_planted(int exercise);
void lab_generated(unsigned long root);
// main.c: the ways to stop
void halt(void) __attribute__((noreturn));
void bug(const char* file, int line, const char* function) __attribute__((noreturn));
void panic(const char* message) __attribute__((noreturn));
#define BUG() bug(__FILE_NAME__, __LINE__, __func__)
