// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <cstring>
#include <thread>
#include <vector>

#include "core/paging/paging.h"
#include "tests/live/programmablemmu.h"

/// A program inside a guest that reads, writes and executes where it is told to, as kernel and as user, and
/// notes each page fault's error code: the processor's own word on a page table. It has the first 2 MiB of
/// linear addresses, which are the physical ones, and the top table's first entry.
class AccessAgent {
public:
    struct Access {
        std::uint64_t linear = 0;
        std::uint32_t what = 0; ///< An AccessKind, and `byUser`.
        /// A page fault's error code; `fine`; beyond 0xffff: another exception, or CR2 was not `linear`.
        std::uint32_t result = 0;
    };
    static constexpr std::uint32_t byUser = 4;
    static constexpr std::uint32_t fine = ~std::uint32_t{0};
    static constexpr std::size_t maxAccesses = 1024;
    /// The tables of the agent, from the top one on: its first entry is the agent's, the others are free.
    static constexpr std::uint64_t root = 0x2000000;

    AccessAgent(ProgrammableMmu& mmu, bool fiveLevels);
    /// Carries out the accesses under these registers, whose CR3 is `root`.
    void run(const pgtscope::core::ControlRegisters& control, std::vector<Access>& accesses);

private:
    enum : std::uint64_t {
        gdt = 0,
        code = 0x100000,
        userCode = 0x101000,
        userStack = 0x102000,
        header = 0x103000,
        tss = 0x104000,
        idt = 0x105000,
        stackTop = 0x107000,
        list = 0x110000,
    };
    void writeTables(bool fiveLevels);
    void writeDescriptors();
    void writeGate(unsigned vector, const char* handler, std::uint8_t type);
    void report(const pgtscope::core::ControlRegisters& control);
    std::uint32_t word(std::uint64_t physical);

    ProgrammableMmu& m_mmu;
};

// Runs at AccessAgent::code and, as user, at AccessAgent::userCode. At 0x103000 (AccessAgent::header): 0 go,
// 4 done, 8 number of accesses, 16 CR0, 24 CR3, 32 CR4, 40 EFER, 0x100 GDTR, 0x110 IDTR.
extern "C" const char access_agent_begin[], access_agent_fault[], access_agent_double[],
    access_agent_protection[], access_agent_opcode[], access_agent_back[], access_agent_end[],
    access_user_begin[], access_user_end[];

asm(R"(
    .pushsection .rodata
    .code32
access_agent_begin:
    movl $0x107000, %esp
    lgdtl 0x103100
    movl 0x103020, %eax
    movl %eax, %cr4
    movl $0xc0000080, %ecx
    movl 0x103028, %eax
    xorl %edx, %edx
    wrmsr
    movl 0x103018, %eax
    movl %eax, %cr3
    movl 0x103010, %eax
    movl %eax, %cr0
    ljmpl $0x18, $(0x100000 + .Lagent_long - access_agent_begin)
    .code64
.Lagent_long:
    movl $0x10, %eax
    movl %eax, %ds
    movl %eax, %es
    movl %eax, %ss
    movq $0x107000, %rsp
    lidt 0x103110
    movl $0x38, %eax
    ltr %ax
.Lagent_wait:
    pause
    cmpl $0, 0x103000
    je .Lagent_wait
    movl $0, 0x103000
    movl $0xc0000080, %ecx
    movl 0x103028, %eax
    xorl %edx, %edx
    wrmsr
    movq 0x103020, %rax
    movq %rax, %cr4
    movq 0x103010, %rax
    movq %rax, %cr0
    movq 0x103018, %rax
    movq %rax, %cr3
    movl $0x110000, %r12d
    movl 0x103008, %r13d
.Lagent_next:
    testl %r13d, %r13d
    jz .Lagent_done
    movq (%r12), %rdi
    movl 8(%r12), %ecx
    testl $4, %ecx
    jnz .Lagent_user
    cmpl $1, %ecx
    je .Lagent_write
    ja .Lagent_fetch
    movb (%rdi), %al
    jmp .Lagent_fine
.Lagent_write:
    movb $0xc3, (%rdi)
    jmp .Lagent_fine
.Lagent_fetch:
    call *%rdi
    jmp .Lagent_fine
.Lagent_user:
    andl $3, %ecx
    shll $4, %ecx
    addl $0x101000, %ecx
    pushq $0x2b
    pushq $0x103000
    pushq $2
    pushq $0x33
    pushq %rcx
    iretq
access_agent_back:
    movq $0x107000, %rsp
.Lagent_fine:
    movl $-1, %eax
.Lagent_note:
    movl %eax, 12(%r12)
    addq $16, %r12
    decl %r13d
    jmp .Lagent_next
.Lagent_done:
    movl $1, 0x103004
    jmp .Lagent_wait
access_agent_fault:
    popq %rax
    movq %cr2, %rdx
    cmpq %rdx, %rdi
    je .Lagent_noted
    orl $0x10000, %eax
.Lagent_noted:
    movq $0x107000, %rsp
    jmp .Lagent_note
access_agent_double:
    movl $0x20008, %eax
    jmp .Lagent_noted
access_agent_protection:
    movl $0x2000d, %eax
    jmp .Lagent_noted
access_agent_opcode:
    movl $0x20006, %eax
    jmp .Lagent_noted
access_agent_end:
    .balign 16
access_user_begin:
    movb (%rdi), %al
    int $0x80
    .balign 16
    movb $0xc3, (%rdi)
    int $0x80
    .balign 16
    call *%rdi
    int $0x80
access_user_end:
    .popsection
)");

inline AccessAgent::AccessAgent(ProgrammableMmu& mmu, bool fiveLevels)
    : m_mmu(mmu)
{
    using namespace pgtscope::core;
    m_mmu.write(code, access_agent_begin, static_cast<std::size_t>(access_agent_end - access_agent_begin));
    m_mmu.write(userCode, access_user_begin, static_cast<std::size_t>(access_user_end - access_user_begin));
    writeTables(fiveLevels);
    writeDescriptors();
    ControlRegisters begin;
    begin.cr0 = cr0Pe | cr0Pg;
    begin.cr3 = root;
    begin.cr4 = cr4Pae | (fiveLevels ? cr4La57 : 0);
    begin.efer = eferLme;
    report(begin);
    ControlRegisters off;
    off.cr0 = cr0Pe;
    m_mmu.program(off);
    for (const char* data : {"ds", "es", "ss"})
        m_mmu.setRegister(data, 0x10);
    m_mmu.setRegister("cs", 0x08);
    m_mmu.setRegister("rip", code);
    m_mmu.monitor("cont");
}

inline void AccessAgent::writeTables(bool fiveLevels)
{
    using namespace pgtscope::core;
    std::uint64_t table = root;
    for (unsigned level = fiveLevels ? 5 : 4; level > 1; --level, table += frameBytes)
        m_mmu.write64(table, (table + frameBytes) | bit::p | bit::rw | bit::us);
    for (std::uint64_t page = 0; page < 512; ++page) {
        const std::uint64_t at = page * frameBytes;
        m_mmu.write64(table + page * 8,
            at | bit::p | bit::rw
                | (at == std::uint64_t{userCode} || at == std::uint64_t{userStack} ? bit::us : 0));
    }
}

inline void AccessAgent::writeDescriptors()
{
    // Null, code of 32 bits, data, code of 64 bits, nothing, the user's data and code, TSS.
    constexpr std::array<std::uint64_t, 9> segments{0, 0x00cf9b000000ffff, 0x00cf93000000ffff,
        0x00af9b000000ffff, 0, 0x00cff3000000ffff, 0x00affb000000ffff, 0x0000891040000067, 0};
    m_mmu.write(gdt, segments.data(), sizeof segments);
    const std::uint64_t kernelStack = stackTop;
    m_mmu.write(tss + 4, &kernelStack, sizeof kernelStack);
    writeGate(6, access_agent_opcode, 0x8e);
    writeGate(8, access_agent_double, 0x8e);
    writeGate(13, access_agent_protection, 0x8e);
    writeGate(14, access_agent_fault, 0x8e);
    writeGate(0x80, access_agent_back, 0xee);
    const auto pointer = [&](std::uint64_t place, std::uint16_t limit, std::uint64_t base) {
        m_mmu.write(place, &limit, sizeof limit);
        m_mmu.write(place + 2, &base, sizeof base);
    };
    pointer(header + 0x100, sizeof segments - 1, gdt);
    pointer(header + 0x110, 0xfff, idt);
}

inline void AccessAgent::writeGate(unsigned vector, const char* handler, std::uint8_t type)
{
    const std::uint64_t at = code + static_cast<std::uint64_t>(handler - access_agent_begin);
    m_mmu.write64(idt + vector * 16,
        (at & 0xffff) | 0x18ULL << 16U | std::uint64_t{type} << 40U | (at >> 16U & 0xffff) << 48U);
    m_mmu.write64(idt + vector * 16 + 8, 0);
}

inline void AccessAgent::report(const pgtscope::core::ControlRegisters& control)
{
    m_mmu.write64(header + 16, control.cr0);
    m_mmu.write64(header + 24, control.cr3);
    m_mmu.write64(header + 32, control.cr4);
    m_mmu.write64(header + 40, control.efer);
}

inline std::uint32_t AccessAgent::word(std::uint64_t physical)
{
    std::uint32_t value = 0;
    std::vector<pgtscope::core::PhysicalRead> batch{
        {pgtscope::core::PhysicalAddress(physical), std::as_writable_bytes(std::span(&value, 1))}};
    REQUIRE(m_mmu.memory().read(batch));
    return value;
}

inline void AccessAgent::run(const pgtscope::core::ControlRegisters& control, std::vector<Access>& accesses)
{
    REQUIRE(accesses.size() <= maxAccesses);
    m_mmu.write(list, accesses.data(), accesses.size() * sizeof(Access));
    report(control);
    const std::uint32_t count = static_cast<std::uint32_t>(accesses.size());
    const std::uint32_t none = 0;
    const std::uint32_t go = 1;
    m_mmu.write(header + 8, &count, sizeof count);
    m_mmu.write(header + 4, &none, sizeof none);
    m_mmu.write(header, &go, sizeof go);
    const auto limit = pgtscope::gdb::WaitLimit::after(std::chrono::seconds(60));
    while (word(header + 4) == 0) {
        if (limit.passed())
            FAIL("the guest does not come to an end: " << m_mmu.monitor("info registers"));
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    std::vector<pgtscope::core::PhysicalRead> batch{
        {pgtscope::core::PhysicalAddress(list), std::as_writable_bytes(std::span(accesses))}};
    REQUIRE(m_mmu.memory().read(batch));
}
