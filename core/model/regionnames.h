// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string_view>

/// Names of regions that more than one place of the code knows, as the filter language spells them: who makes
/// them, and who asks what an address is in.
namespace pgtscope::core::region {

// Of linear addresses.
inline constexpr std::string_view user = "user";
inline constexpr std::string_view direct = "direct"; ///< The map of all RAM.
inline constexpr std::string_view vmalloc = "vmalloc";
inline constexpr std::string_view kernel = "kernel"; ///< The kernel's image.
inline constexpr std::string_view fixmap = "fixmap";
inline constexpr std::string_view xen = "xen"; ///< What Linux leaves to a hypervisor.

// Of physical addresses.
inline constexpr std::string_view kernelText = "kernel_text";
inline constexpr std::string_view kernelInit = "kernel_init";
inline constexpr std::string_view pgtBuf = "pgt_buf";
inline constexpr std::string_view rom = "rom"; ///< ROM and flash: memory that can be read, and no RAM.

} // namespace pgtscope::core::region
