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

/// A condition on some bits of an entry; true of every entry unless it is given.
struct BitTest {
    std::uint64_t mask = 0;
    std::uint64_t value = 0;

    constexpr bool holds(std::uint64_t raw) const { return (raw & mask) == value; }
};
inline constexpr BitTest never{0, 1};

/// What the bits of an entry mean that references a table, or of one that maps a page.
struct EntryForm {
    std::uint64_t address = 0; ///< Bits of the target's address, in their places.
    std::uint64_t movedAddress = 0; ///< Bits of it that are elsewhere: shifted left by `movedBy`.
    unsigned movedBy = 0;
    std::uint64_t reserved = 0;
    BitTest write; ///< What the entry itself permits.
    BitTest user;
    BitTest execute;
    std::uint64_t pkey = 0; ///< Bits of the protection key; 0 if there is none.

    constexpr std::uint64_t addressBits() const { return address | movedAddress; }
    constexpr PhysicalAddress target(std::uint64_t raw) const
    {
        return PhysicalAddress((raw & address) + ((raw & movedAddress) << movedBy));
    }
    /// False for PAE's PDPTEs, which carry neither R/W nor U/S nor XD.
    constexpr bool hasRights() const { return write.mask != 0; }
};

/// How one level of a paging mode works, with everything that CR4, EFER and CPUID decide already applied.
/// decodeEntry() and the walk know nothing but this.
///
/// To add an architecture (AArch64, RISC-V):
///  1. Its registers beside ControlRegisters, and a PagingMode for each granule and depth.
///  2. A describe...() of paging.cpp that fills these rules for each level, 1 being the one that maps the
///     smallest pages. References to tables are recognised by `table`: RISC-V's have R, W and X clear, those
///     of AArch64 have bit 1 set. Inverted rights (AP[2]) are tests for 0, and an address that is not in its
///     place (RISC-V's page number) is a moved one.
///  3. Root address, width of linear addresses, names of the levels: Paging's other members. A second root
///  for
///     the upper half (TTBR1) is a snapshot's second root.
///  4. Flags that decide nothing about a translation (accessed to PAT): Entry's methods and entryFlags, which
///     know x86's places.
///  5. Access checks of a mode or a level of privilege: Paging::pageFault() and its neighbours.
/// Nothing outside core/paging looks at a bit of an entry.
struct LevelRules {
    unsigned shift = 0; ///< log2 of the bytes that one entry spans.
    unsigned entries = 0; ///< Entries in a table of this level: 4, 512 or 1024.
    BitTest present{bit::p, bit::p};
    BitTest table = never; ///< Whether a present entry references a table; else it maps a page.
    EntryForm tableForm;
    EntryForm pageForm;

    /// Whether some present entries of this level map a page.
    constexpr bool mayBePage() const { return table.mask != 0 || table.value != 0; }
    constexpr const EntryForm& form(EntryKind kind) const
    {
        return kind == EntryKind::Table ? tableForm : pageForm;
    }
};

/// Names of a level's entries in the three dialects that users speak.
struct LevelNames {
    std::string_view intel; ///< "PML4E"
    std::string_view kernel; ///< "PGD"
    std::string_view xen; ///< "L4"
    /// "PML4": the table; the SDM's name of an entry is that of its table and an E.
    constexpr std::string_view intelTable() const { return intel.substr(0, intel.size() - 1); }
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
    /// Bytes of a table of that level: 4096, or the 32 of a PAE PDPT.
    std::uint64_t tableBytes(unsigned level) const
    {
        return std::uint64_t{m_rules[level].entries} * m_entryBytes;
    }
    /// What the bits of a present entry mean.
    const EntryForm& form(const Entry& entry) const { return m_rules[entry.level].form(entry.kind); }

    /// The top table's address from a CR3 value: PCID, PWT, PCD and the bits of LAM removed, as the processor
    /// does. PAE keeps bits 31 to 5.
    PhysicalAddress root(std::uint64_t cr3) const { return PhysicalAddress(cr3 & m_rootAddress); }
    Entry decode(unsigned level, std::uint64_t raw) const;

    /// Width of a linear address in bits: 32, 48 or 57.
    unsigned linearBits() const { return m_linearBits; }
    bool canonical(LinearAddress address) const { return canonicalised(address) == address; }
    /// `address` with the bits above linearBits() made equal to the sign bit (or cleared in 32-bit modes).
    LinearAddress canonicalised(LinearAddress address) const;
    /// The addresses between the canonical halves; empty in 32-bit modes.
    LinearRange nonCanonical() const;
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
    /// Tests for the rights, and the key, of an entry that has them.
    EntryForm rightsForm() const;
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

/// What a present entry maps or references.
inline PhysicalAddress targetOf(const LevelRules& rules, std::uint64_t raw)
{
    return rules.form(rules.table.holds(raw) ? EntryKind::Table : EntryKind::Page).target(raw);
}

/// The entry of a table of level `level` (1 to 5), whose rules these are.
inline Entry decodeEntry(const LevelRules& rules, unsigned level, std::uint64_t raw)
{
    Entry entry;
    entry.raw = raw;
    entry.level = static_cast<std::uint8_t>(level);
    if (!rules.present.holds(raw))
        return entry;
    entry.kind = rules.table.holds(raw) ? EntryKind::Table : EntryKind::Page;
    const EntryForm& form = rules.form(entry.kind);
    entry.reserved = raw & form.reserved;
    entry.target = form.target(raw);
    entry.rights = {form.write.holds(raw), form.user.holds(raw), form.execute.holds(raw)};
    entry.pkey = static_cast<std::uint8_t>((raw & form.pkey) >> bit::pkeyShift);
    return entry;
}

inline Entry Paging::decode(unsigned level, std::uint64_t raw) const
{
    return decodeEntry(m_rules[level], level, raw);
}

} // namespace pgtscope::core
