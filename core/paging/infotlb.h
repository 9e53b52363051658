// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/paging/paging.h"

/// What QEMU's `info tlb` (target/i386/monitor.c, 7.2) makes of entries: it looks for no reserved bits.
namespace pgtscope::core::infotlb {

/// Whether it lists the entry as a page. It knows 1 GiB pages whether the CPU has them or not.
inline bool listsAsPage(const Paging& paging, const Entry& entry)
{
    const bool largest = paging.levels() >= 4 && entry.level == 3 && (entry.raw & bit::ps) != 0;
    return entry.isPage() || (entry.present() && largest);
}

/// Whether it goes on into a table where the processor faults.
inline bool followsDespiteReserved(const Paging& paging, const Entry& entry)
{
    return entry.isTable() && entry.reserved != 0 && !listsAsPage(paging, entry);
}

/// The table that such an entry leads it to: its masks have bits 49 to 12, whatever MAXPHYADDR is.
constexpr PhysicalAddress tableBehind(const Entry& entry)
{
    return PhysicalAddress((entry.target.value | entry.reserved) & 0x3fffffffff000);
}

} // namespace pgtscope::core::infotlb
