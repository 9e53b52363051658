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

/// The names of a guest's code, its kernel's and that of a Xen below it; either may be empty.
struct WriterNames {
    core::SymbolTable kernel;
    core::SymbolTable xen;
};

/// Who wrote an entry, by name: "phys_pmd_init via native_set_pmd+0x7" for a store in a setter, "caller
/// unknown via …" where the caller was not seen, "xen_mc_flush via Xen's mod_l1_entry+0x1f" for one that Xen
/// carried out, "Xen's alloc_page_type+0x1f" for Xen's own, both with "Xen" alone where it has no names,
/// "decompressor" for what runs at physical addresses before the kernel; empty for code without a name. `rip`
/// and `caller` are linear addresses, `caller` 0 if it is not known.
std::string writerName(const WriterNames& known, core::LinearAddress rip, core::LinearAddress caller);

} // namespace pgtscope::gdb
