// SPDX-License-Identifier: GPL-2.0-or-later
// From the PVH entry (32-bit, paging off) to C in long mode. QEMU finds the entry through the ELF note of type
// XEN_ELFNOTE_PHYS32_ENTRY (18) and passes the physical address of hvm_start_info in EBX.

#define START_KERNEL_MAP 0xffffffff80000000
#define pa(symbol) ((symbol) - START_KERNEL_MAP)
#define TABLE 0x003 /* present, writable */
#define LARGE 0x083 /* present, writable, 2 MiB page */

    .section .note.Xen, "a", @note
    .balign 4
    .long 4, 8, 18
    .asciz "Xen"
    .quad pa(startup_32)

    .section .head.text, "ax", @progbits
    .code32
    .globl startup_32
    .type startup_32, @function
startup_32:
    cli
    cld
    // Four GiB of 2 MiB pages; the kernel mapping shares the first of the four tables.
    movl $pa(early_level2_pgt), %edi
    xorl %eax, %eax
    movl $2048, %ecx
1:  movl %eax, %edx
    orl $LARGE, %edx
    movl %edx, (%edi)
    movl $0, 4(%edi)
    addl $0x200000, %eax
    addl $8, %edi
    loop 1b

    movl %cr4, %eax
    orl $0x20, %eax // PAE
    movl %eax, %cr4
    movl $pa(early_level4_pgt), %eax
    movl %eax, %cr3
    movl $0xc0000080, %ecx
    rdmsr
    orl $0x900, %eax // EFER.LME and EFER.NXE
    wrmsr
    movl %cr0, %eax
    orl $0x80010001, %eax // PG, WP, PE
    movl %eax, %cr0
    lgdt pa(boot_gdt_pointer)
    ljmp $0x10, $pa(enter_high)
    .size startup_32, . - startup_32

    .code64
enter_high:
    movabsq $startup_64, %rax
    jmp *%rax

    .globl startup_64
    .type startup_64, @function
startup_64:
    lgdt kernel_gdt_pointer(%rip)
    movl $0x18, %eax
    movl %eax, %ds
    movl %eax, %es
    movl %eax, %ss
    xorl %eax, %eax
    movl %eax, %fs
    movl %eax, %gs
    leaq init_stack_top(%rip), %rsp
    xorl %ebp, %ebp
    movl %ebx, %edi
    call x86_64_start_kernel
2:  cli
    hlt
    jmp 2b
    .size startup_64, . - startup_64

    // Every vector saves what do_trap() prints; none returns.
    .macro trap_entry vector, has_error
    .balign 16
    .if \has_error == 0
    pushq $0
    .endif
    pushq $\vector
    jmp trap_common
    .endm

    .balign 16
    .globl trap_entries
trap_entries:
    .irp vector, 0,1,2,3,4,5,6,7
    trap_entry \vector, 0
    .endr
    trap_entry 8, 1
    trap_entry 9, 0
    .irp vector, 10,11,12,13,14
    trap_entry \vector, 1
    .endr
    .irp vector, 15,16
    trap_entry \vector, 0
    .endr
    trap_entry 17, 1
    .irp vector, 18,19,20
    trap_entry \vector, 0
    .endr
    trap_entry 21, 1
    .irp vector, 22,23,24,25,26,27,28,29,30,31
    trap_entry \vector, 0
    .endr

    .type trap_common, @function
trap_common:
    movq %rsp, %rdi
    movq %cr2, %rsi
    andq $-16, %rsp
    call do_trap
3:  cli
    hlt
    jmp 3b
    .size trap_common, . - trap_common

    .section .rodata, "a", @progbits
    .balign 16
boot_gdt:
    .quad 0
    .quad 0
    .quad 0x00af9b000000ffff // 0x10: 64-bit code
    .quad 0x00cf93000000ffff // 0x18: data
boot_gdt_end:
boot_gdt_pointer:
    .word boot_gdt_end - boot_gdt - 1
    .long pa(boot_gdt)
    .balign 4
kernel_gdt_pointer:
    .word boot_gdt_end - boot_gdt - 1
    .quad boot_gdt

    .section .data, "aw", @progbits
    .balign 4096
    .globl early_level4_pgt
early_level4_pgt:
    .quad pa(early_level3_pgt) + TABLE
    .fill 510, 8, 0
    .quad pa(early_level3_kernel_pgt) + TABLE
    .globl early_level3_pgt
early_level3_pgt:
    .quad pa(early_level2_pgt) + TABLE
    .quad pa(early_level2_pgt) + 0x1000 + TABLE
    .quad pa(early_level2_pgt) + 0x2000 + TABLE
    .quad pa(early_level2_pgt) + 0x3000 + TABLE
    .fill 508, 8, 0
    .globl early_level3_kernel_pgt
early_level3_kernel_pgt:
    .fill 510, 8, 0
    .quad pa(early_level2_pgt) + TABLE
    .quad 0

    .section .bss.early_tables, "aw", @nobits
    .balign 4096
    .globl early_level2_pgt
early_level2_pgt:
    .skip 4 * 4096

    .section .bss, "aw", @nobits
    .balign 4096
    .skip 16384
    .globl init_stack_top
init_stack_top:

    .section .note.GNU-stack, "", @progbits
