// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <string>

#include "core/base/address.h"

namespace pgtscope::core {

/// The registers that select and steer paging; SDM vol. 3, 2.5 and 2.2.1.
struct ControlRegisters {
    std::uint64_t cr0 = 0;
    std::uint64_t cr2 = 0;
    std::uint64_t cr3 = 0;
    std::uint64_t cr4 = 0;
    std::uint64_t efer = 0;

    bool operator==(const ControlRegisters&) const = default;
};

inline constexpr std::uint64_t cr0Pe = 1ULL << 0;
inline constexpr std::uint64_t cr0Wp = 1ULL << 16;
inline constexpr std::uint64_t cr0Pg = 1ULL << 31;
inline constexpr std::uint64_t cr4Pse = 1ULL << 4;
inline constexpr std::uint64_t cr4Pae = 1ULL << 5;
inline constexpr std::uint64_t cr4Pge = 1ULL << 7;
inline constexpr std::uint64_t cr4La57 = 1ULL << 12;
inline constexpr std::uint64_t cr4Vmxe = 1ULL << 13;
inline constexpr std::uint64_t cr4Pcide = 1ULL << 17;
inline constexpr std::uint64_t cr4Smep = 1ULL << 20;
inline constexpr std::uint64_t cr4Smap = 1ULL << 21;
inline constexpr std::uint64_t cr4Pke = 1ULL << 22;
inline constexpr std::uint64_t eferLme = 1ULL << 8;
inline constexpr std::uint64_t eferLma = 1ULL << 10;
inline constexpr std::uint64_t eferNxe = 1ULL << 11;
inline constexpr std::uint64_t eferSvme = 1ULL << 12; ///< AMD64 APM vol. 2, 15.4.

/// Of a value that is moved to CR3: the TLB keeps what it holds; SDM vol. 3, 4.10.4.1.
inline constexpr std::uint64_t cr3NoFlush = 1ULL << 63;

inline constexpr std::uint64_t rflagsVm = 1ULL << 17;

/// What no MAXPHYADDR exceeds: bits of an address in an entry.
inline constexpr unsigned maxPhysicalBits = 52;

/// What CPUID says about paging; a gdbstub does not report it, so QEMU's monitor or the launcher fills it in.
struct CpuFeatures {
    /// MAXPHYADDR in bits, 32 to 52; SDM vol. 3, 4.1.4. 52 leaves no address bit reserved.
    unsigned physicalAddressBits = maxPhysicalBits;
    bool pse36 = true; ///< 4 MiB pages reach above 4 GiB (CPUID.01H:EDX[17]).
    bool page1Gb = true; ///< 1 GiB pages (CPUID.80000001H:EDX[26]).
    /// False while the values above are unconfirmed defaults.
    bool known = false;

    bool operator==(const CpuFeatures&) const = default;
};

/// One vCPU as the stub shows it.
struct CpuState {
    unsigned id = 0; ///< CPU number from 0 (gdb's thread number minus one).
    ControlRegisters control;
    LinearAddress rip;
    LinearAddress rsp;
    std::uint64_t rflags = 0;
    std::uint16_t cs = 0; ///< Selector; its low two bits are the CPL (outside real mode).
    /// In system-management mode (SDM vol. 3C, 32): CR3 is that of firmware's handler, and its tables may be
    /// in SMRAM. False where it is not known.
    bool smm = false;

    /// Real mode, or virtual-8086 mode (RFLAGS.VM): code is at CS:IP, RIP is no linear address.
    bool usesSegments() const { return (control.cr0 & cr0Pe) == 0 || (rflags & rflagsVm) != 0; }
    /// Linear address of the next instruction. In real mode it follows from the selector, but for the vector
    /// of a reset, F000:FFF0, whose base is FFFF0000 until CS is loaded (SDM vol. 3, 10.1.4).
    LinearAddress codeAddress() const;
    /// Where the CPU is, as a user reads it: "0xffffffff81000000", or "f000:fff0 (linear 0xfffffff0)".
    std::string codeAddressText() const;

    /// The CPU may be in a nested guest: it may run one (EFER.SVME, or CR4.VMXE), and a stub shows the
    /// registers of whichever runs. In a nested guest CR3 and the entries hold that guest's own physical
    /// addresses.
    bool mayBeNested() const { return (control.efer & eferSvme) != 0 || (control.cr4 & cr4Vmxe) != 0; }

    unsigned cpl() const { return (control.cr0 & cr0Pe) != 0 ? cs & 3U : 0U; }
    bool operator==(const CpuState&) const = default;
};

} // namespace pgtscope::core
