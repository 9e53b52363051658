// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <string>

#include "core/base/numbers.h"
#include "core/paging/entrytext.h"
#include "core/rules/finding.h"

namespace pgtscope::core {

/// "[0x1000, 0x2000)"
std::string rangeText(LinearRange range);
/// "[frame:0x10, frame:0x20)"
std::string rangeText(FrameRange range);
/// "pfn:0x10 <= pfn:0x14 < pfn:0x20"
std::string orderText(GuestFrameRange range, GuestFrame pfn);
/// "PTE pa:0x1fe2038 = 0x8000000004407163"
std::string entryText(const Paging& paging, const FindingEntry& entry);
/// "at 0xffff888004407000", "at 65536 linear addresses from 0x… on", or that its table is hooked nowhere.
std::string placeText(const FindingEntry& entry);

FindingEntry findingEntry(const Snapshot& snapshot, const Alias& alias);

} // namespace pgtscope::core
