// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

namespace pgtscope::writes {

/// What the plugin has to know of an instruction before it runs (SDM vol. 2, 2.1 and appendix A).
class Instruction {
public:
    Instruction(const std::uint8_t* code, std::size_t bytes);

    /// Whether it may change what linear addresses lead to: MOV to CR, LMSW, INVLPG, WRMSR, INVPCID.
    bool mayChangeMappings() const;
    /// Whether its stores go where the stack pointer says: PUSH, CALL, and moves and arithmetic on [RSP + …].
    /// More than half of a kernel's stores are of this sort, and none of them is meant for a page table.
    bool storesOnStackOnly() const;
    /// Whether what it does with memory is known to be nothing but reading, or nothing at all.
    bool readsOnly() const;
    /// Whether what it does with memory is known to be nothing but storing.
    bool storesOnly() const;
    /// Whether it calls or jumps to where a register or a word of memory says.
    bool goesElsewhere() const;
    /// Whether that is a word of memory, as in a call through Linux's pv_ops.
    bool goesThroughMemory() const;
    /// Where a CALL, JMP or Jcc goes whose destination is in its code; `next` is the linear address after the
    /// instruction. nullopt: it is none.
    std::optional<std::uint64_t> destination(std::uint64_t next) const;
    /// Whether it leaves a hypervisor for its guest, or an exception for what it interrupted: SYSRET, IRET.
    bool returnsFromKernel() const;
    /// SYSCALL: how a 64-bit PV kernel asks Xen.
    bool callsKernel() const;

private:
    std::uint8_t at(std::size_t index) const { return index < m_bytes ? m_code[index] : std::uint8_t{0}; }
    /// The three bits of ModR/M that choose among the instructions of a group.
    unsigned group(std::size_t modrm) const { return (at(modrm) >> 3) & 7U; }
    bool pushes() const;
    bool twoByteReadsOnly() const;
    bool namesStackPointer(std::size_t modrm) const;

    const std::uint8_t* m_code; // after the prefixes
    std::size_t m_bytes;
    bool m_extendsBase = false; // REX.B
};

} // namespace pgtscope::writes
