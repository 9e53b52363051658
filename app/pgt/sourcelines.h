// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <map>
#include <set>
#include <string>

#include "core/base/address.h"
#include "core/base/cancel.h"

namespace pgtscope::pgt {

/// "init.c:120" for each address that the DWARF of an ELF kernel names; gdb reads it. Empty for a kernel
/// without DWARF, and where gdb has no answer.
std::map<core::LinearAddress, std::string> sourceLines(const std::string& kernelFile,
    const std::set<core::LinearAddress>& addresses, const core::CancelFlag& cancel);

} // namespace pgtscope::pgt
