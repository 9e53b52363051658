// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/model/snapshot.h"

#include <algorithm>

namespace pgtscope::core {

std::string_view stateText(TableState state)
{
    switch (state) {
    case TableState::Read:
        return "";
    case TableState::OutsideRam:
        return "outside RAM";
    case TableState::Unreadable:
        return "unreadable";
    case TableState::OverLimit:
        return "not read: too many tables";
    case TableState::Hypervisor:
        return "not followed: Xen's own";
    }
    return "";
}

TableId Snapshot::find(PhysicalAddress address, unsigned level) const
{
    const auto found = m_index.find(Key{address, level});
    return found == m_index.end() ? noTable : found->second;
}

const LinearRegion* Snapshot::regionAt(LinearAddress address) const
{
    auto next = std::upper_bound(m_linearRegions.begin(), m_linearRegions.end(), address,
        [](LinearAddress a, const LinearRegion& r) { return a < r.range.begin; });
    if (next == m_linearRegions.begin())
        return nullptr;
    const LinearRegion& region = *std::prev(next);
    return region.range.contains(address) ? &region : nullptr;
}

} // namespace pgtscope::core
