// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace pgtscope::core {

/// What a PAT entry says of the memory that a page maps; SDM vol. 3, 11.12.2.
enum class CacheType : std::uint8_t {
    WriteBack,
    WriteThrough,
    WriteCombining,
    WriteProtected,
    UncachedMinus,
    Uncached
};

/// "WB", "WT", "WC", "WP", "UC-" or "UC".
constexpr std::string_view cacheTypeName(CacheType type)
{
    constexpr std::array<std::string_view, 6> names{"WB", "WT", "WC", "WP", "UC-", "UC"};
    return names[static_cast<std::size_t>(type)];
}

using PatLayout = std::array<CacheType, 8>;

/// IA32_PAT after power-on; SDM vol. 3, table 11-12.
inline constexpr PatLayout powerOnPat{CacheType::WriteBack, CacheType::WriteThrough, CacheType::UncachedMinus,
    CacheType::Uncached, CacheType::WriteBack, CacheType::WriteThrough, CacheType::UncachedMinus,
    CacheType::Uncached};
/// What Linux programs in pat_init(); arch/x86/mm/pat/memtype.c, v6.1. Kernels before 4.2 have no WP and WT
/// in the upper half, which they do not use.
inline constexpr PatLayout linuxPat{CacheType::WriteBack, CacheType::WriteCombining, CacheType::UncachedMinus,
    CacheType::Uncached, CacheType::WriteBack, CacheType::WriteProtected, CacheType::UncachedMinus,
    CacheType::WriteThrough};

} // namespace pgtscope::core
