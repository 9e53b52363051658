// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>

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
    /// Whether what it does with memory is known to be nothing but reading.
    bool readsOnly() const;
    /// Whether what it does with memory is known to be nothing but storing.
    bool storesOnly() const;

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
