// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/base/address.h"

/// Where a 64-bit Xen keeps what it shares with a PV guest and what it knows of every machine frame;
/// Xen 4.17, xen/arch/x86/include/asm/config.h, mm.h and xen/include/public/arch-x86/xen-x86_64.h.
namespace pgtscope::core::xen {

inline constexpr unsigned rootLevel = 4;
/// Slots of a guest's root that are Xen's own: 0xffff800000000000 to 0xffff87ffffffffff.
inline constexpr unsigned firstSlot = 256;
inline constexpr unsigned endSlot = 272;
/// The slot of the machine-to-physical table, which a guest may read.
inline constexpr unsigned machineToPhysicalSlot = 256;
/// The slot through which Xen reaches a root's own tables.
inline constexpr unsigned linearTablesSlot = 258;

/// One 64-bit guest frame number for each machine frame; all ones where there is none.
inline constexpr LinearAddress machineToPhysical{0xffff800000000000};
/// One struct page_info for each machine frame.
inline constexpr LinearAddress frameTable{0xffff82e000000000};
inline constexpr std::uint64_t frameInfoBytes = 32;
/// Start of Xen's own map of all machine memory.
inline constexpr LinearAddress directMap{0xffff830000000000};

/// Offsets in struct page_info.
inline constexpr std::uint64_t countInfo = 8;
inline constexpr std::uint64_t typeInfo = 16;
/// 32 bits: machine frame of the owner's struct domain, which begins with the 16-bit domain id.
inline constexpr std::uint64_t ownerFrame = 24;

/// count_info: the frame belongs to a domain.
inline constexpr std::uint64_t allocated = 1ULL << 63;
/// type_info.
inline constexpr unsigned typeShift = 61;
inline constexpr std::uint64_t pinned = 1ULL << 59;
inline constexpr std::uint64_t validated = 1ULL << 58;
inline constexpr std::uint64_t typeCount = (1ULL << 56) - 1;

/// Values of the machine-to-physical table from here on are no guest frame numbers.
inline constexpr std::uint64_t notAGuestFrame = 1ULL << 52;
/// Domain ids from here on are Xen's own helpers (DOMID_FIRST_RESERVED).
inline constexpr std::uint16_t firstReservedDomain = 0x7ff0;

} // namespace pgtscope::core::xen
