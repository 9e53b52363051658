// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/snapshot.h"

namespace pgtscope::test {

/// One line of `info tlb`: "LINEAR: PHYSICAL FLAGS", 16 hexadecimal digits each.
struct TlbLine {
    std::uint64_t linear = 0;
    std::uint64_t physical = 0;
    std::string flags;

    bool operator==(const TlbLine&) const = default;
};

std::string textOf(const TlbLine& line);
/// Every line of the text; a line of another shape fails the test.
std::vector<TlbLine> tlbLines(std::string_view text);

/// `pgt walk --format tlb` of the snapshot.
std::string ourTlb(const core::Snapshot& snapshot);
/// Fails the test unless both texts are the same line for line, but for the known faults of QEMU's.
/// Returns the number of lines.
std::size_t checkSameTlb(const core::Snapshot& snapshot, std::string_view qemu);

} // namespace pgtscope::test
