// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/writes/tablemirror.h"

#include <cstring>

namespace pgtscope::gdb {

void TableMirror::adopt(const core::Snapshot& snapshot)
{
    m_ramMap = snapshot.ramMap();
    m_name = snapshot.channel();
    m_pages.clear();
    for (const core::Table& table : snapshot.tables())
        if (table.page && !m_pages.contains(table.frame()))
            m_pages.emplace(table.frame(), std::make_shared<core::TablePage>(*table.page));
}

void TableMirror::begin(core::FrameNumber frame) { m_pages[frame] = std::make_shared<core::TablePage>(); }

std::optional<std::uint64_t> TableMirror::word(core::PhysicalAddress address, unsigned bytes) const
{
    const auto page = m_pages.find(core::frameOf(address));
    if (page == m_pages.end())
        return std::nullopt;
    std::uint64_t value = 0;
    const auto* from = reinterpret_cast<const std::byte*>(page->second->words.data());
    std::memcpy(&value, from + address.value % core::frameBytes, bytes);
    return value;
}

void TableMirror::write(core::PhysicalAddress address, unsigned bytes, std::uint64_t value)
{
    const auto page = m_pages.find(core::frameOf(address));
    if (page == m_pages.end())
        return;
    auto* to = reinterpret_cast<std::byte*>(page->second->words.data());
    std::memcpy(to + address.value % core::frameBytes, &value, bytes);
}

core::Result<void> TableMirror::read(std::span<core::PhysicalRead> batch)
{
    // Whole frames are served in place; nothing else is asked for.
    for (core::PhysicalRead& read : batch)
        read.ok = false;
    return {};
}

const std::byte* TableMirror::mappedFrame(core::FrameNumber frame) const
{
    const auto page = m_pages.find(frame);
    return page == m_pages.end() ? nullptr : reinterpret_cast<const std::byte*>(page->second->words.data());
}

} // namespace pgtscope::gdb
