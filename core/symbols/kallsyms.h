// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "core/base/error.h"
#include "core/symbols/symboltable.h"

namespace pgtscope::core {

/// How the tables store addresses (scripts/kallsyms.c of the kernel, v4.6 to v6.12).
enum class KallsymsAddresses {
    Plain, ///< One pointer a symbol: before 4.6, and without CONFIG_KALLSYMS_BASE_RELATIVE.
    Relative, ///< A 32-bit offset added to the base.
    AbsolutePerCpu, ///< Offset o >= 0 is the value itself; o < 0 means base - 1 - o.
};

std::string_view nameOf(KallsymsAddresses form);

/// Symbols decoded from the tables inside a kernel image, and which form these had.
struct Kallsyms {
    std::vector<Symbol> symbols; ///< In the table's order: ascending addresses.
    KallsymsAddresses form = KallsymsAddresses::Plain;
    bool addressesLast = false; ///< The order since 6.4: names first, addresses after the token index.
    unsigned pointerBytes = 8;
};

/// Finds and decodes the kallsyms tables in `image`, whose table starts must lie on multiples of 4. They are
/// found by their structure (the token index first) and every length and order is checked, so no byte of the
/// image is trusted; work and memory are bounded whatever it holds. `pointerBytes` is 4 or 8, or 0 to try
/// both. Tables of fewer than 769 symbols are not recognised: too little structure to be sure of.
Result<Kallsyms> decodeKallsyms(std::span<const std::byte> image, unsigned pointerBytes = 0);

} // namespace pgtscope::core
