// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <string>

#include "core/base/numbers.h"
#include "core/rules/finding.h"

namespace pgtscope::core {

/// "7 pages", "1 page".
std::string counted(std::uint64_t count, const std::string& unit);
/// "[0x10, 0x20)"
std::string rangeText(std::uint64_t begin, std::uint64_t end);
/// "RW user NX": what a path permits.
std::string rightsText(Rights rights);
/// "PTE 0x1fe2038 = 0x8000000004407163"
std::string entryText(const Paging& paging, const FindingEntry& entry);
/// "at 0xffff888004407000", "at 65536 linear addresses from 0x… on", or that its table is hooked nowhere.
std::string placeText(const FindingEntry& entry);

FindingEntry findingEntry(const Snapshot& snapshot, const Alias& alias);

} // namespace pgtscope::core
