// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include "core/base/address.h"
#include "core/base/error.h"
#include "core/symbols/symboltable.h"

namespace pgtscope::core {

/// Where Xen's own code and data lie in every 64-bit PV guest (xen/arch/x86/include/asm/config.h,
/// HYPERVISOR_VIRT_START and _END).
inline constexpr LinearRange xenRange{LinearAddress(0xffff800000000000), LinearAddress(0xffff880000000000)};

/// The names in a Xen hypervisor's image (xen/common/symbols.c; 4.3 and later), at its run-time linear
/// addresses: wherever Xen is in memory, it maps itself where it was linked. Of a name that Xen prefixes with
/// its file, and a compiler marks ("arch/x86/mm.c#mod_l1_entry.isra.0"), the function alone. The image may be
/// packed as a kernel's may be; it is not trusted. An Error where it holds no such tables.
Result<SymbolTable> loadXenSymbols(const std::string& path);
/// "Xen's do_mmu_update+0x1f", or "Xen" without a name. `address` lies in xenRange.
std::string xenName(const SymbolTable& xen, LinearAddress address);

} // namespace pgtscope::core
