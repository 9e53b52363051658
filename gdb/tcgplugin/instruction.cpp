// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/tcgplugin/instruction.h"

#include <cstring>
#include <string_view>

namespace pgtscope::writes {

Instruction::Instruction(const std::uint8_t* code, std::size_t bytes)
    : m_code(code)
    , m_bytes(bytes)
{
    constexpr std::string_view legacy("\x66\xf2\xf3\x2e\x36\x3e\x26\x64\x65\x67\xf0", 11);
    // A REX prefix of 64-bit code is a whole instruction of 32-bit code: there it is the last byte.
    while (m_bytes > 1) {
        const bool rex = *m_code >> 4 == 4;
        if (!rex && legacy.find(static_cast<char>(*m_code)) == std::string_view::npos)
            return;
        m_extendsBase = rex && (*m_code & 1) != 0;
        ++m_code;
        --m_bytes;
    }
}

bool Instruction::mayChangeMappings() const
{
    if (at(0) != 0x0f)
        return false;
    switch (at(1)) {
    case 0x22: // MOV to CR
    case 0x30: // WRMSR
        return true;
    case 0x01: // LMSW; INVLPG, which of its group is the one with a memory operand
        return group(2) == 6 || (group(2) == 7 && at(2) >> 6 != 3);
    case 0x38: // INVPCID
        return at(2) == 0x82;
    default:
        return false;
    }
}

bool Instruction::pushes() const
{
    const std::uint8_t opcode = at(0);
    if (opcode >> 3 == 0x50 >> 3 || opcode == 0x68 || opcode == 0x6a || opcode == 0x9c || opcode == 0xe8)
        return true;
    if (opcode == 0x9a || (opcode >= 0xcc && opcode <= 0xce) || opcode == 0xf1) // far CALL, INT
        return true;
    if (opcode == 0xff)
        return group(1) == 2 || group(1) == 3 || group(1) == 6;
    return opcode == 0x0f && (at(1) == 0xa0 || at(1) == 0xa8);
}

bool Instruction::namesStackPointer(std::size_t modrm) const
{
    const bool memory = at(modrm) >> 6 != 3;
    const bool hasSib = (at(modrm) & 7) == 4;
    return memory && hasSib && (at(modrm + 1) & 7) == 4 && !m_extendsBase;
}

bool Instruction::storesOnStackOnly() const
{
    if (pushes())
        return true;
    const std::uint8_t opcode = at(0);
    const bool move = opcode == 0x88 || opcode == 0x89 || opcode == 0xc6 || opcode == 0xc7;
    // 00 to 31 in steps of 8, and their forms with an immediate; increments and decrements.
    const bool arithmetic = (opcode < 0x38 && (opcode & 7) < 2) || opcode == 0x80 || opcode == 0x81
        || opcode == 0x83 || opcode == 0xfe || opcode == 0xff;
    return (move || arithmetic) && namesStackPointer(1);
}

bool Instruction::readsOnly() const
{
    const std::uint8_t opcode = at(0);
    if (opcode == 0x0f)
        return twoByteReadsOnly();
    // 00 to 3f in rows of 8: ADD and its kind. Columns 2 and 3 have a register for destination; row 38 is
    // CMP.
    if (opcode < 0x40)
        return (opcode & 7) == 2 || (opcode & 7) == 3 || opcode == 0x38 || opcode == 0x39;
    switch (opcode) {
    case 0x69: // IMUL
    case 0x6b:
    case 0x84: // TEST
    case 0x85:
    case 0x8a: // MOV to a register
    case 0x8b:
    case 0x8e:
    case 0xa0:
    case 0xa1:
    case 0xa6: // CMPS, LODS, SCAS
    case 0xa7:
    case 0xac:
    case 0xad:
    case 0xae:
    case 0xaf:
    case 0xc2: // RET, LEAVE
    case 0xc3:
    case 0xc9:
    case 0xca: // far RET, IRET
    case 0xcb:
    case 0xcf:
    case 0x9d: // POPF
    case 0xe4: // IN, OUT
    case 0xe5:
    case 0xe6:
    case 0xe7:
    case 0xec:
    case 0xed:
    case 0xee:
    case 0xef:
    case 0xea: // far JMP
    case 0xf4: // HLT, CLI, STI
    case 0xfa:
    case 0xfb:
        return true;
    case 0x80: // CMP of the group
    case 0x81:
    case 0x83:
        return group(1) == 7;
    case 0xf6: // all but NOT and NEG
    case 0xf7:
        return group(1) != 2 && group(1) != 3;
    case 0xff: // JMP
        return group(1) == 4 || group(1) == 5;
    default:
        return opcode >> 3 == 0x58 >> 3; // POP to a register
    }
}

bool Instruction::twoByteReadsOnly() const
{
    switch (at(1)) {
    case 0x01: // LGDT, LIDT, LMSW, INVLPG, and what has no operand in memory; not SGDT and SIDT
        return at(2) >> 6 == 3 || (group(2) != 0 && group(2) != 1);
    case 0x05: // SYSCALL, SYSRET, SYSENTER, SYSEXIT
    case 0x07:
    case 0x34:
    case 0x35:
    case 0x20: // MOV from and to control and debug registers
    case 0x21:
    case 0x22:
    case 0x23:
    case 0x30: // WRMSR, RDTSC, RDMSR, CPUID
    case 0x31:
    case 0x32:
    case 0xa2:
    case 0x0d: // PREFETCH
    case 0x18:
    case 0x10: // MOVUPS, MOVAPS, MOVQ to a register
    case 0x28:
    case 0x6f:
    case 0xa3: // BT
    case 0xaf: // IMUL
    case 0xb6: // MOVZX, MOVSX
    case 0xb7:
    case 0xbe:
    case 0xbf:
    case 0xb8: // POPCNT, BSF, BSR
    case 0xbc:
    case 0xbd:
        return true;
    case 0xba: // BT of the group
        return group(2) == 4;
    default:
        return at(1) >> 4 == 4; // CMOVcc
    }
}

bool Instruction::goesElsewhere() const { return at(0) == 0xff && (group(1) == 2 || group(1) == 4); }

bool Instruction::goesThroughMemory() const { return goesElsewhere() && at(1) >> 6 != 3; }

std::optional<std::uint64_t> Instruction::destination(std::uint64_t next) const
{
    const std::uint8_t opcode = at(0);
    const bool near = opcode == 0xe8 || opcode == 0xe9 || (opcode == 0x0f && at(1) >> 4 == 8);
    if (near && m_bytes >= 5) {
        std::int32_t distance = 0;
        std::memcpy(&distance, m_code + m_bytes - sizeof distance, sizeof distance);
        return next + static_cast<std::uint64_t>(std::int64_t{distance});
    }
    if (opcode == 0xeb || opcode >> 4 == 7)
        return next + static_cast<std::uint64_t>(std::int64_t{static_cast<std::int8_t>(at(1))});
    return std::nullopt;
}

bool Instruction::returnsFromKernel() const { return at(0) == 0xcf || (at(0) == 0x0f && at(1) == 0x07); }

bool Instruction::callsKernel() const { return at(0) == 0x0f && at(1) == 0x05; }

bool Instruction::storesOnly() const
{
    const std::uint8_t opcode = at(0);
    // MOV from a register or of a constant, STOS; MOVNTI.
    return opcode == 0x88 || opcode == 0x89 || opcode == 0xc6 || opcode == 0xc7 || opcode == 0xa2
        || opcode == 0xa3 || opcode == 0xaa || opcode == 0xab || (opcode == 0x0f && at(1) == 0xc3);
}

} // namespace pgtscope::writes
