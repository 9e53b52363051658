// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/walk/tabledigest.h"

namespace pgtscope::core {

namespace {

bool goesOn(const LeafExtent& extent, const EntryAt& at, std::uint64_t pages)
{
    return extent.index + extent.entries == at.index && extent.rights == at.entry.rights
        && extent.patIndex == at.entry.patIndex()
        && frameOf(at.entry.target) == extent.frame + extent.entries * pages;
}

TableDigest digestOf(const Paging& paging, const Table& table)
{
    TableDigest digest;
    const std::uint64_t bytes = paging.span(table.level);
    const auto entries = table.entries(paging);
    unsigned taken = 1;
    for (auto next = entries.begin(); next != entries.end(); next += taken) {
        const EntryAt at = *next;
        taken = 1;
        if (!at.entry.usable())
            digest.reserved.push_back(static_cast<std::uint16_t>(at.index));
        if (!at.entry.mapsPage())
            continue;
        // Decoding entry by entry would take three times as long.
        taken = next.sameRun(bytes);
        const auto count = static_cast<std::uint16_t>(taken);
        if (!digest.leaves.empty() && goesOn(digest.leaves.back(), at, bytes >> frameShift))
            digest.leaves.back().entries += count;
        else
            digest.leaves.push_back({frameOf(at.entry.target), static_cast<std::uint16_t>(at.index), count,
                static_cast<std::uint8_t>(at.entry.patIndex()), at.entry.rights});
    }
    return digest;
}

} // namespace

/// What an entry is depends on the mode, NX, the large pages and the width of physical addresses.
void TableDigests::forgetOtherMode(const Paging& paging)
{
    ControlRegisters control = paging.control();
    control.cr2 = control.cr3 = 0;
    if (control == m_control && paging.features() == m_features)
        return;
    m_kept.clear();
    m_control = control;
    m_features = paging.features();
}

std::vector<const TableDigest*> TableDigests::of(const Snapshot& snapshot)
{
    static const TableDigest nothing;
    const Paging& paging = snapshot.paging();
    forgetOtherMode(paging);
    ++m_calls;
    std::vector<const TableDigest*> digests;
    digests.reserve(snapshot.tables().size());
    std::size_t used = 0;
    for (const Table& table : snapshot.tables()) {
        if (!table.page) {
            digests.push_back(&nothing);
            continue;
        }
        Kept& kept = m_kept[{table.page.get(), table.level, table.address.value % frameBytes}];
        if (!kept.page) {
            kept.page = table.page;
            kept.digest = digestOf(paging, table);
        }
        used += kept.seen == m_calls ? 0 : 1;
        kept.seen = m_calls;
        digests.push_back(&kept.digest);
    }
    if (used != m_kept.size())
        std::erase_if(m_kept, [this](const auto& entry) { return entry.second.seen != m_calls; });
    return digests;
}

} // namespace pgtscope::core
