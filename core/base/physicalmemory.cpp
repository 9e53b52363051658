// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/base/physicalmemory.h"

#include <algorithm>

namespace pgtscope::core {

RamMap::RamMap(std::vector<PhysicalRange> ranges)
{
    std::erase_if(ranges, [](const PhysicalRange& r) { return r.end <= r.begin; });
    std::sort(ranges.begin(), ranges.end(), [](auto& a, auto& b) { return a.begin < b.begin; });
    for (const PhysicalRange& range : ranges) {
        if (!m_ranges.empty() && range.begin <= m_ranges.back().end)
            m_ranges.back().end = std::max(m_ranges.back().end, range.end);
        else
            m_ranges.push_back(range);
    }
}

bool RamMap::contains(PhysicalAddress address, std::uint64_t bytes) const
{
    auto next = std::upper_bound(m_ranges.begin(), m_ranges.end(), address,
        [](PhysicalAddress a, const PhysicalRange& r) { return a < r.begin; });
    if (next == m_ranges.begin())
        return false;
    const PhysicalRange& range = *std::prev(next);
    return address < range.end && bytes <= range.end - address;
}

std::uint64_t RamMap::bytes() const
{
    std::uint64_t sum = 0;
    for (const PhysicalRange& range : m_ranges)
        sum += range.bytes();
    return sum;
}

} // namespace pgtscope::core
