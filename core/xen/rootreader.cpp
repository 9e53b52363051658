// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/xen/rootreader.h"

#include <algorithm>

namespace pgtscope::core {

namespace {

constexpr std::uint64_t readAheadBytes = 256U << 10;

} // namespace

RootReader::RootReader(PhysicalMemory& memory, const Paging& paging, PhysicalAddress root)
    : m_memory(memory)
    , m_paging(paging)
    , m_root(root)
{
}

const std::byte* RootReader::frame(FrameNumber frame)
{
    if (!m_memory.ramMap().contains(addressOf(frame), frameBytes))
        return nullptr;
    if (const std::byte* mapped = m_memory.mappedFrame(frame))
        return mapped;
    auto& kept = m_frames[frame];
    if (!kept) {
        auto bytes = std::make_unique<std::byte[]>(frameBytes);
        PhysicalRead read{addressOf(frame), {bytes.get(), frameBytes}};
        if (!m_memory.read(std::span(&read, 1)) || !read.ok)
            return nullptr;
        kept = std::move(bytes);
    }
    return kept.get();
}

Entry RootReader::rootEntry(unsigned index)
{
    const std::byte* root = frame(frameOf(m_root));
    return root ? entries(root, m_paging.levels()).at(index).entry : Entry{};
}

EntryRange<WhichEntries::Present> RootReader::entries(const std::byte* table, unsigned level) const
{
    return {m_paging, level, {}, table, 0, m_paging.at(level).entries};
}

RootReader::Met* RootReader::meet(LinearAddress linear)
{
    const auto holds = [linear](const std::optional<Met>& met) {
        return met && linear >= met->linear && linear - met->linear < met->page.bytes;
    };
    if (!holds(m_met[0]))
        std::swap(m_met[0], m_met[1]);
    if (holds(m_met[0]))
        return &*m_met[0];
    const auto found = walk(linear);
    if (!found)
        return nullptr;
    m_met[0] = Met{LinearAddress(linear.value & ~(found->bytes - 1)), *found, {}, {}};
    return &*m_met[0];
}

std::optional<RootReader::Page> RootReader::page(LinearAddress linear)
{
    const Met* met = meet(linear);
    return met ? std::optional(met->page) : std::nullopt;
}

std::optional<RootReader::Page> RootReader::walk(LinearAddress linear)
{
    PhysicalAddress at = m_root;
    Rights rights;
    for (unsigned level = m_paging.levels(); level > 0; --level) {
        const std::byte* table = frame(frameOf(at));
        if (!table)
            return std::nullopt;
        const Entry entry = entries(table, level).at(m_paging.index(linear, level)).entry;
        if (!entry.present() || !entry.usable())
            return std::nullopt;
        rights = rights & entry.rights;
        at = entry.target;
        if (!entry.isPage())
            continue;
        return Page{at, m_paging.span(level), rights};
    }
    return std::nullopt;
}

std::optional<PhysicalAddress> RootReader::translate(LinearAddress linear)
{
    const auto at = page(linear);
    return at ? std::optional(at->physical + (linear.value & (at->bytes - 1))) : std::nullopt;
}

const std::byte* RootReader::frameAt(LinearAddress linear)
{
    Met* met = meet(linear);
    if (!met)
        return nullptr;
    const std::uint64_t inside = linear - met->linear;
    const PhysicalAddress physical = met->page.physical + inside;
    if (physical < met->mappedAt || physical - met->mappedAt >= met->mapped.size()) {
        if (!m_memory.ramMap().contains(physical, frameBytes))
            return nullptr;
        met->mappedAt = physical;
        met->mapped = m_memory.mappedRange(physical, met->page.bytes - inside);
    }
    if (!met->mapped.empty())
        return met->mapped.data() + (physical - met->mappedAt);
    return readAhead(physical, met->page.bytes - inside);
}

const std::byte* RootReader::readAhead(PhysicalAddress physical, std::uint64_t most)
{
    const auto holds = [physical](const Buffer& buffer) {
        return physical >= buffer.begin && physical - buffer.begin < buffer.bytes.size();
    };
    if (!holds(m_buffers[0]))
        std::swap(m_buffers[0], m_buffers[1]);
    Buffer& buffer = m_buffers[0];
    if (holds(buffer))
        return buffer.bytes.data() + (physical - buffer.begin);
    for (std::uint64_t bytes : {std::min(most, readAheadBytes), frameBytes}) {
        buffer = {physical, std::vector<std::byte>(bytes)};
        PhysicalRead read{physical, buffer.bytes};
        if (m_memory.read(std::span(&read, 1)) && read.ok)
            return buffer.bytes.data();
    }
    buffer.bytes.clear();
    return nullptr;
}

} // namespace pgtscope::core
