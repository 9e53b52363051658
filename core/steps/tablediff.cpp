// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/steps/tablediff.h"

#include <algorithm>
#include <unordered_map>

namespace pgtscope::core {

namespace {

struct Key {
    PhysicalAddress address;
    unsigned level;
    bool operator==(const Key&) const = default;
};
struct KeyHash {
    std::size_t operator()(const Key& k) const noexcept
    {
        return std::hash<PhysicalAddress>{}(k.address + k.level);
    }
};

bool sameKey(const Table& a, const Table& b) { return a.address == b.address && a.level == b.level; }

class Comparison {
public:
    Comparison(std::span<const Table> before, std::span<const Table> after)
        : m_before(before)
        , m_after(after)
    {
    }

    TableListDiff run()
    {
        const std::size_t common = std::min(m_before.size(), m_after.size());
        std::size_t inStep = 0;
        while (inStep < common && sameKey(m_before[inStep], m_after[inStep])) {
            compareTable(m_before[inStep], m_after[inStep]);
            ++inStep;
        }
        if (inStep != m_before.size() || inStep != m_after.size())
            compareRest(inStep);
        auto& frames = m_diff.frames;
        std::sort(frames.begin(), frames.end(), [](auto& a, auto& b) { return a.frame < b.frame; });
        frames.erase(
            std::unique(frames.begin(), frames.end(), [](auto& a, auto& b) { return a.frame == b.frame; }),
            frames.end());
        return std::move(m_diff);
    }

private:
    void compareTable(const Table& before, const Table& after)
    {
        const bool detached = after.origin == TableOrigin::Detached;
        if ((before.origin == TableOrigin::Detached) != detached)
            note(detached ? TableChangeKind::Unhooked : TableChangeKind::Hooked, after);
        if (before.state != after.state) {
            m_diff.sameList = false;
            if ((before.state == TableState::Read) != (after.state == TableState::Read))
                note(after.page ? TableChangeKind::BecameReadable : TableChangeKind::BecameUnreadable, after);
        }
        comparePages(after.frame(), before.page, after.page);
    }

    void comparePages(FrameNumber frame, const TablePagePtr& before, const TablePagePtr& after)
    {
        if (before != after && before && after && *before != *after)
            m_diff.frames.push_back({frame, before, after});
    }

    void compareRest(std::size_t from)
    {
        m_diff.sameList = false;
        std::unordered_map<Key, const Table*, KeyHash> before;
        for (const Table& table : m_before.subspan(from))
            before.emplace(Key{table.address, table.level}, &table);
        std::unordered_map<FrameNumber, TablePagePtr> pages;
        for (const Table& table : m_before)
            if (table.page)
                pages.emplace(table.frame(), table.page);
        for (const Table& table : m_after.subspan(from)) {
            const auto known = before.find({table.address, table.level});
            if (known != before.end()) {
                compareTable(*known->second, table);
                before.erase(known);
                continue;
            }
            note(TableChangeKind::Appeared, table);
            // The frame may have been a table of another level already.
            if (const auto page = pages.find(table.frame()); page != pages.end())
                comparePages(table.frame(), page->second, table.page);
        }
        for (const Table& table : m_before.subspan(from))
            if (before.contains({table.address, table.level}))
                note(TableChangeKind::Removed, table);
    }

    void note(TableChangeKind kind, const Table& table)
    {
        m_diff.sameList = false;
        m_diff.tables.push_back({kind, table.address, table.level, table.origin == TableOrigin::Detached});
    }

    std::span<const Table> m_before;
    std::span<const Table> m_after;
    TableListDiff m_diff;
};

/// Which tables are in the frames that changed.
struct Part {
    PhysicalRange range;
    unsigned level;
};

std::vector<Part> partsIn(
    std::span<const ChangedFrame> frames, std::span<const Table> tables, const Paging& paging)
{
    std::vector<Part> parts;
    for (const Table& table : tables) {
        const auto found = std::lower_bound(frames.begin(), frames.end(), table.frame(),
            [](const ChangedFrame& f, FrameNumber frame) { return f.frame < frame; });
        if (found == frames.end() || found->frame != table.frame() || table.level > paging.levels())
            continue;
        parts.push_back({table.range(paging), table.level});
    }
    std::sort(parts.begin(), parts.end(),
        [](const Part& a, const Part& b) { return frameOf(a.range.begin) < frameOf(b.range.begin); });
    return parts;
}

std::uint8_t levelsAt(std::span<const Part> parts, PhysicalAddress address)
{
    unsigned levels = 0;
    for (const Part& part : parts)
        if (part.range.contains(address))
            levels |= 1U << part.level;
    return static_cast<std::uint8_t>(levels);
}

/// The part of one 8-byte word that one entry of `bytes` bytes takes; `half` is 0 or 1.
std::uint64_t entryIn(std::uint64_t word, unsigned bytes, unsigned half)
{
    return bytes == 8 ? word : (word >> (32 * half)) & 0xffff'ffff;
}

} // namespace

TableListDiff compareTables(std::span<const Table> before, std::span<const Table> after)
{
    return Comparison(before, after).run();
}

void appendChangedWords(
    const ChangedFrame& changed, unsigned bytes, std::uint8_t levels, std::vector<EntryChange>& changes)
{
    for (unsigned offset = 0; offset < frameBytes; offset += bytes) {
        const unsigned half = (offset / 4) % 2;
        const std::uint64_t old = entryIn(changed.before->words[offset / 8], bytes, half);
        const std::uint64_t now = entryIn(changed.after->words[offset / 8], bytes, half);
        if (old != now)
            changes.push_back(
                {addressOf(changed.frame) + offset, static_cast<std::uint8_t>(bytes), levels, old, now, {}});
    }
}

bool changesStructure(const Paging& paging, const EntryChange& change)
{
    for (unsigned level = 2; level <= paging.levels(); ++level) {
        if ((change.levels >> level & 1) == 0)
            continue;
        const Entry before = paging.decode(level, change.before);
        const Entry after = paging.decode(level, change.after);
        const bool led = before.leadsToTable();
        if (led != after.leadsToTable() || (led && before.target != after.target))
            return true;
    }
    return false;
}

std::vector<EntryChange> changedEntries(std::span<const ChangedFrame> frames, std::span<const Table> after,
    const Paging& paging, std::size_t limit)
{
    std::vector<EntryChange> changes;
    if (frames.empty())
        return changes;
    const std::vector<Part> parts = partsIn(frames, after, paging);
    std::size_t first = 0;
    for (const ChangedFrame& changed : frames) {
        while (first < parts.size() && frameOf(parts[first].range.begin) < changed.frame)
            ++first;
        std::size_t last = first;
        while (last < parts.size() && frameOf(parts[last].range.begin) == changed.frame)
            ++last;
        const auto here = std::span(parts).subspan(first, last - first);
        std::size_t described = changes.size();
        appendChangedWords(changed, paging.entryBytes(), 0, changes);
        for (; described < changes.size(); ++described)
            changes[described].levels = levelsAt(here, changes[described].address);
        if (changes.size() >= limit) {
            changes.resize(limit);
            break;
        }
    }
    return changes;
}

} // namespace pgtscope::core
