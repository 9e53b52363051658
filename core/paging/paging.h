// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "core/base/address.h"
#include "core/paging/entry.h"
#include "core/paging/registers.h"

namespace pgtscope::core {

enum class PagingMode : std::uint8_t { Off, Bits32, Pae, Level4, Level5 };

inline constexpr unsigned maxLevels = 5;

/// How one level of a paging mode works, with everything that CR4, EFER and CPUID decide already applied.
/// The walker knows nothing but this.
struct LevelRules {
    unsigned shift = 0; ///< log2 of the bytes that one entry spans.
    unsigned entries = 0; ///< Entries in a table of this level: 4, 512 or 1024.
    bool mayBePage = false; ///< PS = 1 maps a page here (always so at level 1).
    bool pse36 = false; ///< Address bits 39:32 of a page sit in bits 20:13.
    bool hasRights = true; ///< False for PAE's PDPTEs, which carry neither R/W nor U/S nor XD.
    std::uint64_t tableAddress = 0; ///< Address bits of an entry that references a table.
    std::uint64_t pageAddress = 0; ///< Address bits of an entry that maps a page.
    std::uint64_t tableReserved = 0;
    std::uint64_t pageReserved = 0;
};

/// Names of a level's entries in the three dialects that users speak.
struct LevelNames {
    std::string_view intel; ///< "PML4E"
    std::string_view kernel; ///< "PGD"
    std::string_view xen; ///< "L4"
};

enum class AccessKind : std::uint8_t { Read, Write, Fetch };

/// Page-fault error code bits; SDM vol. 3, figure 4-12.
namespace fault {
inline constexpr std::uint32_t present = 1U << 0;
inline constexpr std::uint32_t write = 1U << 1;
inline constexpr std::uint32_t user = 1U << 2;
inline constexpr std::uint32_t reserved = 1U << 3;
inline constexpr std::uint32_t fetch = 1U << 4;
inline constexpr std::uint32_t protectionKey = 1U << 5;
} // namespace fault

/// The paging mode of one CPU as data: chosen from CR0, CR4 and EFER (SDM vol. 3, 4.1.1), bounded by
/// MAXPHYADDR.
class Paging {
public:
    Paging() = default;
    Paging(const ControlRegisters& control, const CpuFeatures& features);

    PagingMode mode() const { return m_mode; }
    bool enabled() const { return m_mode != PagingMode::Off; }
    /// "off", "32-bit", "PAE", "4-level" or "5-level".
    std::string_view name() const;
    /// Number of levels, 0 (off) to 5.
    unsigned levels() const { return m_levels; }
    /// Bytes in an entry: 4 or 8.
    unsigned entryBytes() const { return m_entryBytes; }
    /// `level` is 1 to levels().
    const LevelRules& at(unsigned level) const { return m_rules[level]; }
    LevelNames names(unsigned level) const;
    /// Bytes mapped by one entry of that level.
    std::uint64_t span(unsigned level) const { return 1ULL << m_rules[level].shift; }

    /// The top table's address from a CR3 value: PCID, PWT and PCD removed.
    PhysicalAddress root(std::uint64_t cr3) const { return PhysicalAddress(cr3 & m_rootAddress); }
    Entry decode(unsigned level, std::uint64_t raw) const;

    /// Width of a linear address in bits: 32, 48 or 57.
    unsigned linearBits() const { return m_linearBits; }
    bool canonical(LinearAddress address) const { return canonicalised(address) == address; }
    /// `address` with the bits above linearBits() made equal to the sign bit (or cleared in 32-bit modes).
    LinearAddress canonicalised(LinearAddress address) const;
    unsigned index(LinearAddress address, unsigned level) const
    {
        return static_cast<unsigned>(address.value >> m_rules[level].shift) & (m_rules[level].entries - 1);
    }

    const ControlRegisters& control() const { return m_control; }
    const CpuFeatures& features() const { return m_features; }
    bool writeProtect() const { return (m_control.cr0 & cr0Wp) != 0; }
    bool noExecute() const { return m_entryBytes == 8 && (m_control.efer & eferNxe) != 0; }

    /// Whether a supervisor's write gets through: CR0.WP = 0 lets it write read-only pages.
    bool supervisorMayWrite(Rights rights) const { return rights.write || !writeProtect(); }
    /// Whether a supervisor may execute there: not from user pages under SMEP.
    bool supervisorMayExecute(Rights rights) const
    {
        return rights.execute && !(rights.user && (m_control.cr4 & cr4Smep) != 0);
    }
    /// The page-fault error code of an access to a present page with these rights, nullopt if it succeeds.
    /// EFLAGS.AC = 0 and PKRU = 0 are assumed. SDM vol. 3, 4.6.1 and 4.7.
    std::optional<std::uint32_t> pageFault(Rights rights, AccessKind access, bool userMode) const;
    /// The error code bits that depend on the access alone.
    std::uint32_t faultBits(AccessKind access, bool userMode) const;

private:
    void selectMode();
    void describe32Bit();
    void describePae();
    void describeLongMode();
    /// Address bits [low, MAXPHYADDR).
    std::uint64_t physicalMask(unsigned low) const;

    ControlRegisters m_control;
    CpuFeatures m_features;
    PagingMode m_mode = PagingMode::Off;
    unsigned m_levels = 0;
    unsigned m_entryBytes = 8;
    unsigned m_linearBits = 32;
    std::uint64_t m_rootAddress = 0;
    std::array<LevelRules, maxLevels + 1> m_rules{};
};

inline Entry Paging::decode(unsigned level, std::uint64_t raw) const
{
    Entry entry;
    entry.raw = raw;
    entry.level = static_cast<std::uint8_t>(level);
    if ((raw & bit::p) == 0)
        return entry;
    const LevelRules& rules = m_rules[level];
    const bool page = level == 1 || (rules.mayBePage && (raw & bit::ps) != 0);
    entry.kind = page ? EntryKind::Page : EntryKind::Table;
    entry.reserved = raw & (page ? rules.pageReserved : rules.tableReserved);
    entry.target = PhysicalAddress(raw & (page ? rules.pageAddress : rules.tableAddress));
    if (page && rules.pse36)
        entry.target = entry.target + ((raw & bit::pse36Address) << 19);
    if (rules.hasRights)
        entry.rights = {(raw & bit::rw) != 0, (raw & bit::us) != 0, !noExecute() || (raw & bit::xd) == 0};
    if (page && (m_control.cr4 & cr4Pke) != 0 && m_levels >= 4)
        entry.pkey = static_cast<std::uint8_t>((raw >> bit::pkeyShift) & 0xf);
    return entry;
}

} // namespace pgtscope::core
