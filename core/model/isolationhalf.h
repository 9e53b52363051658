// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "core/base/address.h"

namespace pgtscope::core {

/// Of the two halves that page-table isolation (KPTI) keeps for a process, those that something is in. Bits:
/// Both is Kernel and User.
enum class IsolationHalf : std::uint8_t { None = 0, Kernel = 1, User = 2, Both = 3 };

constexpr IsolationHalf operator|(IsolationHalf a, IsolationHalf b)
{
    return static_cast<IsolationHalf>(static_cast<unsigned>(a) | static_cast<unsigned>(b));
}

/// Which half one of the two roots is of: Linux keeps them in neighbouring frames, the kernel's in the even
/// one (PTI_USER_PGTABLE_BIT, arch/x86/include/asm/pgtable.h, Linux 6.1).
constexpr IsolationHalf isolationHalfOf(PhysicalAddress root)
{
    return (root.value & frameBytes) == 0 ? IsolationHalf::Kernel : IsolationHalf::User;
}

/// "KPTI's kernel half", "KPTI's user half" or "both halves of KPTI"; empty for none.
constexpr std::string_view halfText(IsolationHalf half)
{
    constexpr std::array<std::string_view, 4> texts{
        "", "KPTI's kernel half", "KPTI's user half", "both halves of KPTI"};
    return texts[static_cast<std::size_t>(half)];
}

/// "kernel", "user" or "both"; empty for none.
constexpr std::string_view halfName(IsolationHalf half)
{
    constexpr std::array<std::string_view, 4> names{"", "kernel", "user", "both"};
    return names[static_cast<std::size_t>(half)];
}

} // namespace pgtscope::core
