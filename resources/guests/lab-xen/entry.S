// SPDX-License-Identifier: GPL-2.0-or-later
// Xen enters a PV kernel in 64-bit mode, in ring 3, on page tables that its domain builder made; RSI holds the linear
// address of start_info. The notes are those of xen/include/public/elfnote.h.

#define START_KERNEL_MAP 0xffffffff80000000

    .macro note type, more:vararg
    .balign 4
    .long 4, 2f - 1f, \type
    .asciz "Xen"
1:  \more
2:
    .balign 4
    .endm

    .section .note.Xen, "a", @note
    note 5, .asciz "xen-3.0"             // XEN_VERSION, of the interface
    note 8, .asciz "generic"             // LOADER
    note 6, .asciz "pgtscope lab"        // GUEST_OS
    note 3, .quad START_KERNEL_MAP       // VIRT_BASE: where frame 0 of the domain is mapped
    note 4, .quad 0                      // PADDR_OFFSET
    note 1, .quad startup_xen            // ENTRY

    .section .head.text, "ax", @progbits
    .globl startup_xen
    .type startup_xen, @function
startup_xen:
    cld
    leaq init_stack_top(%rip), %rsp
    xorl %ebp, %ebp
    movq %rsi, %rdi
    call xen_start_kernel
1:  jmp 1b
    .size startup_xen, . - startup_xen

    // long xen_hypercall_pv(long number, long a, long b, long c, long d), by the name that Linux has for it since 6.13:
    // Xen takes RDI, RSI, RDX and R10, and RAX holds the number and the answer. RCX and R11 are lost by SYSCALL itself.
    .globl xen_hypercall_pv
    .type xen_hypercall_pv, @function
xen_hypercall_pv:
    movq %rdi, %rax
    movq %rsi, %rdi
    movq %rdx, %rsi
    movq %rcx, %rdx
    movq %r8, %r10
    syscall
    ret
    .size xen_hypercall_pv, . - xen_hypercall_pv

    // Xen leaves RCX and R11 on the stack, below what the processor would have. None of these returns.
    .macro trap_entry vector, has_error
    .balign 32
    popq %rcx
    popq %r11
    .if \has_error == 0
    pushq $0
    .endif
    pushq $\vector
    movq %rsp, %rdi
    andq $-16, %rsp
    call do_trap
    .endm

    .balign 32
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
    trap_entry 18, 0
    trap_entry 19, 0

    .section .bss, "aw", @nobits
    .balign 4096
    .skip 16384
    .globl init_stack_top
init_stack_top:

    .section .note.GNU-stack, "", @progbits
