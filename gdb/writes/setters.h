// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "core/base/address.h"
#include "core/symbols/symboltable.h"
#include "gdb/tcgplugin/ringlayout.h"

namespace pgtscope::gdb {

/// Functions of a Linux kernel that store what their callers want stored: native_set_pte and its kin, Xen's,
/// and the entries of the hypercall page. At run-time addresses, ascending, at most writes::maxSetters.
std::vector<writes::Setter> settersOf(const core::SymbolTable& symbols);

/// Where Xen's own code and data lie in every 64-bit PV guest (xen/arch/x86/include/asm/config.h,
/// HYPERVISOR_VIRT_START and _END).
inline constexpr core::LinearRange xenRange{
    core::LinearAddress(0xffff800000000000), core::LinearAddress(0xffff880000000000)};

/// Who wrote an entry, by name: "phys_pmd_init via native_set_pmd+0x7" for a store in a setter, "caller
/// unknown via …" where the caller was not seen, "xen_mc_flush via Xen" for one that Xen carried out, "Xen"
/// for Xen's own, "decompressor" for what runs at physical addresses before the kernel; empty for code
/// without a name. `rip` and `caller` are linear addresses, `caller` 0 if it is not known.
std::string writerName(const core::SymbolTable& symbols, core::LinearAddress rip, core::LinearAddress caller);

} // namespace pgtscope::gdb
