// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/boot/rootswitches.h"

namespace pgtscope::gdb {

namespace {

constexpr std::size_t maxPlaces = 32;
constexpr unsigned maxHits = 16;

} // namespace

std::vector<std::size_t> behindRootWrites(std::span<const std::byte> code)
{
    std::vector<std::size_t> offsets;
    for (std::size_t i = 0; i + 3 <= code.size(); ++i) {
        // ModRM: mod = 11, reg = 3 (CR3), any general register; a REX prefix stands before the 0F.
        const bool writes = code[i] == std::byte{0x0f} && code[i + 1] == std::byte{0x22}
            && (code[i + 2] & std::byte{0xf8}) == std::byte{0xd8};
        if (writes)
            offsets.push_back(i + 3);
    }
    return offsets;
}

core::Result<void> RootSwitches::insert(core::LinearAddress begin, std::span<const std::byte> code)
{
    for (const std::size_t offset : behindRootWrites(code)) {
        const core::LinearAddress place = begin + offset;
        if (m_places.size() == maxPlaces || !m_places.insert(place).second)
            continue;
        const auto number = m_target.insertHardwareBreakpoint(place);
        if (!number)
            return tl::unexpected(number.error());
        m_hits.emplace(*number, 0U);
    }
    return {};
}

core::Result<void> RootSwitches::passed(unsigned number)
{
    const auto found = m_hits.find(number);
    if (found == m_hits.end() || ++found->second < maxHits)
        return {};
    m_hits.erase(found);
    return m_target.removeBreakpoint(number);
}

core::Result<void> RootSwitches::removeAll()
{
    for (const auto& [number, hits] : m_hits)
        if (auto done = m_target.removeBreakpoint(number); !done)
            return done;
    m_hits.clear();
    return {};
}

} // namespace pgtscope::gdb
