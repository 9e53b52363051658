// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/frames/frameroles.h"

#include <algorithm>
#include <map>

namespace pgtscope::core {

std::string FrameRole::name() const
{
    switch (kind) {
    case FrameRoleKind::Table:
        return "table";
    case FrameRoleKind::Named:
        return region->name;
    case FrameRoleKind::Ram:
        return "ram";
    case FrameRoleKind::NotRam:
        return "mmio";
    }
    return {};
}

namespace {

/// Ranges by their first frame; a painted range cuts away what it covers.
class Canvas {
public:
    void paint(const FrameRole& role)
    {
        if (!(role.begin < role.end))
            return;
        split(role.begin);
        split(role.end);
        m_roles.erase(m_roles.lower_bound(role.begin), m_roles.lower_bound(role.end));
        m_roles.emplace(role.begin, role);
    }

    const FrameRole* at(FrameNumber frame) const
    {
        auto next = m_roles.upper_bound(frame);
        if (next == m_roles.begin())
            return nullptr;
        const FrameRole& role = std::prev(next)->second;
        return frame < role.end ? &role : nullptr;
    }

    std::vector<FrameRole> take() const
    {
        std::vector<FrameRole> result;
        result.reserve(m_roles.size());
        for (const auto& [begin, role] : m_roles)
            result.push_back(role);
        return result;
    }

private:
    void split(FrameNumber at)
    {
        auto next = m_roles.upper_bound(at);
        if (next == m_roles.begin())
            return;
        FrameRole& role = std::prev(next)->second;
        if (!(role.begin < at && at < role.end))
            return;
        FrameRole upper = role;
        upper.begin = at;
        role.end = at;
        m_roles.emplace(at, upper);
    }

    std::map<FrameNumber, FrameRole> m_roles;
};

constexpr FrameNumber endFrame(PhysicalAddress end)
{
    return FrameNumber((end.value + frameBytes - 1) >> frameShift);
}

FrameRole tableRole(const Canvas& canvas, const Table& table)
{
    const FrameRole* below = canvas.at(table.frame());
    FrameRole role;
    role.begin = table.frame();
    role.end = table.frame() + 1;
    role.kind = FrameRoleKind::Table;
    role.levels = static_cast<std::uint8_t>(1U << table.level);
    role.detached = table.origin == TableOrigin::Detached;
    if (below) {
        role.region = below->region;
        if (below->kind == FrameRoleKind::Table) {
            role.levels = static_cast<std::uint8_t>(role.levels | below->levels);
            role.detached = role.detached && below->detached;
        }
    }
    return role;
}

} // namespace

FrameRoles::FrameRoles(SnapshotPtr snapshot)
    : m_snapshot(std::move(snapshot))
{
    Canvas canvas;
    for (const PhysicalRange& ram : m_snapshot->ramMap().ranges()) {
        FrameRole role;
        role.begin = frameOf(ram.begin);
        role.end = endFrame(ram.end);
        role.kind = FrameRoleKind::Ram;
        canvas.paint(role);
    }
    for (const PhysicalRegion& region : m_snapshot->physicalRegions()) {
        FrameRole role;
        role.begin = frameOf(region.range.begin);
        role.end = endFrame(region.range.end);
        role.kind = FrameRoleKind::Named;
        role.region = &region;
        canvas.paint(role);
    }
    for (const Table& table : m_snapshot->tables())
        if (table.page)
            canvas.paint(tableRole(canvas, table));
    m_ranges = canvas.take();
}

FrameRole FrameRoles::at(FrameNumber frame) const
{
    auto next = std::upper_bound(m_ranges.begin(), m_ranges.end(), frame,
        [](FrameNumber f, const FrameRole& role) { return f < role.begin; });
    if (next != m_ranges.begin() && frame < std::prev(next)->end)
        return *std::prev(next);
    FrameRole nothing;
    nothing.begin = frame;
    nothing.end = frame + 1;
    return nothing;
}

} // namespace pgtscope::core
