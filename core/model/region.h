// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include "core/base/address.h"

namespace pgtscope::core {

/// A named stretch of the linear address space, e.g. "vmalloc", or of physical memory, e.g. "pgt_buf".
template <class Range>
struct Region {
    std::string name; ///< As the filter language spells it.
    std::string title; ///< As the kernel's ptdump or a user would print it.
    Range range;
    bool operator==(const Region&) const = default;
};
using LinearRegion = Region<LinearRange>;
using PhysicalRegion = Region<PhysicalRange>;

} // namespace pgtscope::core
