// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "core/base/error.h"
#include "core/symbols/symboltable.h"

namespace pgtscope::core {

/// How the tables store addresses (scripts/kallsyms.c of the kernel, v4.6 to v7.3).
enum class KallsymsAddresses {
    Plain, ///< One pointer a symbol: before 4.6, and without CONFIG_KALLSYMS_BASE_RELATIVE.
    Relative, ///< A 32-bit offset added to the base.
    AbsolutePerCpu, ///< Offset o >= 0 is the value itself; o < 0 means base - 1 - o.
    PlaceRelative, ///< A 32-bit offset from the place where it is stored; there is no base (since 7.x).
    OriginRelative, ///< Xen's: a 32-bit offset from SYMBOLS_ORIGIN, which the tables do not hold (4.3 on).
};

std::string_view nameOf(KallsymsAddresses form);

/// Symbols decoded from the tables inside a kernel image, and which form these had.
struct Kallsyms {
    std::vector<Symbol> symbols; ///< In the table's order: ascending addresses.
    KallsymsAddresses form = KallsymsAddresses::Plain;
    bool addressesLast = false; ///< The order since 6.4: names first, addresses after the token index.
    unsigned pointerBytes = 8;
};

/// The link-time address of a byte of the image, by its offset; nullopt where it is not in the image.
using LinkAddressOf = std::function<std::optional<LinearAddress>(std::uint64_t)>;

/// Finds and decodes the kallsyms tables in `image`, whose table starts must lie on multiples of 4. They are
/// found by their structure (the token index first) and every length and order is checked, so no byte of the
/// image is trusted; work and memory are bounded whatever it holds. `pointerBytes` is 4 or 8, or 0 to try
/// both. Tables of fewer than 769 symbols are not recognised: too little structure to be sure of. Without
/// `linkOf`, place-relative addresses are an Error: they say where symbols are from where the table is.
/// With `origin`, the tables may also be Xen's (xen/tools/symbols.c), whose offsets count from there.
Result<Kallsyms> decodeKallsyms(std::span<const std::byte> image, unsigned pointerBytes = 0,
    const LinkAddressOf& linkOf = {}, std::optional<LinearAddress> origin = {});

} // namespace pgtscope::core
