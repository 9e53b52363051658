// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/paging/paging.h"

#include <algorithm>

namespace pgtscope::core {

namespace {

/// Bits [low, high].
constexpr std::uint64_t bits(unsigned high, unsigned low)
{
    return high < low ? 0 : (~0ULL >> (63 - high)) & (~0ULL << low);
}

constexpr std::array<LevelNames, maxLevels + 1> longModeNames{{
    {},
    {"PTE", "PTE", "L1"},
    {"PDE", "PMD", "L2"},
    {"PDPTE", "PUD", "L3"},
    {"PML4E", "P4D", "L4"},
    {"PML5E", "PGD", "L5"},
}};

} // namespace

Paging::Paging(const ControlRegisters& control, const CpuFeatures& features)
    : m_control(control)
    , m_features(features)
{
    m_features.physicalAddressBits = std::clamp(features.physicalAddressBits, 32U, 52U);
    selectMode();
    switch (m_mode) {
    case PagingMode::Off:
        break;
    case PagingMode::Bits32:
        describe32Bit();
        break;
    case PagingMode::Pae:
        describePae();
        break;
    case PagingMode::Level4:
    case PagingMode::Level5:
        describeLongMode();
        break;
    }
}

void Paging::selectMode()
{
    if ((m_control.cr0 & cr0Pg) == 0)
        m_mode = PagingMode::Off;
    else if ((m_control.cr4 & cr4Pae) == 0)
        m_mode = PagingMode::Bits32;
    else if ((m_control.efer & eferLma) == 0)
        m_mode = PagingMode::Pae;
    else
        m_mode = (m_control.cr4 & cr4La57) != 0 ? PagingMode::Level5 : PagingMode::Level4;
}

std::uint64_t Paging::physicalMask(unsigned low) const
{
    return bits(m_features.physicalAddressBits - 1, low);
}

EntryForm Paging::rightsForm() const
{
    EntryForm form;
    form.write = {bit::rw, bit::rw};
    form.user = {bit::us, bit::us};
    if (noExecute())
        form.execute = {bit::xd, 0};
    return form;
}

void Paging::describe32Bit()
{
    m_levels = 2;
    m_entryBytes = 4;
    m_linearBits = 32;
    m_rootAddress = bits(31, 12);
    // SDM vol. 3, tables 4-4 to 4-6: a PDE of a 4 MiB page keeps address bits (M-1):32 in bits (M-20):13,
    // with M at most 40, and everything up to bit 21 above them is reserved.
    const unsigned highest = std::min(m_features.physicalAddressBits, 40U);
    const bool large = (m_control.cr4 & cr4Pse) != 0;
    const bool pse36 = large && m_features.pse36;
    m_rules[1] = {.shift = 12, .entries = 1024, .tableForm = {}, .pageForm = rightsForm()};
    m_rules[1].pageForm.address = bits(31, 12);
    m_rules[2] = {.shift = 22,
        .entries = 1024,
        .table = large ? BitTest{bit::ps, 0} : BitTest{},
        .tableForm = rightsForm(),
        .pageForm = rightsForm()};
    m_rules[2].tableForm.address = bits(31, 12);
    EntryForm& page = m_rules[2].pageForm;
    page.address = bits(31, 22);
    page.reserved = pse36 ? bits(21, highest - 19) : bits(21, 13);
    page.movedAddress = pse36 ? bit::pse36Address : 0;
    page.movedBy = 19;
}

void Paging::describePae()
{
    m_levels = 3;
    m_linearBits = 32;
    m_rootAddress = bits(31, 5);
    // SDM vol. 3, tables 4-8 to 4-11: bits 62:M are reserved at every level, and bit 63 is too without NXE.
    const std::uint64_t high = bits(62, m_features.physicalAddressBits) | (noExecute() ? 0 : bit::xd);
    for (unsigned level = 1; level <= 2; ++level) {
        LevelRules& rules = m_rules[level];
        rules = {.shift = 12 + 9 * (level - 1),
            .entries = 512,
            .table = level == 1 ? never : BitTest{bit::ps, 0},
            .tableForm = rightsForm(),
            .pageForm = rightsForm()};
        rules.tableForm.address = physicalMask(12);
        rules.tableForm.reserved = high;
        rules.pageForm.address = physicalMask(rules.shift);
        rules.pageForm.reserved = high | (level == 1 ? 0 : bits(20, 13));
    }
    // Bit 5 of a PDPTE is reserved too, and MOV to CR3 refuses it, so no processor runs with it set. QEMU's
    // TCG does: it sets an accessed flag there as in any other entry
    // (target/i386/tcg/sysemu/excp_helper.c, 7.2).
    m_rules[3] = {.shift = 30, .entries = 4, .table = {}, .tableForm = {}, .pageForm = {}};
    m_rules[3].tableForm.address = physicalMask(12);
    m_rules[3].tableForm.reserved = high | bit::xd | bits(8, 6) | bits(2, 1);
}

void Paging::describeLongMode()
{
    m_levels = m_mode == PagingMode::Level5 ? 5 : 4;
    m_linearBits = m_mode == PagingMode::Level5 ? 57 : 48;
    m_rootAddress = physicalMask(12);
    // SDM vol. 3, tables 4-14 to 4-20. PS is reserved in a PML4E and PML5E, and in a PDPTE where the CPU
    // has no 1 GiB pages.
    const std::uint64_t high = bits(51, m_features.physicalAddressBits) | (noExecute() ? 0 : bit::xd);
    for (unsigned level = 1; level <= m_levels; ++level) {
        LevelRules& rules = m_rules[level];
        const bool mayBePage = level == 2 || (level == 3 && m_features.page1Gb);
        rules = {.shift = 12 + 9 * (level - 1),
            .entries = 512,
            .table = level == 1 ? never
                : mayBePage     ? BitTest{bit::ps, 0}
                                : BitTest{},
            .tableForm = rightsForm(),
            .pageForm = rightsForm()};
        rules.tableForm.address = physicalMask(12);
        rules.tableForm.reserved = high | (mayBePage ? 0 : bit::ps);
        rules.pageForm.address = physicalMask(rules.shift);
        rules.pageForm.reserved = high | (level == 1 ? 0 : bits(rules.shift - 1, 13));
        rules.pageForm.pkey = (m_control.cr4 & cr4Pke) != 0 ? bits(62, 59) : 0;
    }
}

std::string_view Paging::name() const
{
    constexpr std::array<std::string_view, 5> names{"off", "32-bit", "PAE", "4-level", "5-level"};
    return names[static_cast<std::size_t>(m_mode)];
}

LevelNames Paging::names(unsigned level) const
{
    // The kernel calls the top level PGD, whatever its depth.
    LevelNames names = longModeNames[level];
    if (level == m_levels)
        names.kernel = "PGD";
    return names;
}

LinearAddress Paging::canonicalised(LinearAddress address) const
{
    if (m_linearBits == 32)
        return LinearAddress(address.value & 0xffffffff);
    const unsigned unused = 64 - m_linearBits;
    const auto extended = static_cast<std::int64_t>(address.value << unused) >> unused;
    return LinearAddress(static_cast<std::uint64_t>(extended));
}

LinearRange Paging::nonCanonical() const
{
    if (m_linearBits == 32)
        return {};
    const LinearAddress half(1ULL << (m_linearBits - 1));
    return {half, canonicalised(half)};
}

std::uint32_t Paging::faultBits(AccessKind access, bool userMode) const
{
    // The I/D flag marks a fetch only where a fetch can be refused as such: NXE or SMEP (SDM vol. 3, 4.7).
    const bool reportsFetch = noExecute() || (m_control.cr4 & cr4Smep) != 0;
    std::uint32_t code = userMode ? fault::user : 0;
    if (access == AccessKind::Write)
        code |= fault::write;
    if (access == AccessKind::Fetch && reportsFetch)
        code |= fault::fetch;
    return code;
}

std::optional<std::uint32_t> Paging::pageFault(Rights rights, AccessKind access, bool userMode) const
{
    bool allowed = true;
    if (userMode) {
        allowed = rights.user && (access != AccessKind::Write || rights.write)
            && (access != AccessKind::Fetch || rights.execute);
    } else if (access == AccessKind::Fetch) {
        allowed = supervisorMayExecute(rights);
    } else {
        const bool smap = (m_control.cr4 & cr4Smap) != 0;
        allowed = !(smap && rights.user) && (access == AccessKind::Read || supervisorMayWrite(rights));
    }
    if (allowed)
        return std::nullopt;
    return fault::present | faultBits(access, userMode);
}

} // namespace pgtscope::core
